import { Total } from "../../core/measure/raw.ts";
import type { Account, Accounting, Quality } from "../../core/schema/record.ts";
import { expectedCounters } from "./counter_accounts.ts";
import type { ProcessTree } from "../../group/process_tree.ts";

function account(source: string, quality: Quality, note?: string): Account {
  return note === undefined ? { source, quality } : { source, quality, note };
}

const UNAVAILABLE = account("none", "unavailable");
/** Two counts of the same CPU that differ by no more than this agree. */
const TOLERATED_GAP_SECONDS = 0.02;
const TOLERATED_GAP_SHARE = 0.01;

const UNREAD = "some processes could not be read: too few descriptors or too little memory";
const LEFT = "members have left the cgroup, which counts them no longer";
const DISCARDED = "a parent that never waits had the kernel discard accounts of its children";
const UNSEEN = "others wait for the processes: what one uses after its last sample may not be counted";
const LARGEST_ALONE = "the largest process alone needed this";
const SHARED = "pages that several processes share are counted for each";

/** A member that could not be read in some look stood in it with what it had before, or not at all. */
function residentAccount({ blindLookCount, container }: ProcessTree): Account {
  const { members } = container.sources;
  if (container.gaps) return account(members, "sampled", container.gaps.memory);
  if (blindLookCount === 0) return account(members, "upper_bound");
  return account(members, "sampled", `${UNREAD} in ${blindLookCount} looks`);
}

/**
 * How far a tree is: what can be expected of it, nothing having happened yet; what is known while it runs; or what is
 * known now that all of it was waited for.
 */
export type Stage = "expected" | "running" | "ended";

/** Where each quantity of a group comes from, and how good it is. */
export function describeAccounting(group: ProcessTree, stage: Stage): Accounting {
  const { container, ledger } = group;
  const { sources } = container;
  const complete = stage !== "running";
  const lost = container.billGap ?? (hasLosses(group) ? lossOf(group) : undefined);
  const byLedger = container.ownsMembers ? "ledger" : sources.members;
  const counted = (total: number) => {
    if (Number.isNaN(group.reading.totals[total])) return UNAVAILABLE;
    if (lost === undefined && !ledger.isIncomplete(total)) return account(byLedger, "exact");
    return isTold(group, total)
      ? account(group.told!.source, "exact")
      : account(byLedger, "lower_bound", lost);
  };
  const left = group.hadLeavers ? LEFT : undefined;
  return {
    cpu: cpuAccount(group, byLedger, lost),
    memory: container.countsMemory
      ? account(sources.memory, left ? "lower_bound" : "exact", left)
      : residentAccount(group),
    peak_memory: peakAccount(group, stage, lost),
    peak_process_memory: processPeakAccount(group, stage, lost),
    disk: sources.uncounted?.includes("disk")
      ? UNAVAILABLE
      : container.countsDisk
      ? account(sources.container, left ? "lower_bound" : "exact", left)
      : counted(Total.diskReadBytes),
    io: sources.uncounted?.includes("io") ? UNAVAILABLE : counted(Total.ioReadBytes),
    ...networkAccounts(group, left),
    ...expectedCounters(container.counters),
    faults: counted(Total.minorFaults),
    context_switches: sources.uncounted?.includes("context_switches")
      ? UNAVAILABLE
      : complete && container.ownsMembers
      ? account(sources.exits, lost ? "lower_bound" : "exact", lost)
      : account(sources.members, "sampled"),
    threads: account(sources.members, "sampled"),
    file_descriptors: account(sources.members, "sampled"),
    ...gpuAccounts(group),
    processes: account(container.listsMembers ? sources.container : sources.members, "sampled"),
  };
}

/** Whether the figure is what was told of every process: the accounts of members do not have more. */
function isTold({ told, reading }: ProcessTree, total: number): boolean {
  if (!told?.isWhole) return false;
  return reading.totals[total] <= told.totals[total] * (1 + TOLERATED_GAP_SHARE);
}

/** A socket is of the cgroup in which it was made: of what leaves it, those made before are counted on. */
function networkAccounts(
  { container, request }: ProcessTree,
  left: string | undefined,
): Pick<Accounting, "network" | "network_loopback"> {
  const { source, obstacle } = container.traffic;
  const network = source === "cgroup_bpf"
    ? account(source, left ? "lower_bound" : "exact", left)
    : source === "sock_diag"
    ? account(source, "lower_bound", `TCP alone, of sockets that were seen: ${obstacle}`)
    : account("none", "unavailable", obstacle ?? undefined);
  return request.traffic ? { network, network_loopback: network } : { network };
}

