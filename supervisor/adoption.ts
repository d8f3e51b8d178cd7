import { endLeftovers } from "../group/end_leftovers.ts";
import type { ManagedProcess } from "./managed_process.ts";
import type { KeptProcess, StateDirectory } from "./state_directory.ts";
import { UnmanagedProcess } from "./unmanaged_process.ts";

/**
 * Take up what the last supervisor has left: what runs goes on under us, unless its definition has changed, or it is no
 * longer wanted. What has lost its command is cleared away.
 * @param tell a line for the supervisor's own log
 * @returns the ids of those that need no start
 */
export async function takeUpKept(
  kept: readonly KeptProcess[],
  processes: ReadonlyMap<string, ManagedProcess | UnmanagedProcess>,
  directory: StateDirectory,
  tell: (line: string) => void,
): Promise<Set<string>> {
  const adopted = new Set<string>();
  await Promise.all(kept.map(async (one) => {
    const process = processes.get(one.id);
    const isManaged = process !== undefined && !(process instanceof UnmanagedProcess);
    if (!isManaged) {
      if (one.group) {
        tell(`${one.id}: it is in no configuration any more, and is ended (PID ${one.pid})`);
        await endGently(one);
      }
      return directory.forget(one.id);
    }
    if (one.group === null) return;
    if (!await process.adopt(one)) {
      await endLeftovers(one.group);
      return directory.forget(one.id);
    }
    const { definition } = process;
    if (!definition.enabled) await process.stop({ reason: "it is disabled now", byHand: false });
    else if (definition.fingerprint !== one.fingerprint) {
      adopted.add(one.id);
      process.restart("its definition has changed");
    } else adopted.add(one.id);
  }));
  return adopted;
}

/** By its own signal and grace, as far as they are known. */
async function endGently(
  { group, stop_signal: signal, graceful_timeout_ms: graceMs }: KeptProcess,
): Promise<void> {
  const { ProcessGroup } = await import("../group/process_group.ts");
  const taken = await ProcessGroup.adopt(group!).catch(() => null);
  await taken?.stop({ signal, graceMs });
  await taken?.[Symbol.asyncDispose]();
  await endLeftovers(group!);
}
