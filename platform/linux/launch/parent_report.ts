import type { Launched, LaunchFailure } from "../../contract/launch.ts";
import { readText } from "../proc/kernel_file.ts";
import { ownChildren } from "../processes/wait.ts";
import { ECANCELED, EINTR, ETIMEDOUT } from "../sys/errno.ts";
import { STEP_SIZE, systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { pollFor, POLLIN } from "../sys/poll.ts";
import { awaitExec } from "./await_exec.ts";
import { dropBornIo } from "./born_io.ts";
import { failedStep } from "./launch_steps.ts";
import type { LaunchStep } from "./launch_steps.ts";
import { CLONE, FIRST_OF_CHILD } from "./parent_program.ts";
import { NAME, refuseParents } from "./parent_start.ts";
import { STEP_RESULT } from "./step_table.ts";

const SIGKILL = 9;
const SIGSEGV = 11;

const KILLED: LaunchFailure = {
  stage: "spawn",
  errno: ECANCELED,
  message: "it was killed while it was being started",
};

/** A command is there within a millisecond; one that is not would hold up everything else that we do. */
const PATIENCE_MS = 10_000;
/** What it takes to end one, and to tell it; the small parent may have to wait for its turn on a busy machine. */
const LAST_PATIENCE_MS = 5_000;
const STUCK: LaunchFailure = {
  stage: "spawn",
  errno: ETIMEDOUT,
  message: "it did not come to its command within 10 s: it was suspended, or its directory does not answer",
};

/** Whether there is something to be read, the end included, within a time. */
function comesWithin(descriptor: number, ms: number): boolean {
  const endMs = performance.now() + ms;
  for (let left = ms; left > 0; left = endMs - performance.now()) {
    if (pollFor(descriptor, POLLIN, left) !== 0) return true;
  }
  return false;
}

/**
 * End a child that does not come to its command: whose user has suspended it, which he may once it is his, or whose
 * working directory does not answer. The arguments, which it still shares with the small parent, tell it.
 */
function killUnborn(parent: number): void {
  for (const pid of ownChildren()) {
    if (pid !== parent && readText(`/proc/${pid}/cmdline`) === `${NAME}\0`) systemCall("kill", pid, SIGKILL);
  }
}

/** Wait for the small parent's report and its end. */
export function readReport(
  reportEnd: number,
  parent: number,
  steps: readonly LaunchStep[],
  stepCount: number,
): Launched | LaunchFailure | undefined {
  const size = stepCount * STEP_SIZE;
  const memory = new ForeignMemory(size);
  const status = new ForeignMemory(8);
  try {
    let length = 0;
    const isStuck = !comesWithin(reportEnd, PATIENCE_MS);
    if (isStuck) killUnborn(parent);
    const comes = !isStuck || comesWithin(reportEnd, LAST_PATIENCE_MS);
    for (let result = 1; comes && result !== 0 && length < size;) {
      result = systemCall("read", reportEnd, memory.address + length, size - length);
      if (result < 0 && result !== -EINTR) break;
      length += Math.max(0, result);
    }
    // Without a whole report it has been killed, or is not what it should be: it is not waited for until it likes to
    // end.
    if (length < size) systemCall("kill", parent, SIGKILL);
    while (systemCall("wait4", parent, status.address, 0, 0) === -EINTR);
    if (length < size) {
      // A policy against memory that is both written and executed shows in the midst of execve only.
      if ((status.view.getUint32(0, true) & 0x7f) === SIGSEGV) return void refuseParents();
      // Somebody has killed it. Whether the command runs nobody can tell: it must not be started twice.
      return KILLED;
    }
    const resultOf = (index: number) => memory.getI64(index * STEP_SIZE + STEP_RESULT);
    const pid = Math.max(resultOf(CLONE), resultOf(stepCount - 2));
    if (pid <= 0) return undefined;
    const failed = isStuck ? STUCK : failedStep(steps, memory, FIRST_OF_CHILD * STEP_SIZE);
    // What never became the command must not be taken for a member that ended.
    if (failed) {
      systemCall("wait4", pid, 0, 0, 0);
      dropBornIo(pid);
    } else awaitExec(pid);
    return failed ?? { pid };
  } finally {
    memory.free();
    status.free();
  }
}
