import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { openPipe, stdioSources } from "../sys/descriptors.ts";
import { machineCode, systemCall } from "../sys/machine_code.ts";
import { BirthGate, PID_SIZE } from "./birth_gate.ts";
import { mustOpenInTime, openBornIo } from "./born_io.ts";
import { launchSteps } from "./launch_steps.ts";
import type { Placement } from "./launch_steps.ts";
import { parentProgram } from "./parent_program.ts";
import { readReport } from "./parent_report.ts";
import { markOf, mayStartParents, programFile, startParent } from "./parent_start.ts";
import { StepData } from "./step_data.ts";
import { PROGRAM_DATA_ADDRESS, stepProgram } from "./step_program.ts";

/*
 * The command is born of a process of one page, made for it alone:
 *
 *   us ── clone3 ──▶ small parent: execve of a program made of system calls (step_program.ts)
 *                      └─ clone3(CLONE_PARENT) ──▶ the command: our child, as if we had started it
 *
 * The high-water mark of memory that a child inherits (inherited_peak.ts) is then that of one page, and `ru_maxrss`
 * is the command's own. The small parent and its child share their memory and go on at the same step; a timer tells
 * them apart, which the parent has made and no child inherits (timer_create(2)), however soon the child dies. When the
 * child has become the command, or has failed, the parent hands us the table of its steps with their results through a
 * pipe, and ends.
 */

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const FIRST_BEYOND_STDIO = 3;

/**
 * Start a command from a small parent.
 *
 * @returns undefined where no process could be made this way; nothing has been started then
 */
export function launchFromSmallParent(
  spec: LaunchSpec,
  placement: Placement,
): Launched | LaunchFailure | undefined {
  const code = machineCode();
  if (!code || !mayStartParents()) return undefined;
  const stdio = stdioSources(spec.stdio);
  const opened: number[] = [];
  try {
    const pipe = openPipe();
    if (typeof pipe === "number") return undefined;
    const [reportEnd, report] = pipe;
    opened.push(reportEnd, report);

    const { onBirth } = placement;
    using gate = mustOpenInTime || onBirth ? BirthGate.open() : null;

    // What the small parent needs has to survive its own execve.
    const { cgroup = [], joins = [] } = placement;
    const needed = [report, gate?.childsEnd ?? [], cgroup, joins, stdio.sources].flat();
    const kept = needed.filter(isCloseOnExec);
    const data = new StepData(PROGRAM_DATA_ADDRESS);
    const pid = data.zeroes(PID_SIZE);
    const steps = [
      ...gate?.waitSteps(pid) ?? [],
      ...launchSteps(spec, stdio.sources, placement, data, kept),
    ];
    const program = parentProgram(steps, placement, report, pid, data);
    const file = programFile(stepProgram(data, program));
    if (file < 0) return undefined;
    opened.push(file);
    const parent = startParent(code, file, [...kept, ...spec.inherited ?? []], markOf(spec));
    if (parent < 0) return undefined;
    // Ours has to go first: else the pipe would not end with the small parent.
    closeFile(report);
    opened.splice(opened.indexOf(report), 1);
    gate?.letPass((pid) => {
      if (mustOpenInTime) openBornIo(pid);
      onBirth?.(pid);
    });
    return readReport(reportEnd, parent, steps, program.length);
  } finally {
    opened.forEach(closeFile);
    stdio.release();
  }
}

/** Descriptors beyond the first three that execve would close. */
function isCloseOnExec(descriptor: number): boolean {
  if (descriptor < FIRST_BEYOND_STDIO) return false;
  const flags = systemCall("fcntl", descriptor, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) !== 0;
}
