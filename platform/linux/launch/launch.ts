import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import {
  CLONE_ARGS_SIZE,
  CLONE_CLEAR_SIGHAND,
  CLONE_INTO_CGROUP,
  CLONE_VFORK,
  CLONE_VM,
} from "../sys/clone.ts";
import { stdioSources } from "../sys/descriptors.ts";
import { EAGAIN, ENOMEM, ENOSYS } from "../sys/errno.ts";
import { copyOf, ForeignMemory } from "../sys/memory.ts";
import { awaitExec } from "./await_exec.ts";
import { notePeakOrigin } from "./inherited_peak.ts";
import { noteJoiningBytes } from "./joining_bytes.ts";
import { machineCode, systemCall } from "../sys/machine_code.ts";
import { bytesToJoin, dataSize, failedStep, failure, launchSteps, withExit } from "./launch_steps.ts";
import type { Placement } from "./launch_steps.ts";
import { posixSpawn } from "./posix_spawn.ts";
import { launchFromSmallParent } from "./small_parent.ts";
import { StepData } from "./step_data.ts";
import { encodeSteps } from "./step_table.ts";

export type { Placement } from "./launch_steps.ts";

const SIGCHLD = 17;
/** Errors of clone3 that say nothing of the cgroup but that it, the user or the machine is full. */
const EXHAUSTED = [EAGAIN, ENOMEM];

/**
 * Start a command as our child, where it belongs from its very first instruction.
 *
 * It is born of a process of one page, so that its peak memory is its own; where that cannot be had, of us, and then
 * its peak begins at our size (see inherited_peak.ts).
 */
export function launch(spec: LaunchSpec, placement: Placement = {}): Launched | LaunchFailure {
  const launched = launchFromSmallParent(spec, placement);
  if (!launched) return launchDirectly(spec, placement);
  if ("pid" in launched) {
    notePeakOrigin(launched.pid, "nothing");
    noteJoiningBytes(launched.pid, bytesToJoin(placement));
  }
  return launched;
}

/**
 * Start a command as a child of this very process (clone3(2)).
 *
 * The child shares our memory and we stand still until it has called execve, as with vfork(2).
 */
export function launchDirectly(spec: LaunchSpec, placement: Placement = {}): Launched | LaunchFailure {
  const launched = cloneDirectly(spec, placement);
  if ("pid" in launched) {
    awaitExec(launched.pid);
    notePeakOrigin(launched.pid, "ourselves");
    noteJoiningBytes(launched.pid, bytesToJoin(placement));
  }
  return launched;
}

function cloneDirectly(spec: LaunchSpec, placement: Placement): Launched | LaunchFailure {
  const code = machineCode();
  const { cgroup, joins = [] } = placement;
  const isBare = cgroup === undefined && joins.length === 0;
  if (!code) return isBare ? posixSpawn(spec) : failure("containment", ENOSYS);
  const stdio = stdioSources(spec.stdio);
  const memory = new ForeignMemory(CLONE_ARGS_SIZE + dataSize(spec));
  let table: ForeignMemory | undefined;
  try {
    const data = new StepData(memory.address + CLONE_ARGS_SIZE);
    const steps = launchSteps(spec, stdio.sources, placement, data);
    memory.bytes.set(data.bytes(), CLONE_ARGS_SIZE);
    table = copyOf(encodeSteps(withExit(steps, 0)));
    const flags = CLONE_VM + CLONE_VFORK + CLONE_CLEAR_SIGHAND +
      (cgroup === undefined ? 0 : CLONE_INTO_CGROUP);
    memory.setU64(0, flags);
    memory.setU64(32, SIGCHLD); // exit_signal
    memory.setU64(80, cgroup ?? 0);

    const pid = code.launch(memory.address, CLONE_ARGS_SIZE, table.address);
    if (pid === -ENOSYS && isBare) return posixSpawn(spec);
    if (pid < 0) {
      return failure(cgroup === undefined || EXHAUSTED.includes(-pid) ? "spawn" : "containment", -pid);
    }
    const failed = failedStep(steps, table, 0);
    // What never became the command must not be taken for a member that ended.
    if (failed) systemCall("wait4", pid, 0, 0, 0);
    return failed ?? { pid };
  } finally {
    stdio.release();
    memory.free();
    table?.free();
  }
}
