import { usageError } from "../core/error.ts";
import { shown } from "../core/option.ts";
import type { Platform, ProcessReader } from "../platform/mod.ts";
import type { ProcessTree } from "./process_tree.ts";
import type { Wake } from "./wake.ts";

/** The default time for members to end by themselves, in milliseconds. */
export const DEFAULT_GRACE_MS = 2_000;

/** How to stop a tree. */
export interface StopOptions {
  /** Sent to every member first. */
  readonly signal: string;
  /** How long members may take to end by themselves, in milliseconds, before SIGKILL. */
  readonly graceMs: number;
}

/** A process that was sent signals, and which. */
export interface Signalled {
  /** Its process id. */
  readonly pid: number;
  /** The name of its program. */
  readonly name: string;
  /** In the order they were sent. */
  readonly signals: readonly string[];
}

/** What stopping a tree came to. */
export interface StopReport {
  /** Members when it began. */
  readonly membersBefore: number;
  /** Members still there at the end: 0, or what even SIGKILL could not end. */
  readonly membersAfter: number;
  /** Who was signalled; members that came and went in between may be missing. */
  readonly signalled: readonly Signalled[];
  /** Whether the grace ran out. */
  readonly killed: boolean;
  /** Seconds that stopping took. */
  readonly elapsedSeconds: number;
}

/** The polling interval while a tree ends; the end of a child of ours wakes us at once. */
const LOOK_EVERY_MS = 10;
/** A process in an uninterruptible wait does not end on SIGKILL: after this long without any progress we say so. */
const KILL_PATIENCE_MS = 5_000;

/** @throws ProctorError of kind `usage` for what names no signal here */
export function checkSignal(platform: Pick<Platform, "signalNumber">, signal: string): void {
  if (typeof signal !== "string" || platform.signalNumber(signal) === 0) {
    throw usageError(`signal: there is none called ${shown(signal)}; write for example SIGTERM`);
  }
}

/** Send a signal to every member of the group; how many got it. */
export function signalAll(group: ProcessTree, signal: string): number {
  let count = 0;
  for (const member of group.members) {
    if (!member.isZombie && group.platform.signal(member, signal)) count++;
  }
  return count;
}

/**
 * Stop the whole tree: the signal to every member, the grace, then SIGKILL until nothing is left.
 *
 * The signal is for those who are there when it begins, once to each, as timeout(1) has it: what they start afterwards,
 * such as the clean-up commands of a shell's TERM trap, may run until the grace ends. Then everything goes.
 */
export async function stopTree(group: ProcessTree, options: StopOptions, wake: Wake): Promise<StopReport> {
  const started = performance.now();
  const elapsedMs = () => performance.now() - started;
  group.refresh(started, "members");
  const membersBefore = group.members.length;
  const sent = new Sent();
  const isOver = () => group.members.length === 0 && !group.mayHideMembers();
  // Asked before the first signal is sent: nothing that answers one can be older.
  const newcomersFrom = group.platform.birthNow();
  let present = group.members;
  while (!isOver() && elapsedMs() < options.graceMs) {
    // Every member gets the signal once: a program that treats the second one as "at once" gets its grace.
    for (const member of sent.fresh(present, options.signal)) {
      group.platform.signal(member, options.signal);
    }
    await wake.sleep(Math.min(LOOK_EVERY_MS, options.graceMs - elapsedMs()));
    group.refresh(performance.now(), "members");
    present = belated(group.members, newcomersFrom);
  }
  const killed = !isOver();
  let [left, progressMs] = [group.members.length, performance.now()];
  const isPatient = () => performance.now() - progressMs < KILL_PATIENCE_MS;
  while (!isOver() && isPatient()) {
    sent.fresh(group.members, "SIGKILL");
    if (group.kill()) {
      // What is dying needs the processor more than we do, to look at it.
      while (group.container.isPopulated() && isPatient()) await wake.sleep(LOOK_EVERY_MS);
    } else {
      killQuickly(group);
      await wake.sleep(LOOK_EVERY_MS);
    }
    group.refresh(performance.now(), "members");
    if (group.members.length !== left) [left, progressMs] = [group.members.length, performance.now()];
    // The last may be dead and not yet ours to reap.
    if (!isOver()) await wake.sleep(1);
  }
  return {
    membersBefore,
    membersAfter: stillThere(group),
    signalled: sent.list(),
    killed,
    elapsedSeconds: elapsedMs() / 1_000,
  };
}

/** Members that have not ended: one that has may wait for long for a parent that is none of ours, such as init. */
function stillThere({ members, container }: ProcessTree): number {
  // The first thread of a process may have ended before others: then somebody is in there.
  return container.isPopulated() ? members.length : members.filter(({ isZombie }) => !isZombie).length;
}

/**
 * Who is to get the signal though he was not there at the first look, which is not at one instant: whoever is older
 * than the first signal; and whoever has lost his parent, by that signal, before he could get it. A clean-up command
 * has a parent that waits for it.
 */
function belated(members: readonly ProcessReader[], newcomersFrom: number): ProcessReader[] {
  const living = new Set(members.filter(({ isZombie }) => !isZombie).map(({ pid }) => pid));
  return members.filter(({ birth, parentPid }) =>
    birth >= 0 && (birth < newcomersFrom || !living.has(parentPid))
  );
}

/**
 * Kill every member, and at once what they have started meanwhile: those who live for a moment only, one starting the
 * next, are gone before all is looked at.
 */
export function killQuickly(group: ProcessTree): void {
  signalAll(group, "SIGKILL");
  const end = performance.now() + LOOK_EVERY_MS;
  while (performance.now() < end) {
    group.refresh(performance.now());
    if (signalAll(group, "SIGKILL") === 0 && !group.mayHideMembers()) return;
  }
}

/** Who has got which signals. */
class Sent {
  readonly #signalled = new Map<string, { pid: number; name: string; signals: string[] }>();

  /** Those who are to get a signal now, noted as having got it: who lives and has not had it. */
  fresh(members: readonly ProcessReader[], signal: string): ProcessReader[] {
    return members.filter((member) => {
      if (member.isZombie) return false;
      const { pid, birth, name } = member;
      const identity = `${pid}/${birth}`;
      const entry = this.#signalled.get(identity) ?? { pid, name, signals: [] };
      if (entry.signals.includes(signal)) return false;
      entry.signals.push(signal);
      this.#signalled.set(identity, entry);
      return true;
    });
  }

  list(): Signalled[] {
    return [...this.#signalled.values()];
  }
}
