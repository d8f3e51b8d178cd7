import type { Ledger } from "../core/measure/ledger.ts";
import { Raw, Total } from "../core/measure/raw.ts";
import type { ProcessReader } from "../platform/mod.ts";

/** What was seen of processes that others than we have waited for. */
interface Inherited {
  cpuSeconds: number;
  voluntary: number;
  involuntary: number;
}

/** A count of switches that is to be shown has seen processes use all but this share of the tree's CPU. */
const UNSEEN_SHARE = 0.01;
/**
 * What living members have inherited is given in two numbers with a resolution of 10 ms, truncated
 * (proc_pid_stat(5): cutime, cstime).
 */
const ROUNDING_SECONDS = 0.02;

/**
 * The context switches of a tree while it runs.
 *
 * CPU that a process has used goes into its parent's figures when it was waited for; its switches do, too, but nobody
 * can read them there before the parent's own end. So what was seen last of such a process is kept, and the sum is
 * shown as long as all processes seen have used practically all of the CPU. Where short-lived ones come and go
 * unseen, it is not known in between: a curve of what is left would stand still, and jump at the end.
 */
export class SwitchCount {
  /** By the PID of the living member that has waited for them. */
  readonly #inherited = new Map<number, Inherited>();
  #most: readonly [voluntary: number, involuntary: number] = [0, 0];

  /** What the members have inherited by now is not part of the count. */
  startHere(members: readonly ProcessReader[]): void {
    for (const { pid, row } of members) {
      this.#inherited.set(pid, { cpuSeconds: row[Raw.reapedCpuSeconds] || 0, voluntary: 0, involuntary: 0 });
    }
    this.#most = [0, 0];
  }

  /** A member is gone; the one with the PID `heir` has waited for it. undefined: one that is gone as well. */
  pass(member: ProcessReader, heir: number | undefined): void {
    const { pid, row } = member;
    const own = this.#inherited.get(pid);
    this.#inherited.delete(pid);
    if (heir === undefined) return;
    const sum = this.#inherited.get(heir) ?? { cpuSeconds: 0, voluntary: 0, involuntary: 0 };
    sum.cpuSeconds += member.cpuSeconds + (own?.cpuSeconds ?? 0);
    sum.voluntary += (row[Raw.voluntarySwitches] || 0) + (own?.voluntary ?? 0);
    sum.involuntary += (row[Raw.involuntarySwitches] || 0) + (own?.involuntary ?? 0);
    this.#inherited.set(heir, sum);
  }

  /** It turned out that the parent has not waited for a member: its last accounts are those that were seen. */
  retract({ parentPid, cpuSeconds, row }: ProcessReader): void {
    const sum = this.#inherited.get(parentPid);
    if (!sum) return;
    sum.cpuSeconds -= cpuSeconds;
    sum.voluntary -= row[Raw.voluntarySwitches] || 0;
    sum.involuntary -= row[Raw.involuntarySwitches] || 0;
  }

  /** We have waited for a process: its last accounts have all of it. */
  settle(pid: number): void {
    this.#inherited.delete(pid);
  }

  /**
   * The voluntary and the involuntary switches of the tree so far; null where too much has happened unseen.
   * @param countedCpuSeconds what the container itself has counted; NaN where it does not
   */
  seen(
    members: readonly ProcessReader[],
    ledger: Ledger,
    countedCpuSeconds: number,
  ): readonly [voluntary: number, involuntary: number] | null {
    const sum = this.#sum(members, ledger, countedCpuSeconds);
    if (!sum) return null;
    // A counter never falls.
    const [voluntary, involuntary] = this.#most;
    return this.#most = [Math.max(voluntary, sum[0]), Math.max(involuntary, sum[1])];
  }

  #sum(
    members: readonly ProcessReader[],
    ledger: Ledger,
    countedCpuSeconds: number,
  ): [number, number] | null {
    let [cpuSeconds, voluntary, involuntary] = [0, 0, 0];
    for (const inherited of this.#inherited.values()) {
      cpuSeconds += inherited.cpuSeconds;
      voluntary += inherited.voluntary;
      involuntary += inherited.involuntary;
    }
    let [reaped, rounding] = [0, 0];
    for (const { row } of members) {
      reaped += row[Raw.reapedCpuSeconds] || 0;
      if (row[Raw.reapedMinorFaults] > 0) rounding += ROUNDING_SECONDS;
    }
    const drawn = ledger.drawn(Total.cpuSeconds);
    const isCounted = !Number.isNaN(countedCpuSeconds);
    const total = isCounted ? countedCpuSeconds : drawn;
    const unseen = isCounted ? total - (drawn - reaped + cpuSeconds) : reaped + rounding - cpuSeconds;
    if (!(unseen <= total * UNSEEN_SHARE)) return null;
    return [
      ledger.drawn(Total.voluntarySwitches) + voluntary,
      ledger.drawn(Total.involuntarySwitches) + involuntary,
    ];
  }
}
