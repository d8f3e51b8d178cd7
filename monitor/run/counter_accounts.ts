import { percent } from "../../core/measure/numbers.ts";
import type { Account, Accounting } from "../../core/schema/record.ts";
import type { TreeCounters } from "../../platform/mod.ts";

/** Whatever lacks more of the time than this was not there all the time. */
const TOLERATED_SHARE = 0.999;
const USER_MODE = "events in the kernel are not counted";
const HANDED_DOWN = "each process is counted without its execve and its very end";

/** The accounts of counters, as far as they are known before anything was counted. */
export function expectedCounters(
  counters: TreeCounters | null,
): Pick<Accounting, "counters" | "hardware_counters"> {
  if (!counters) return {};
  const account = counted(counters, counters.obstacle);
  // The processor's can be had where the kernel's are, or not: that shows when they are set up.
  return { counters: account, hardware_counters: hardware(counters, account, NaN) };
}

/**
 * The account of what the kernel counts.
 * @param limitation why it is not better; null where it is all
 */
export function counted({ source, includesKernel }: TreeCounters, limitation: string | null): Account {
  if (source === null) return unavailable(limitation);
  if (source === "perf_cgroup" && limitation === null) return { source, quality: "exact" };
  const what = source === "perf_inherited" ? [includesKernel ? HANDED_DOWN : USER_MODE] : [];
  return { source, quality: "lower_bound", note: [...what, limitation].filter(Boolean).join(": ") };
}

/**
 * The account of what the processor counts.
 * @param account of what the kernel counts
 * @param runningShare for which part of the time it was counted; NaN where it was not, or is to be
 */
export function hardware(counters: TreeCounters, account: Account, runningShare: number): Account {
  const { hasHardware, hardwareObstacle } = counters;
  if (account.quality === "unavailable") return account;
  if (hardwareObstacle !== null && !hasHardware) return unavailable(hardwareObstacle);
  if (runningShare < TOLERATED_SHARE) {
    const share = percent(runningShare * 100);
    const note =
      `others needed the processor's counters, too: they ran ${share}% of the time, and are scaled`;
    return { source: account.source, quality: "sampled", note };
  }
  return hardwareObstacle === null ? account : { ...account, note: account.note ?? hardwareObstacle };
}

/** The account of what nobody counts. */
export function unavailable(note: string | null): Account {
  return note === null
    ? { source: "none", quality: "unavailable" }
    : { source: "none", quality: "unavailable", note };
}
