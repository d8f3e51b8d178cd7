import { endLeftovers } from "../../group/end_leftovers.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import { findLabelled } from "../../group/labelled_groups.ts";
import type { LabelledGroup } from "../../group/labelled_groups.ts";
import type { ProcessGroup } from "../../group/process_group.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import { within } from "../within.ts";
import { isToRun } from "../lifecycle/machine.ts";
import type { LogService } from "../logs/log_service.ts";
import type { KeptProcess, StateDirectory } from "./state_directory.ts";
import { UnmanagedProcess } from "../process/unmanaged_process.ts";

/** The grace of an unknown process. */
const UNKNOWN_GRACE_MS = 10_000;
/** The same where its mark may be forged: that must not delay the start. */
const FORGEABLE_GRACE_MS = 1_000;
/** After this, one whose mark may be forged is not waited for. */
const FORGEABLE_MOST_MS = 3_000;

/** What an adoption needs of its supervisor. */
interface AdoptionContext {
  readonly directory: StateDirectory;
  readonly logs: LogService;
  /** Those that were added at run time and cannot be made now: what was decided about them is kept. */
  readonly leftOut: ReadonlySet<string>;
  /** A line for the supervisor's own log. */
  readonly tell: (line: string) => void;
  /** What is being ended is killed as soon as it says so. */
  readonly force: AbortSignal;
}

/**
 * Take up what the last supervisor has left: what runs goes on under us, unless its definition has changed, or it is no
 * longer wanted. What has lost its command is cleared away.
 * @returns the ids of those that need no start
 */
export async function takeUpKept(
  kept: readonly KeptProcess[],
  processes: ReadonlyMap<string, ManagedProcess | UnmanagedProcess>,
  { directory, logs, leftOut, tell, force }: AdoptionContext,
): Promise<Set<string>> {
  const adopted = new Set<string>();
  await Promise.all(kept.map(async (one) => {
    const process = processes.get(one.id);
    const isManaged = process !== undefined && !(process instanceof UnmanagedProcess);
    if (!isManaged) {
      if (one.group) {
        const why = leftOut.has(one.id) ? "it is left out" : "it is in no configuration any more";
        tell(`${one.id}: ${why}, and is ended (PID ${one.pid})`);
        await endGently(one.group, one.stop_signal, one.graceful_timeout_ms, force);
      }
      if (leftOut.has(one.id)) return directory.keep(withoutRun(one));
      if (process === undefined) await collectLast(one.id, logs, tell);
      return directory.forget(one.id);
    }
    if (one.group === null) return;
    if (!await process.adopt(one)) {
      await endLeftovers(one.group);
      return process.noteDown();
    }
    const { definition, machine } = process;
    adopted.add(one.id);
    if (!isToRun(machine, definition.enabled)) {
      const reason = machine.decision === "stop" ? "it was stopped by hand" : "it is disabled now";
      // A slow end delays no start.
      void process.stop({ reason, byHand: false });
    } else if (definition.schedule && definition.fingerprint !== one.fingerprint) {
      void process.stop({ reason: "its definition has changed", byHand: false });
    } else if (definition.fingerprint !== one.fingerprint) {
      process.restart("its definition has changed", false);
    } else if (one.is_restarting) process.restart("restart was asked for", false);
  }));
  return adopted;
}

/** What is known of one of which nothing runs. */
function withoutRun(kept: KeptProcess): KeptProcess {
  const nothing = { pid: null, start_time: null, cgroup: null, group: null, app_endpoints: null };
  return { ...kept, ...nothing, was_running: false, is_restarting: false };
}

/** What it has written while nobody collected goes to the default log: where it wanted it nobody knows. */
async function collectLast(id: string, logs: LogService, tell: (line: string) => void): Promise<void> {
  if (!logs.hasLeft(id)) return;
  try {
    const rest = logs.open(id);
    await rest.ended();
    await logs.release(rest, true);
  } catch (error) {
    tell(`${id}: its last output cannot be collected: ${(error as Error).message}`);
  }
}

/**
 * What carries the mark of our state directory and is in no state that was kept: it was lost, or could not be read.
 * To be asked before anything is started: a fresh group is in no state that was kept, either.
 */
export async function findUnknown(
  { label, isBeginning }: StateDirectory["knownLabel"],
  kept: readonly KeptProcess[],
): Promise<LabelledGroup[]> {
  const known = new Set(kept.flatMap(({ group }) => group?.marker ?? []));
  return (await findLabelled(label, isBeginning)).filter(({ saved }) => !known.has(saved.marker));
}

/**
 * End unknown processes. Nothing is started before they have ended; but one outside of our cgroups, with a mark that
 * anybody could have made since the secret of the directory was lost, is waited for only for a bounded time.
 * @param isForgeable whether marks are known by their beginning alone
 * @param force what is left is killed as soon as it says so
 */
export async function endUnknown(
  unknown: readonly LabelledGroup[],
  isForgeable: boolean,
  tell: (line: string) => void,
  force: AbortSignal,
): Promise<void> {
  await Promise.all(unknown.map(async ({ saved, members }) => {
    const who = members.slice(0, 3).map(({ pid, name }) => `${name}, PID ${pid}`).join("; ");
    tell(`a process of this state directory of which nothing is noted down is ended (${who})`);
    const taken = await takeUp(saved);
    const isOurs = !isForgeable || (taken !== null && saved.directory !== null);
    const graceMs = isOurs ? UNKNOWN_GRACE_MS : FORGEABLE_GRACE_MS;
    const ended = endTaken(taken, saved, "SIGTERM", graceMs, force);
    if (isOurs) return await ended;
    if (await within(ended, AbortSignal.abort(), FORGEABLE_MOST_MS)) return;
    tell(`it does not end, and is not waited for: anybody could have made its mark (${who})`);
  }));
}

/** By a signal and a grace, which a force ends, and then whatever is left of it. */
async function endGently(
  group: SavedGroup,
  signal: string,
  graceMs: number,
  force: AbortSignal,
): Promise<void> {
  await endTaken(await takeUp(group), group, signal, graceMs, force);
}

/** null where nothing can be taken up: its cgroup is gone, or carries another mark. */
async function takeUp(group: SavedGroup): Promise<ProcessGroup | null> {
  const { ProcessGroup } = await import("../../group/process_group.ts");
  return await ProcessGroup.adopt(group).catch(() => null);
}

async function endTaken(
  taken: ProcessGroup | null,
  group: SavedGroup,
  signal: string,
  graceMs: number,
  force: AbortSignal,
): Promise<void> {
  if (taken) await within(taken.stop({ signal, graceMs }), force, 0);
  await taken?.[Symbol.asyncDispose]();
  await endLeftovers(group);
  // Some may have left the cgroup, and carry the mark still.
  if (group.directory !== null) await endLeftovers({ ...group, directory: null });
}
