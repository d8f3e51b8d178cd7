import type { Launched, LaunchFailure, LaunchSpec } from "../types.ts";
import { stdioSources } from "./descriptors.ts";
import { describeErrno, EAGAIN, ENOMEM, ENOSYS } from "./errno.ts";
import { machineCode, STEP_SIZE, systemCall } from "./launch_code.ts";
import { ForeignMemory, MemoryWriter } from "./memory.ts";
import { inheritedFileLimit } from "./file_limit.ts";
import { posixSpawn } from "./posix_spawn.ts";
import { encodeSteps, NOT_REACHED, STEP_RESULT } from "./step_table.ts";
import type { SystemCallName } from "./syscall_numbers.ts";

// include/uapi/linux/sched.h
const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const CLONE_CLEAR_SIGHAND = 0x1_0000_0000;
const CLONE_INTO_CGROUP = 0x2_0000_0000;
const CLONE_ARGS_SIZE = 88;
const SIGCHLD = 17;
/** Signals that JavaScript runtimes ignore for themselves, which execve would pass on. */
const IGNORED_BY_RUNTIME = [13, 25]; // SIGPIPE, SIGXFSZ
const SIG_SETMASK = 2;
const SIGNAL_SET_SIZE = 8;
const RLIMIT_NOFILE = 7;
const F_SETFD = 2;
const CLOSE_RANGE_CLOEXEC = 4; // include/uapi/linux/close_range.h
const ALL_FURTHER = 0xffff_ffff;
/** Errors of clone3 that say nothing of the cgroup but that it, the user or the machine is full. */
const EXHAUSTED = [EAGAIN, ENOMEM];
/** A step of a launch, and the stage the launch has failed at when it fails; null where failure is tolerated. */
interface LaunchStep {
  readonly call: SystemCallName;
  readonly args: readonly number[];
  readonly stage: LaunchFailure["stage"] | null;
}

/**
 * Start a command as our child, in the given cgroup from its very first instruction (clone3(2)).
 *
 * The child shares our memory and we stand still until it has called execve, as with vfork(2). It gets the
 * signal dispositions and the descriptor limit that we were started with, not what the runtime made of them.
 *
 * @param cgroup descriptor of a cgroup directory, or undefined to stay in our own
 */
export function launch(spec: LaunchSpec, cgroup: number | undefined): Launched | LaunchFailure {
  const code = machineCode();
  if (!code) return posixSpawn(spec);
  const memory = new ForeignMemory(blockSize(spec));
  const stdio = stdioSources(spec.stdio);
  try {
    const writer = new MemoryWriter(memory);
    const cloneArgs = writer.reserve(CLONE_ARGS_SIZE);
    const steps = prepareSteps(spec, stdio.sources, writer);
    const table = writeTable(steps, writer);

    const flags = CLONE_VM + CLONE_VFORK + CLONE_CLEAR_SIGHAND +
      (cgroup === undefined ? 0 : CLONE_INTO_CGROUP);
    memory.setU64(cloneArgs, flags);
    memory.setU64(cloneArgs + 32, SIGCHLD); // exit_signal
    memory.setU64(cloneArgs + 80, cgroup ?? 0);

    const pid = code.launch(memory.address + cloneArgs, CLONE_ARGS_SIZE, memory.address + table);
    if (pid === -ENOSYS && cgroup === undefined) return posixSpawn(spec);
    if (pid < 0) {
      return failure(cgroup === undefined || EXHAUSTED.includes(-pid) ? "spawn" : "containment", -pid);
    }
    const failed = failedStep(steps, table, memory);
    // What never became the command must not be taken for a member that ended.
    if (failed) systemCall("wait4", pid, 0, 0, 0);
    return failed ?? { pid };
  } finally {
    stdio.release();
    memory.free();
  }
}

