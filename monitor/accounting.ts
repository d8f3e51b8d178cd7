import { Total } from "../core/raw.ts";
import type { Account, Accounting, Quality } from "../core/record.ts";
import type { ProcessTree } from "../group/process_tree.ts";

const account = (source: string, quality: Quality): Account => ({ source, quality });
const UNAVAILABLE = account("none", "unavailable");
/** CPU that the cgroup has seen and the ledger has not: below this the ledger is taken to be whole. */
const TOLERATED_GAP_SECONDS = 0.02;
const TOLERATED_GAP_SHARE = 0.01;

/**
 * Where each quantity of a group comes from, and how good it is.
 *
 * @param complete false while the tree still runs: what only wait4 tells exactly is not known yet
 */
export function describeAccounting(group: ProcessTree, complete: boolean): Accounting {
  const { container, ledger } = group;
  const kept = !hasLosses(group);
  const whole = (total: number): Quality => kept && !ledger.isIncomplete(total) ? "exact" : "lower_bound";
  const byLedger = container.mechanism === "none" ? "proc" : "ledger";
  const anyUnknown = (total: number) => Number.isNaN(group.reading.totals[total]);
  const counted = (total: number) => anyUnknown(total) ? UNAVAILABLE : account(byLedger, whole(total));
  return {
    cpu: container.countsCpu ? account("cgroup", "exact") : account(byLedger, kept ? "exact" : "lower_bound"),
    memory: container.countsMemory ? account("cgroup", "exact") : account("proc", "upper_bound"),
    peak_memory: container.countsPeakMemory ? account("cgroup", "exact") : account("samples", "sampled"),
    disk: container.countsDisk ? account("cgroup", "exact") : counted(Total.diskReadBytes),
    io: counted(Total.ioReadBytes),
    network: UNAVAILABLE,
    faults: counted(Total.minorFaults),
    context_switches: complete && container.mechanism !== "none"
      ? account("wait4", kept ? "exact" : "lower_bound")
      : account("proc", "sampled"),
    threads: account("proc", "sampled"),
    file_descriptors: account("proc", "sampled"),
    processes: account(container.mechanism === "cgroup" ? "cgroup" : "proc", "sampled"),
  };
}

/**
 * Whether accounts of ended members were lost. Seen directly, when a member vanishes whose parent ignores
 * SIGCHLD; or in the CPU that the cgroup has counted and no member's accounts explain.
 */
function hasLosses(group: ProcessTree): boolean {
  if (group.lostCount > 0 || group.mayHaveLost) return true;
  if (!group.container.countsCpu) return false;
  const counted = group.reading.totals[Total.cpuSeconds];
  const gap = counted - group.ledger.drawn(Total.cpuSeconds);
  return gap > Math.max(TOLERATED_GAP_SECONDS, counted * TOLERATED_GAP_SHARE);
}
