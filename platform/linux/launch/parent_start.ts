import { MARKER } from "../../../core/schema/marker.ts";
import type { LaunchSpec } from "../../contract/launch.ts";
import { CLONE_ARGS_SIZE, CLONE_CLEAR_SIGHAND, CLONE_VFORK, CLONE_VM } from "../sys/clone.ts";
import { EACCES, ENOSYS, EPERM } from "../sys/errno.ts";
import { STEP_SIZE, systemCall } from "../sys/machine_code.ts";
import type { Routines } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { memoryFile } from "../sys/memory_file.ts";
import { SIGNAL_SET_SIZE } from "./launch_steps.ts";
import { posixSpawn } from "./posix_spawn.ts";
import { StepData } from "./step_data.ts";
import { encodeSteps, NOT_REACHED, STEP_RESULT } from "./step_table.ts";
import type { Step } from "./step_table.ts";

const SIGCHLD = 17;
const SIG_SETMASK = 2;
const EVERY_SIGNAL = 0xffff_ffff_ffff_ffffn;
const F_SETFD = 2;
const AT_EMPTY_PATH = 0x1000;

/** What a list of processes shows for a moment. */
export const NAME = "proctor-launch";
const MARK_BEGINS = new TextEncoder().encode(`${MARKER}=`);

/** Errors that will not be others the next time. */
const REFUSALS = [EACCES, ENOSYS, EPERM];

/** Whether it is known that no program can be executed from memory here (vm.memfd_noexec, a security policy). */
let isRefused = false;

/** Whether small parents may be tried here: none has been refused for good. */
export function mayStartParents(): boolean {
  return !isRefused;
}

/** Never try again: a policy refuses programs from memory. */
export function refuseParents(): void {
  isRefused = true;
}

/** A file in memory with the program; its descriptor, or -errno. */
export function programFile(image: Uint8Array | null): number {
  return noting(image ? memoryFile(NAME, image) : -ENOSYS);
}

function noting(result: number): number {
  if (REFUSALS.includes(-result)) isRefused = true;
  return result;
}

/** The mark of its group: should we die now, it is by this that a guard finds the small parent and its child. */
export function markOf({ env }: LaunchSpec): Uint8Array[] {
  return env.filter((entry) => MARK_BEGINS.every((byte, index) => entry[index] === byte));
}

/** Start the program; its PID, or -errno where it cannot be executed. */
export function startParent(
  { launch }: Routines,
  file: number,
  kept: readonly number[],
  marks: readonly Uint8Array[],
): number {
  const memory = new ForeignMemory(1_024 + (kept.length + 4) * STEP_SIZE);
  try {
    const data = new StepData(memory.address + CLONE_ARGS_SIZE);
    const mask = data.words([EVERY_SIGNAL]);
    const begin: Step[] = [
      // A signal meant for all of the terminal must not end it half-way.
      { call: "rt_sigprocmask", args: [SIG_SETMASK, mask, 0, SIGNAL_SET_SIZE], onFailure: 1 },
      ...kept.map((descriptor, index): Step => (
        { call: "fcntl", args: [descriptor, F_SETFD, 0], onFailure: index + 2 }
      )),
    ];
    const execute = begin.length;
    const table = encodeSteps([
      ...begin,
      {
        call: "execveat",
        args: [file, data.string(""), data.strings([NAME]), data.strings(marks), AT_EMPTY_PATH],
        onFailure: execute + 1,
      },
      { call: "exit_group", args: [127], onFailure: execute + 1 },
    ]);
    memory.bytes.set(data.bytes(), CLONE_ARGS_SIZE);
    const tableOffset = CLONE_ARGS_SIZE + data.size;
    memory.bytes.set(table, tableOffset);
    memory.setU64(0, CLONE_VM + CLONE_VFORK + CLONE_CLEAR_SIGHAND);
    memory.setU64(32, SIGCHLD); // exit_signal
    const pid = launch(memory.address, CLONE_ARGS_SIZE, memory.address + tableOffset);
    if (pid === -ENOSYS) return spawnParent(file, kept, marks);
    if (pid < 0) return pid;
    const executed = memory.getI64(tableOffset + execute * STEP_SIZE + STEP_RESULT);
    // A call of execve that succeeds leaves no result behind: it was the last in this memory.
    if (executed === NOT_REACHED) return pid;
    systemCall("wait4", pid, 0, 0, 0);
    return noting(executed);
  } finally {
    memory.free();
  }
}

/** The same without clone3, which the program can do without. */
function spawnParent(file: number, kept: readonly number[], marks: readonly Uint8Array[]): number {
  const encoder = new TextEncoder();
  const spawned = posixSpawn({
    file: encoder.encode(`/proc/self/fd/${file}`),
    args: [encoder.encode(NAME)],
    env: marks,
    cwd: undefined,
    stdio: [0, 1, 2],
    inherited: kept,
  });
  return "pid" in spawned ? spawned.pid : -spawned.errno;
}
