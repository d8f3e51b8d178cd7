import { performance } from "node:perf_hooks";
import type { ProcessTree } from "./process_tree.ts";
import type { Wake } from "./wake.ts";

/** How to stop a tree. */
export interface StopOptions {
  /** Sent to every member first. */
  readonly signal: string;
  /** How long members may take to end by themselves, in milliseconds, before SIGKILL. */
  readonly graceMs: number;
}

/** What stopping a tree came to. */
export interface StopReport {
  /** Members when it began. */
  readonly membersBefore: number;
  /** Members still there at the end: 0, or what even SIGKILL could not end. */
  readonly membersAfter: number;
  /** Whether the grace ran out. */
  readonly killed: boolean;
  readonly elapsedSeconds: number;
}

/** While a tree is ending it is looked at this often; the end of a child of ours wakes us at once. */
const LOOK_EVERY_MS = 10;
/** A process in an uninterruptible wait does not end on SIGKILL: after this long we say so. */
const KILL_PATIENCE_MS = 5_000;

/** Send a signal to every member of the group; how many got it. */
export function signalAll(group: ProcessTree, signal: string): number {
  let count = 0;
  for (const member of group.members) {
    if (!member.isZombie && group.platform.signal(member, signal)) count++;
  }
  return count;
}

/**
 * Stop the whole tree: the signal to every member, the grace, then SIGKILL until nothing is left. Members that
 * fork while it goes on are found and get the same.
 */
export async function stopTree(group: ProcessTree, options: StopOptions, wake: Wake): Promise<StopReport> {
  const started = performance.now();
  const elapsedMs = () => performance.now() - started;
  group.refresh(started, true);
  const membersBefore = group.members.length;
  const signalled = new Set<string>();
  while (group.members.length > 0 && elapsedMs() < options.graceMs) {
    signalNew(group, options.signal, signalled);
    await wake.sleep(Math.min(LOOK_EVERY_MS, options.graceMs - elapsedMs()));
    group.refresh(performance.now(), true);
  }
  const killed = group.members.length > 0;
  while (group.members.length > 0 && elapsedMs() < options.graceMs + KILL_PATIENCE_MS) {
    if (!group.container.kill()) signalAll(group, "SIGKILL");
    await wake.sleep(LOOK_EVERY_MS);
    group.refresh(performance.now(), true);
  }
  return { membersBefore, membersAfter: group.members.length, killed, elapsedSeconds: elapsedMs() / 1_000 };
}

/** Every member gets the signal once: a program that treats the second one as "at once" gets its grace. */
function signalNew(group: ProcessTree, signal: string, signalled: Set<string>): void {
  for (const member of group.members) {
    const identity = `${member.pid}/${member.birth}`;
    if (member.isZombie || signalled.has(identity)) continue;
    signalled.add(identity);
    group.platform.signal(member, signal);
  }
}