/** Whatever driver tells it, it is looked at now and then. */
function gpuAccounts({ gpu }: ProcessTree): Pick<Accounting, "gpu" | "gpu_memory"> {
  if (!gpu) return {};
  const note = gpu.obstacle ?? undefined;
  const [source, quality] = gpu.sources.length > 0
    ? [gpu.sources.join(", "), "sampled"] as const
    : ["none", "unavailable"] as const;
  return { gpu: account(source, quality, note), gpu_memory: account(source, quality, note) };
}

/** The largest of three counts is the figure (see `Ledger`); what they say against each other tells how good it is. */
function cpuAccount(group: ProcessTree, byLedger: string, lost: string | undefined): Account {
  const { container, ledger, reading, told } = group;
  const figure = reading.totals[Total.cpuSeconds];
  if (container.countsCpu && !exceeds(figure, container.usage.cpuSeconds)) {
    // What was used outside is in the members' accounts, if none of those is lost.
    const source = container.sources.container;
    return group.hadLeavers && lost ? account(source, "lower_bound", LEFT) : account(source, "exact");
  }
  if (told && !exceeds(figure, told.totals[Total.cpuSeconds])) return account(told.source, "exact");
  // Nobody else counts what a member does outside, so that nothing speaks for this being all.
  if (container.countsCpu) return account(byLedger, "lower_bound", LEFT);
  if (exceeds(figure, ledger.drawn(Total.cpuSeconds))) {
    return account("samples", "lower_bound", lost ?? lossOf(group));
  }
  return account(byLedger, lost ? "lower_bound" : "exact", lost);
}

function peakAccount(group: ProcessTree, stage: Stage, lost: string | undefined): Account {
  const { container, peaks } = group;
  if (container.countsPeakMemory) {
    const source = container.sources.memory;
    return group.hadLeavers ? account(source, "lower_bound", LEFT) : account(source, "exact");
  }
  if (container.countsMemory) return account("samples", "sampled");
  if (stage === "expected") return account("samples", "sampled");
  if (peaks.isUnknown) return UNAVAILABLE;
  if (!(peaks.processBytes >= peaks.sumBytes)) {
    return account("samples", "sampled", container.gaps?.memory ?? SHARED);
  }
  const isOnly = stage === "ended" && peaks.isOfOneProcess && group.totalProcessCount === 1;
  const { exits } = container.sources;
  return isOnly && !lost ? account(exits, "exact") : account(exits, "lower_bound", LARGEST_ALONE);
}

function processPeakAccount(group: ProcessTree, stage: Stage, lost: string | undefined): Account {
  if (stage === "ended" && group.peaks.isUnknown) return UNAVAILABLE;
  const { ownsMembers, sources } = group.container;
  if (!ownsMembers || stage === "running") return account(sources.members, "lower_bound");
  return account(sources.exits, lost || group.peaks.hasUnmarked ? "lower_bound" : "exact", lost);
}

/**
 * Whether accounts of ended members were lost. Seen directly, when a member vanishes that its parent has not waited
 * for; or in the CPU that the cgroup or the samples have counted and no member's accounts explain.
 */
function hasLosses(group: ProcessTree): boolean {
  if (group.lostCount > 0 || group.mayHaveLost) return true;
  const drawn = group.ledger.drawn(Total.cpuSeconds);
  return exceeds(group.container.countsCpu ? group.container.usage.cpuSeconds : NaN, drawn) ||
    exceeds(group.ledger.sampledCpuSeconds(group.members), drawn);
}

/** Why accounts are lost: of a tree that we only observe we wait for no process, and a parent outside keeps its own. */
function lossOf({ container }: ProcessTree): string {
  return container.ownsMembers ? DISCARDED : UNSEEN;
}

/** Whether one count is above another by more than both can be wrong. */
function exceeds(seconds: number, other: number): boolean {
  return seconds - other > Math.max(TOLERATED_GAP_SECONDS, seconds * TOLERATED_GAP_SHARE);
}
