import type { Launched, LaunchFailure, LaunchSpec, Resource } from "../../contract/launch.ts";
import { describeErrno, ECANCELED } from "../sys/errno.ts";
import type { ForeignMemory } from "../sys/memory.ts";
import type { SystemCallName } from "../sys/syscall_numbers.ts";
import { inheritedFileLimit } from "./file_limit.ts";
import { STEP_SIZE } from "../sys/machine_code.ts";
import type { StepData } from "./step_data.ts";
import { NOT_REACHED, STEP_RESULT } from "./step_table.ts";
import type { Step } from "./step_table.ts";

/** Signals that JavaScript runtimes ignore for themselves, which execve would pass on. */
const IGNORED_BY_RUNTIME = [13, 25]; // SIGPIPE, SIGXFSZ
const SIG_SETMASK = 2;
/** Bytes of the kernel's sigset_t. */
export const SIGNAL_SET_SIZE = 8;
/** Bytes of the kernel's struct sigaction. */
const SIGNAL_ACTION_SIZE = 32;
const RLIMIT_NOFILE = 7;
/** include/uapi/asm-generic/resource.h; alike on x86-64 and arm64. */
const RLIMITS = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  memlock: 8,
  as: 9,
  sigpending: 11,
} as const satisfies Record<Resource, number>;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
const PRIO_PROCESS = 0; // include/uapi/linux/resource.h
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const ALL_FURTHER = 0xffff_ffff;
const CLOSE_RANGE_CLOEXEC = 4; // include/uapi/linux/close_range.h
const SELF = "0";
/** What a child ends with that could not become the command. */
const NOT_STARTED = 127;

/** Where a child is put before it is the command. */
export interface Placement {
  /** Descriptor of a cgroup v2 directory to be born in (CLONE_INTO_CGROUP). */
  readonly cgroup?: number;
  /** Descriptors of `cgroup.procs` files, of either version, to be written to. */
  readonly joins?: readonly number[];
  /** Called with its PID while it waits to become the command, where it can be held at its birth. */
  readonly onBirth?: (pid: number) => void;
}

/** What a child writes before it is the command, on its own account. */
export function bytesToJoin({ joins = [] }: Placement): number {
  return joins.length * SELF.length;
}

/** A step of a launch, and the stage at which the launch has failed when it fails; null where failure is tolerated. */
export interface LaunchStep {
  readonly call: SystemCallName;
  readonly args: readonly number[];
  readonly stage: LaunchFailure["stage"] | null;
}

/**
 * What a child does between its birth and the command: it gets the signal dispositions and the descriptor limit that
 * we were started with, not what the runtime made of them.
 *
 * @param sources its 0, 1 and 2
 * @param hidden descriptors that are not to reach the command
 */
