import { ProctorError } from "../../../core/error.ts";
import type { Guard } from "../../contract/containment.ts";
import { reaperCommand, reaperFile } from "../../posix/reaper_command.ts";
import type { HomeRestoration } from "../cgroup/cgroup_home.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { makePipe } from "../sys/descriptors.ts";
import { openFlags } from "../sys/open_flags.ts";
import { endGuard } from "./guards.ts";
import { StepData } from "./step_data.ts";
import { startStepProgram } from "./step_process.ts";
import { PROGRAM_DATA_ADDRESS, stepProgram } from "./step_program.ts";
import type { Step } from "./step_table.ts";

const READING = openFlags("O_RDONLY", "O_CLOEXEC");
const WRITING = openFlags("O_WRONLY", "O_CLOEXEC");
const AT_REMOVEDIR = 0x200;
const SIG_SETMASK = 2;
const SIGNAL_SET_SIZE = 8;
/** Every signal but SIGALRM (14), which ends a guard that cannot get its work done. */
const ALL_BUT_ALARM = 0xffff_ffff_ffff_dfffn;
const PATIENCE_SECONDS = 10;
const PAUSE_NANOSECONDS = 5_000_000;
const ITIMER_REAL = 0;
const LAST_DESCRIPTOR = 0xffff_ffff;
/** So many guards of a group may be killed. */
const MOST_LOSSES = 100;
const NO_DESCRIPTOR = 0xffff_ffff;
const PR_SET_PDEATHSIG = 1;
/** SIGURG: should it come late, the program that a guard becomes ignores it. */
const PARENT_DEATH_SIGNAL = 23;
const SFD_NONBLOCK = 0o4000;
const SIGNALFD_INFO_SIZE = 128;
const POLLIN = 1;
/** A struct pollfd (poll(2)) as a word. */
const pollFor = (descriptor: number) => descriptor + POLLIN * 2 ** 32;

/**
 * A process of one page that waits for our end. As long as we live we hold the other end of its pipe; when
 * that closes, whatever way we died, it kills the cgroup and removes the directory.
 *
 * @param v1Directories of the group in hierarchies of cgroup v1, to be removed when it is empty
 *
 * @throws ProctorError of kind `system` when it cannot be started
 */
export function guardCgroup(
  directory: string,
  v1Directories: readonly string[],
  restoration: HomeRestoration | null,
): Guard {
  const data = new StepData(PROGRAM_DATA_ADDRESS);
  const kill = data.string(`${directory}/cgroup.kill`);
  const path = data.string(directory);
  const one = data.string("1");
  const pause = data.words([0, PAUSE_NANOSECONDS]);
  // The directory can only be removed when the last member is gone: kill, pause, try; again until it is done.
  return start(data, (end) => {
    const v1 = v1Directories.flatMap((one, index) =>
      removalSteps(data.string(one), pause, end + 5 + index * REMOVAL_STEPS)
    );
    const home = restoration ? restorationSteps(data, restoration, pause, end + 5 + v1.length) : [];
    return [
      { call: "openat", args: [0, kill, WRITING], onFailure: end + 5 },
      { call: "write", args: [0, one, 1], onFailure: end + 2 },
      { call: "close", args: [0], onFailure: end + 3 },
      { call: "nanosleep", args: [pause, 0], onFailure: end + 4 },
      { call: "unlinkat", args: [0, path, AT_REMOVEDIR], onFailure: end },
      ...v1,
      ...home,
      { call: "exit_group", args: [0], onFailure: end + 5 + home.length + v1.length },
    ];
  });
}

const REMOVAL_STEPS = 4;

/** Remove a directory that may never have been made: as long as it can be opened, pause and try. */
function removalSteps(path: number, pause: number, at: number): Step[] {
  return [
    { call: "openat", args: [0, path, READING], onFailure: at + REMOVAL_STEPS },
    { call: "close", args: [0], onFailure: at + 2 },
    { call: "nanosleep", args: [pause, 0], onFailure: at + 3 },
    { call: "unlinkat", args: [0, path, AT_REMOVEDIR], onFailure: at },
  ];
}

/**
 * Where we had moved down to make room for controllers: take them away, move the guard up again, and remove the
 * cgroup that is empty then. Whatever of it fails, the next guard of ours does.
 */
function restorationSteps(
  data: StepData,
  { directory, disable, leaf }: HomeRestoration,
  pause: number,
  at: number,
): Step[] {
  const writing = (file: string, value: string, from: number): Step[] => [
    {
      call: "openat",
      args: [0, data.string(`${directory}/${file}`), WRITING],
      onFailure: from + 3,
    },
    { call: "write", args: [0, data.string(value), value.length], onFailure: from + 2 },
    { call: "close", args: [0], onFailure: from + 3 },
  ];
  return [
    ...writing("cgroup.subtree_control", disable, at),
    ...writing("cgroup.procs", "0", at + 3),
    // Who has died lets go of his descriptors before he leaves his cgroup: again until it is done, or the alarm rings.
    { call: "nanosleep", args: [pause, 0], onFailure: at + 7 },
    { call: "unlinkat", args: [0, data.string(leaf), AT_REMOVEDIR], onFailure: at + 6 },
  ];
}

