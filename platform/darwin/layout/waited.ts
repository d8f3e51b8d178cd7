import { i32, i64, microseconds } from "./words.ts";

/* What wait4 and waitid fill in (wait(2), bsd/sys/resource.h and bsd/sys/signal.h of XNU). */

/** `struct rusage`. */
export const RUSAGE_SIZE = 144;
/** `siginfo_t`, and in it the PID. */
export const SIGINFO_SIZE = 104;
export const SI_PID = 12;

/** What a child and all that it has waited for have used. */
export interface WaitedUsage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Of the largest process among them; bytes here, not kilobytes. */
  readonly peakResidentBytes: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** `struct rusage`. */
export function parseRusage(view: DataView): WaitedUsage {
  return {
    userSeconds: microseconds(view, 0) / 1e6,
    systemSeconds: microseconds(view, 16) / 1e6,
    peakResidentBytes: i64(view, 32),
    minorFaults: i64(view, 64),
    majorFaults: i64(view, 72),
    voluntarySwitches: i64(view, 128),
    involuntarySwitches: i64(view, 136),
  };
}

/** How a child ended, by the word that wait4 gives. */
export function parseStatus(
  word: number,
): { readonly exitCode: number | null; readonly signal: number | null } {
  const signal = word & 0x7f;
  return signal === 0 ? { exitCode: (word >> 8) & 0xff, signal: null } : { exitCode: null, signal };
}

/** The PID in a `siginfo_t`; 0 where there is none. */
export const siginfoPid = (view: DataView) => i32(view, SI_PID);
