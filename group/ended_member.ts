import type { Sighting } from "../core/measure/process_sources.ts";
import { larger } from "../core/measure/numbers.ts";
import { Raw } from "../core/measure/raw.ts";
import type { ChildExit, ProcessIdentity, ProcessReader } from "../platform/mod.ts";

/** A member of the tree that has ended, and what is known of it. */
export interface EndedMember extends ProcessIdentity {
  /** Start time in milliseconds since the epoch. */
  readonly startTimeMs: number;
  readonly parentPid: number;
  readonly name: string;
  readonly args: readonly string[] | null;
  /** How it ended, with the kernel's final accounts; null if another process has waited for it. */
  readonly exit: ChildExit | null;
  /** Whether the kernel killed it because memory ran out, as far as known. */
  readonly oomKilled: boolean;
  /** Own CPU seconds, without its children's: the final ones when `exit` is known, else the last seen. */
  readonly cpuSeconds: number;
  /** The highest resident memory seen, in bytes; NaN when none was. */
  readonly peakMemoryBytes: number;
}

/** What is known of a member at its end. */
export function endedMember(member: ProcessReader, exit: ChildExit | null, oomKilled: boolean): EndedMember {
  return {
    pid: member.pid,
    birth: member.birth,
    startTimeMs: member.startTimeMs,
    parentPid: member.parentPid,
    name: member.name,
    args: member.args,
    exit,
    oomKilled,
    cpuSeconds: member.cpuSeconds,
    peakMemoryBytes: larger(member.row[Raw.peakMemoryBytes], exit?.row[Raw.peakMemoryBytes] ?? NaN),
  };
}

/** Longer command lines are cut off here, as those that events tell of are. */
const LONGEST_COMMAND = 4_096;

/**
 * What samples know of a process that has ended.
 * @param earlierSeconds CPU seconds of it that are not counted
 */
export function sightingOf(member: EndedMember, earlierSeconds: number): Sighting {
  const { exit } = member;
  return {
    pid: member.pid,
    parentPid: member.parentPid,
    name: member.name,
    command: member.args?.join(" ").slice(0, LONGEST_COMMAND) ?? null,
    oomKilled: member.oomKilled,
    end: exit && { exitCode: exit.exitCode, signal: exit.signal },
    lifeSeconds: Math.max(0, Date.now() - member.startTimeMs) / 1_000,
    cpuSeconds: member.cpuSeconds - earlierSeconds,
    peakMemoryBytes: member.peakMemoryBytes,
  };
}
