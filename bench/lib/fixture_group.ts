import { openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { launchSpec } from "../../group/launch_spec.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { loadPlatform } from "../../platform/mod.ts";

/** Everything that `run` collects by default. */
const WANTED = { counters: true, io: true, switches: true, fileDescriptors: true };
const MARKER = "PROCTOR_BENCH=1";

/** A group whose members are fixture programs; resolves once it has so many members. */
export async function startGroup(commands: readonly string[][], members: number): Promise<ProcessTree> {
  const platform = await loadPlatform();
  const group = ProcessTree.create(platform, {
    wanted: WANTED,
    marker: MARKER,
    soleParent: true,
    guarded: false,
  });
  const nothing = openSync("/dev/null", "r+");
  for (const command of commands) {
    const launched = group.start(launchSpec(platform, { command, stdio: [nothing, nothing, 2] }, MARKER));
    if ("stage" in launched) throw new Error(`cannot start ${command.join(" ")}: ${launched.message}`);
  }
  for (let waits = 0; group.members.length < members; waits++) {
    if (waits > 600) throw new Error(`only ${group.members.length} of ${members} processes came up`);
    await sleep(50);
    group.refresh(0, "everything");
  }
  return group;
}

/** Kill every member, take them all out of the process table, and let go of the group. */
export async function endGroup(group: ProcessTree): Promise<void> {
  for (let waits = 0; group.members.length > 0 && waits < 600; waits++) {
    if (!group.container.kill()) { for (const { pid } of group.members) process.kill(pid, "SIGKILL"); }
    await sleep(20);
    group.refresh(0, "everything");
  }
  group.release();
}
