import type { Birth } from "../../../core/measure/member_news.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import { isMissing } from "../proc/kernel_file.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import { processCpuSeconds, suspendedMs } from "./cpu_clock.ts";
import { LinuxProcessReader } from "./process_reader.ts";

/** /proc/PID/stat has births in whole ticks, cut off, and an event may be told some time after the birth. */
const SLACK_TICKS = 3;

/** Processes that events have told of, opened. */
export interface Newborns {
  /** Those that are there, parents before their children. */
  readonly readers: readonly ProcessReader[];
  /** Whether some are there and could not be opened. */
  readonly hasUnopened: boolean;
  /** Whether somebody who has the number, known or not, was born at another time. */
  readonly hasStrangers: boolean;
}

/** Open those of the newborns that are not known and still there, zombies included. */
export function openNewborns(
  born: readonly Birth[],
  known: ReadonlyMap<number, ProcessReader>,
  wanted: Wanted,
): Newborns {
  const readers = new Map<number, ProcessReader>();
  let [hasUnopened, hasStrangers] = [false, false];
  const aheadMs = born.length > 0 ? suspendedMs() : NaN;
  for (const { pid, atNs } of born) {
    const one = known.get(pid) ?? readers.get(pid);
    if (one) {
      hasStrangers ||= !isBornAt(one.birth, atNs, aheadMs);
      continue;
    }
    // Most live shortly: one cheap call tells.
    if (Number.isNaN(processCpuSeconds(pid))) continue;
    const reader = LinuxProcessReader.open(pid, wanted);
    if (!reader) {
      hasUnopened ||= !isMissing();
    } else if (isBornAt(reader.birth, atNs, aheadMs)) {
      readers.set(pid, reader);
    } else {
      hasStrangers = true;
      reader.close();
    }
  }
  return { readers: [...readers.values()], hasUnopened, hasStrangers };
}

/**
 * Whether a birth in ticks of the boot clock is a moment on the monotonic clock; false where the machine was suspended
 * in between, since that is not told.
 */
function isBornAt(birth: number, atNs: number, aheadMs: number): boolean {
  const expected = ((atNs / 1e6 + aheadMs) * TICKS_PER_SECOND) / 1_000;
  return Math.abs(birth - expected) <= SLACK_TICKS;
}