/**
 * The same where there is no cgroup: at our end it becomes another program, which looks for what is left.
 *
 * @param command the program and its arguments
 */
function guardByCommand(command: readonly string[]): Guard {
  const data = new StepData(PROGRAM_DATA_ADDRESS);
  const file = data.string(command[0]);
  const argv = data.strings(command);
  const envp = data.strings([]);
  return start(data, (end) => [
    { call: "execve", args: [file, argv, envp], onFailure: end + 1 },
    { call: "exit_group", args: [1], onFailure: end + 1 },
  ]);
}

/**
 * A guard for all that carries a mark; none inside a bundle.
 * @throws ProctorError of kind `system` when it cannot be started
 */
export function guardMarked(marker: string): Guard {
  const command = reaperCommand(reaperFile("linux"), marker);
  return command ? guardByCommand(command) : NO_GUARD;
}

/** Stands where no guard is wanted, or none can be had. */
export const NO_GUARD: Guard = { pid: null, dismiss: () => {} };

/**
 * What every guard does first: keep to itself, let go of everything but the pipe, and wait for its end. The pipe is the
 * process's: that the thread which has made the guard has ended, a worker, only the kernel tells, by a signal
 * (PR_SET_PDEATHSIG of prctl(2)), which becomes readable here.
 */
function start(data: StepData, afterwards: (firstStep: number) => Step[]): Guard {
  const mask = data.words([ALL_BUT_ALARM]);
  const parentDeath = data.words([1n << BigInt(PARENT_DEATH_SIGNAL - 1)]);
  const information = data.zeroes(SIGNALFD_INFO_SIZE);
  const either = data.words([pollFor(0), pollFor(1)]);
  const limit = data.words([0, 0, PATIENCE_SECONDS, 0]);
  const byte = data.words([0]);
  const begin: Step[] = [
    { call: "rt_sigprocmask", args: [SIG_SETMASK, mask, 0, SIGNAL_SET_SIZE], onFailure: 1 },
    { call: "setsid", args: [], onFailure: 2 },
    { call: "close_range", args: [1, LAST_DESCRIPTOR, 0], onFailure: 3 },
    { call: "prctl", args: [PR_SET_PDEATHSIG, PARENT_DEATH_SIGNAL], onFailure: 7 },
    { call: "signalfd4", args: [NO_DESCRIPTOR, parentDeath, SIGNAL_SET_SIZE, SFD_NONBLOCK], onFailure: 7 }, // becomes 1
    { call: "ppoll", args: [either, 2, 0, 0], onFailure: 7 },
    { call: "close", args: [NO_DESCRIPTOR], onFailure: 8 }, // fails always
    { call: "read", args: [0, byte, 1], onFailure: 8 },
    // The signal must not wait for the program that comes.
    { call: "prctl", args: [PR_SET_PDEATHSIG, 0], onFailure: 9 },
    { call: "read", args: [1, information, SIGNALFD_INFO_SIZE], onFailure: 10 },
    { call: "close", args: [1], onFailure: 11 },
    { call: "setitimer", args: [ITIMER_REAL, limit, 0], onFailure: 12 },
    { call: "close", args: [0], onFailure: 13 },
  ];
  const image = stepProgram(data, [...begin, ...afterwards(begin.length)]);
  if (!image) throw new ProctorError("system", "no guard can be made on this architecture");
  return new StandingGuard(image);
}

/** A guard in whose place another stands when it is killed. */
class StandingGuard implements Guard {
  readonly #image: Uint8Array;
  #process: { readonly pid: number; readonly writeEnd: number };
  #losses = 0;

  constructor(image: Uint8Array) {
    this.#image = image;
    this.#process = startGuard(image, this.#replace);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The tree is over: end the guard before its pipe closes. */
  dismiss(): void {
    endGuard(this.#process.pid);
    closeFile(this.#process.writeEnd);
  }

  readonly #replace = (): void => {
    try {
      // One that ends again and again has a reason that another would have, too.
      if (++this.#losses > MOST_LOSSES) throw new Error(`${this.#losses} of them were killed`);
      const next = startGuard(this.#image, this.#replace);
      closeFile(this.#process.writeEnd);
      this.#process = next;
    } catch (error) {
      process.emitWarning(
        `the guard of a group has ended, and no other takes its place (${(error as Error).message}): ` +
          "should this program be killed now, the group's processes go on",
        "ProctorWarning",
      );
    }
  };
}

/** Start the process of a guard, and hold the other end of its pipe. */
function startGuard(image: Uint8Array, onLoss: () => void): { pid: number; writeEnd: number } {
  const [readEnd, writeEnd] = makePipe();
  try {
    const words = ["proctor-guard", String(process.pid)];
    return { pid: startStepProgram(image, words, [readEnd, 1, 2], onLoss), writeEnd };
  } catch (error) {
    closeFile(writeEnd);
    throw error;
  } finally {
    closeFile(readEnd);
  }
}