function prepareSteps(spec: LaunchSpec, sources: readonly number[], writer: MemoryWriter): LaunchStep[] {
  const { memory } = writer;
  const at = (offset: number) => memory.address + offset;
  const zeroes = writer.reserve(32); // an empty signal set; a struct sigaction that says SIG_DFL
  const steps: LaunchStep[] = IGNORED_BY_RUNTIME.map((signal) => (
    { call: "rt_sigaction", args: [signal, at(zeroes), 0, SIGNAL_SET_SIZE], stage: null }
  ));
  steps.push({ call: "rt_sigprocmask", args: [SIG_SETMASK, at(zeroes), 0, SIGNAL_SET_SIZE], stage: null });
  const limit = spec.fileLimit === undefined
    ? inheritedFileLimit()
    : { soft: spec.fileLimit, hard: spec.fileLimit };
  if (limit) {
    const offset = writer.reserve(16);
    memory.setU64(offset, limit.soft);
    memory.setU64(offset + 8, limit.hard);
    steps.push({
      call: "prlimit64",
      args: [0, RLIMIT_NOFILE, at(offset), 0],
      stage: spec.fileLimit === undefined ? null : "file_limit",
    });
  }
  if (spec.ownSession) steps.push({ call: "setsid", args: [], stage: "spawn" });
  if (spec.credentials) {
    const { uid, gid } = spec.credentials;
    steps.push({ call: "setgroups", args: [0, 0], stage: "credentials" });
    steps.push({ call: "setresgid", args: [gid, gid, gid], stage: "credentials" });
    steps.push({ call: "setresuid", args: [uid, uid, uid], stage: "credentials" });
  }
  if (spec.cwd !== undefined) {
    const path = writer.string(new TextEncoder().encode(spec.cwd));
    steps.push({ call: "chdir", args: [path], stage: "cwd" });
  }
  sources.forEach((source, target) => {
    if (source !== target) steps.push({ call: "dup3", args: [source, target, 0], stage: "spawn" });
  });
  // Runtimes have descriptors that are not close-on-exec: Deno's listening sockets, for one. Since Linux 5.11.
  if (spec.closesOthers) {
    steps.push({ call: "close_range", args: [3, ALL_FURTHER, CLOSE_RANGE_CLOEXEC], stage: null });
  }
  for (const descriptor of spec.inherited ?? []) {
    steps.push({ call: "fcntl", args: [descriptor, F_SETFD, 0], stage: null });
  }
  const file = writer.string(spec.file);
  steps.push({
    call: "execve",
    args: [file, writer.strings(spec.args), writer.strings(spec.env)],
    stage: "exec",
  });
  return steps;
}

/** A failure that counts goes to the exit at the end of the table. */
function writeTable(steps: readonly LaunchStep[], writer: MemoryWriter): number {
  const program = encodeSteps([
    ...steps.map(({ call, args, stage }, index) => ({
      call,
      args,
      onFailure: stage === null ? index + 1 : steps.length,
    })),
    { call: "exit_group", args: [127], onFailure: steps.length },
  ]);
  const table = writer.reserve(program.length);
  writer.memory.bytes.set(program, table);
  return table;
}

function failedStep(
  steps: readonly LaunchStep[],
  table: number,
  memory: ForeignMemory,
): LaunchFailure | undefined {
  for (const [index, { stage }] of steps.entries()) {
    const result = memory.getI64(table + index * STEP_SIZE + STEP_RESULT);
    if (stage !== null && result < 0 && result !== NOT_REACHED) return failure(stage, -result);
  }
  return undefined;
}

function failure(stage: LaunchFailure["stage"], errno: number): LaunchFailure {
  return { stage, errno, message: describeErrno(errno) };
}

function blockSize(spec: LaunchSpec): number {
  const strings = [...spec.args, ...spec.env].reduce((sum, item) => sum + item.length + 24, 0);
  return strings + 3 * (spec.file.length + (spec.cwd?.length ?? 0)) + 4_096;
}
