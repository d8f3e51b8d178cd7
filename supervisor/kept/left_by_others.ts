import { ProctorError } from "../../core/error.ts";
import type { SavedGroup } from "../../core/schema/saved_group.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import type { Definition } from "../definition.ts";
import { AddedProcesses } from "./added_processes.ts";
import type { KeptProcess, StateDirectory } from "./state_directory.ts";

/** So many are named. */
const MOST_NAMED = 5;

/**
 * Refuse a directory in which the last supervisor has left something running that is not ours to end.
 * @param definitions what is ours; what was added at run time to a supervisor of the same is ours, too
 * @throws ProctorError of kind `system` that names it
 */
export async function refuseLeftByOthers(
  directory: StateDirectory,
  definitions: readonly Definition[],
): Promise<void> {
  const left = directory.readKept().filter(({ group }) => group !== null);
  const isSame = ({ id, fingerprint }: KeptProcess) =>
    definitions.some((one) => one.id === id && one.fingerprint === fingerprint);
  const isResumed = left.some(isSame);
  const added = isResumed ? new AddedProcesses(directory) : null;
  const others: KeptProcess[] = [];
  for (const one of left) {
    if (!isSame(one) && !added?.has(one.id) && await isThere(one.group!)) others.push(one);
  }
  if (others.length === 0) return;
  const names = others.slice(0, MOST_NAMED).map(({ id, pid }) => pid === null ? id : `${id} (PID ${pid})`);
  const rest = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : "";
  throw new ProctorError(
    "system",
    `${directory.base}: another supervisor has left ${names.join(", ")}${rest} running there; ` +
      "start that again by its configuration, or choose another place by --state-dir",
  );
}

async function isThere(saved: SavedGroup): Promise<boolean> {
  const group = await ProcessGroup.adopt(saved).catch(() => null);
  const isRunning = group !== null && group.stats().activeProcessCount > 0;
  group?.detach();
  return isRunning;
}