export function launchSteps(
  spec: LaunchSpec,
  sources: readonly number[],
  { joins = [] }: Placement,
  data: StepData,
  hidden: readonly number[] = [],
): LaunchStep[] {
  const zeroes = data.zeroes(SIGNAL_ACTION_SIZE); // an empty signal set; a struct sigaction that says SIG_DFL
  // A process that writes 0 moves itself (cgroups(7)).
  const self = joins.length > 0 ? data.string(SELF) : 0;
  const steps: LaunchStep[] = joins.map((file) => (
    { call: "write", args: [file, self, SELF.length], stage: "containment" }
  ));
  for (const signal of IGNORED_BY_RUNTIME) {
    steps.push({ call: "rt_sigaction", args: [signal, zeroes, 0, SIGNAL_SET_SIZE], stage: null });
  }
  steps.push({ call: "rt_sigprocmask", args: [SIG_SETMASK, zeroes, 0, SIGNAL_SET_SIZE], stage: null });
  const limit = spec.fileLimit === undefined
    ? inheritedFileLimit()
    : { soft: spec.fileLimit, hard: spec.fileLimit };
  if (limit) {
    steps.push({
      call: "prlimit64",
      args: [0, RLIMIT_NOFILE, data.words([limit.soft, limit.hard]), 0],
      stage: spec.fileLimit === undefined ? null : "file_limit",
    });
  }
  for (const [name, value] of Object.entries(spec.resourceLimits ?? {})) {
    const most = value === Infinity ? RLIM_INFINITY : value;
    steps.push({
      call: "prlimit64",
      args: [0, RLIMITS[name as Resource], data.words([most, most]), 0],
      stage: "resource_limit",
    });
  }
  // While we have the rights for it that the command may not have.
  if (spec.niceness !== undefined) {
    steps.push({ call: "setpriority", args: [PRIO_PROCESS, 0, spec.niceness], stage: "niceness" });
  }
  // It fails never, and returns the mask before.
  if (spec.fileModeMask !== undefined) steps.push({ call: "umask", args: [spec.fileModeMask], stage: null });
  if (spec.ownSession) steps.push({ call: "setsid", args: [], stage: "spawn" });
  if (spec.credentials) {
    const { uid, gid, groups } = spec.credentials;
    const list = data.add(new Uint8Array(new Uint32Array(groups).buffer));
    steps.push({ call: "setgroups", args: [groups.length, list], stage: "credentials" });
    steps.push({ call: "setresgid", args: [gid, gid, gid], stage: "credentials" });
    steps.push({ call: "setresuid", args: [uid, uid, uid], stage: "credentials" });
  }
  if (spec.cwd !== undefined) steps.push({ call: "chdir", args: [data.string(spec.cwd)], stage: "cwd" });
  sources.forEach((source, target) => {
    if (source !== target) steps.push({ call: "dup3", args: [source, target, 0], stage: "spawn" });
  });
  for (const descriptor of hidden) {
    steps.push({ call: "fcntl", args: [descriptor, F_SETFD, FD_CLOEXEC], stage: null });
  }
  // Runtimes have descriptors that are not close-on-exec: Deno's listening sockets, for one. Since Linux 5.11.
  if (spec.closesOthers) {
    steps.push({ call: "close_range", args: [3, ALL_FURTHER, CLOSE_RANGE_CLOEXEC], stage: null });
  }
  for (const descriptor of spec.inherited ?? []) {
    steps.push({ call: "fcntl", args: [descriptor, F_SETFD, 0], stage: null });
  }
  const file = data.string(spec.file);
  steps.push({
    call: "execve",
    args: [file, data.strings(spec.args), data.strings(spec.env)],
    stage: "exec",
  });
  return steps;
}

/**
 * The same as steps of a program: a failure that counts goes to the exit, which stands behind the last one.
 * @param first index of the first step in its program
 */
export function withExit(steps: readonly LaunchStep[], first: number): Step[] {
  const exit = first + steps.length;
  return [
    ...steps.map(({ call, args, stage }, index) => ({
      call,
      args,
      onFailure: stage === null ? first + index + 1 : exit,
    })),
    { call: "exit_group", args: [NOT_STARTED], onFailure: exit },
  ];
}

/** Bytes that {@link launchSteps} need at most for their data. */
export function dataSize(spec: LaunchSpec): number {
  const strings = [...spec.args, ...spec.env].reduce((sum, item) => sum + item.length + 24, 0);
  const groups = 4 * (spec.credentials?.groups.length ?? 0);
  return strings + 3 * (spec.file.length + (spec.cwd?.length ?? 0)) + groups + 1_536;
}

/**
 * The step at which a launch has failed; undefined when it has not.
 * @param memory holds the table of the steps that were carried out
 * @param offset of the first step in it
 */
export function failedStep(
  steps: readonly LaunchStep[],
  memory: ForeignMemory,
  offset: number,
): LaunchFailure | undefined {
  if (memory.getI64(offset + STEP_RESULT) === NOT_REACHED) return KILLED_AT_BIRTH;
  for (const [index, { stage }] of steps.entries()) {
    const result = memory.getI64(offset + index * STEP_SIZE + STEP_RESULT);
    if (stage !== null && result < 0 && result !== NOT_REACHED) return failure(stage, -result);
  }
  return undefined;
}

/** A child that was killed before its first step. */
const KILLED_AT_BIRTH: LaunchFailure = {
  stage: "spawn",
  errno: ECANCELED,
  message: "it was killed while it was being started",
};

/** Whether a launch has failed because the child was killed before its first step. */
export function wasKilledAtBirth(launched: Launched | LaunchFailure): boolean {
  return launched === KILLED_AT_BIRTH;
}

/** A failed launch, in words. */
export function failure(stage: LaunchFailure["stage"], errno: number): LaunchFailure {
  return { stage, errno, message: describeErrno(errno) };
}
