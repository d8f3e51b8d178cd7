import {
  CLONE_ARGS_SIZE,
  CLONE_INTO_CGROUP,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_VFORK,
  CLONE_VM,
} from "../sys/clone.ts";
import { STEP_SIZE } from "../sys/machine_code.ts";
import { withExit } from "./launch_steps.ts";
import type { LaunchStep, Placement } from "./launch_steps.ts";
import type { StepData } from "./step_data.ts";
import { tableAddress } from "./step_program.ts";
import { FIRST_ARGUMENT } from "./step_table.ts";
import type { Step } from "./step_table.ts";

const BORN_OF_US = CLONE_VM + CLONE_VFORK + CLONE_PARENT + CLONE_PARENT_SETTID;
const CLOCK_MONOTONIC = 1;
const NO_DESCRIPTOR = 0xffff_ffff;

/** Steps of the program before those of the child; its last but one is the older call. */
export const CLONE = 1;
const TELL_APART = 2;
const REPORT = 3;
export const FIRST_OF_CHILD = 5;

/**
 * What the small parent does, and its child.
 *
 *     0  timer_create         refused: 3
 *     1  clone3               refused: 3, or n where there is an older way
 *     2  timer_delete         the child has no such timer: 5
 *     3  write the table to the report
 *     4  exit
 *     5  … the child's steps, and its exit
 *     n  clone                refused: 3
 *        close(-1)            fails always: 2
 */
export function parentProgram(
  steps: readonly LaunchStep[],
  { cgroup }: Placement,
  report: number,
  pid: number,
  data: StepData,
): Step[] {
  const flags = BORN_OF_US + (cgroup === undefined ? 0 : CLONE_INTO_CGROUP);
  // With CLONE_PARENT the signal at its end is that of its parent: SIGCHLD.
  const cloneArgs = data.words([flags, 0, 0, pid, 0, 0, 0, 0, 0, 0, cgroup ?? 0]);
  const child = withExit(steps, FIRST_OF_CHILD);
  const older = FIRST_OF_CHILD + child.length;
  const count = older + 2;
  const table = tableAddress(data);
  return [
    // Its number goes into the argument of the step that asks for it.
    {
      call: "timer_create",
      args: [CLOCK_MONOTONIC, 0, table + TELL_APART * STEP_SIZE + FIRST_ARGUMENT],
      onFailure: REPORT,
    },
    // Seccomp filters of containers may know no clone3; the older call cannot enter a cgroup.
    { call: "clone3", args: [cloneArgs, CLONE_ARGS_SIZE], onFailure: cgroup === undefined ? older : REPORT },
    { call: "timer_delete", args: [0], onFailure: FIRST_OF_CHILD },
    { call: "write", args: [report, table, count * STEP_SIZE], onFailure: REPORT + 1 },
    { call: "exit_group", args: [0], onFailure: REPORT + 1 },
    ...child,
    { call: "clone", args: [BORN_OF_US, 0, pid, 0, 0], onFailure: REPORT },
    { call: "close", args: [NO_DESCRIPTOR], onFailure: TELL_APART },
  ];
}
