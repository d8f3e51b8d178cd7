import { nodeFs } from "../../../io/builtins.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "../sys/at_fdcwd.ts";
import { makePipe } from "../sys/descriptors.ts";
import { EEXIST, ENOENT, errnoName } from "../sys/errno.ts";
import { flock } from "../sys/flock.ts";
import { openFlags } from "../sys/open_flags.ts";
import type { OpenFlag } from "../sys/open_flags.ts";
import { anyReadable, POLLIN, pollNow } from "../sys/poll.ts";
import { machineCodeLoop, systemCall } from "../sys/machine_code.ts";
import { StepData } from "./step_data.ts";
import { startStepProgram } from "./step_process.ts";
import { PROGRAM_DATA_ADDRESS, stepProgram } from "./step_program.ts";

/*
 * A process of one page moves what is written into a FIFO to the end of a file, by splice(2). A kill, of whomever and
 * at whatever moment, leaves every byte in one of the two: the kernel takes out of the pipe what it has written,
 * under the lock of the pipe. What cannot be written (a full disk) stays in the pipe, and its writers wait.
 *
 * The lock (flock(2)) that its descriptor of the file has, nobody else's, tells that it lives: whoever comes later
 * needs no PID to know.
 */

const S_IFIFO = 0o010000;
const SEEK_END = 2;
const SIG_SETMASK = 2;
const SIGNAL_SET_SIZE = 8;
const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;
const FIRST_BEYOND_STDIO = 3;
const LAST_DESCRIPTOR = 0xffff_ffff;
const NO_DESCRIPTOR = 0xffff_ffff;
const SPLICE_F_NONBLOCK = 2;
const MOST_BYTES = 1_048_576;
const FILE_MODE = 0o600;
/** A full disk is tried again after this. */
const PAUSE_NANOSECONDS = 50_000_000;

let image: Uint8Array | null | undefined;

/** What the process does; it reads from 0 and writes to 1. */
function program(): Uint8Array | null {
  const data = new StepData(PROGRAM_DATA_ADDRESS);
  const mask = data.words([ALL_SIGNALS]);
  const pause = data.words([0, PAUSE_NANOSECONDS]);
  return stepProgram(data, [
    { call: "rt_sigprocmask", args: [SIG_SETMASK, mask, 0, SIGNAL_SET_SIZE], onFailure: 1 },
    { call: "setsid", args: [], onFailure: 2 },
    { call: "close_range", args: [FIRST_BEYOND_STDIO - 1, LAST_DESCRIPTOR, 0], onFailure: 3 },
    { call: "lseek", args: [1, 0, SEEK_END], onFailure: 4 },
    // To nowhere: waits for input and fails (EFAULT) with nothing taken; succeeds when nobody can write any more. A
    // splice that waited would keep the file system from being frozen meanwhile.
    { call: "read", args: [0, 0, 1], onFailure: 6 },
    { call: "exit_group", args: [0], onFailure: 5 },
    { call: "splice", args: [0, 0, 1, 0, MOST_BYTES, SPLICE_F_NONBLOCK], onFailure: 8 },
    { call: "close", args: [NO_DESCRIPTOR], onFailure: 4 },
    { call: "nanosleep", args: [pause, 0], onFailure: 4 },
    { call: "close", args: [NO_DESCRIPTOR], onFailure: 4 },
  ]);
}

/**
 * Whether output can be pumped into files of this directory: the machine code is there, and its file system splices.
 */
export function canPump(directory: string): boolean {
  if (!machineCodeLoop()) return false;
  const path = `${directory}/.pump-${process.pid}`;
  const file = openAt(path, "O_WRONLY", "O_CREAT");
  if (file < 0) return false;
  const [readEnd, writeEnd] = makePipe();
  try {
    systemCall("write", writeEnd, pathAddress("x"), 1);
    // Its sixth argument stands in the register of the fifth: SPLICE_F_MOVE, which does nothing.
    return systemCall("splice", readEnd, 0, file, 0, 1) === 1;
  } finally {
    for (const descriptor of [readEnd, writeEnd, file]) closeFile(descriptor);
    nodeFs().unlinkSync(path);
  }
}

/**
 * Make a FIFO where there is none (mknodat(2)).
 * @param mode its permissions, whatever the umask
 * @throws an error with the `code` of what failed
 */
export function makeFifo(path: string, mode: number): void {
  const made = systemCall("mknodat", AT_FDCWD, pathAddress(path), S_IFIFO | 0o600, 0);
  if (made < 0 && made !== -EEXIST) throw failed("make", path, -made);
  const descriptor = openAt(path, "O_RDWR", "O_NONBLOCK");
  if (descriptor < 0) throw failed("open", path, -descriptor);
  systemCall("fchmod", descriptor, mode);
  closeFile(descriptor);
}

/**
 * Have the output that comes through a FIFO moved to the end of a file, until nobody can write to the FIFO any more;
 * the one who does it outlives us. Nothing happens where somebody does already.
 * @param title what it is called in lists of processes
 * @throws an error with the `code` of what failed; ProctorError of kind `system`
 */
export function startPump(fifo: string, file: string, title: readonly string[]): void {
  image ??= program();
  const target = openAt(file, "O_WRONLY", "O_CREAT");
  if (target < 0) throw failed("open", file, -target);
  const opened = [target];
  try {
    if (flock(target, "exclusive") !== 0) return;
    // With a writer there the reader's open does not wait for one.
    const writer = openAt(fifo, "O_RDWR");
    if (writer < 0) throw failed("open", fifo, -writer);
    opened.push(writer);
    const source = openAt(fifo, "O_RDONLY");
    if (source < 0) throw failed("open", fifo, -source);
    opened.push(source);
    startStepProgram(image!, title, [source, target, target]);
  } finally {
    opened.forEach(closeFile);
  }
}

/** Whether somebody moves output to a file. */
export function isPumped(file: string): boolean {
  const descriptor = openAt(file, "O_WRONLY");
  if (descriptor < 0) return false;
  const isFree = flock(descriptor, "exclusive") === 0;
  closeFile(descriptor);
  return !isFree;
}

/**
 * Whether something in a FIFO waits to be moved; also where that cannot be told, for want of descriptors, say.
 * @param held a descriptor of it, where one is open
 */
export function hasInput(fifo: string, held?: number): boolean {
  if (held !== undefined) return (pollNow(held, POLLIN) & POLLIN) !== 0;
  const descriptor = openAt(fifo, "O_NONBLOCK");
  if (descriptor < 0) return descriptor !== -ENOENT;
  const found = pollNow(descriptor, POLLIN);
  closeFile(descriptor);
  return (found & POLLIN) !== 0;
}

/** Whether something in any of these FIFOs waits to be moved; also where that cannot be told. */
export function hasAnyInput(held: readonly number[]): boolean {
  return anyReadable(held);
}

/** Nothing here is ever a link. */
function openAt(path: string, ...names: OpenFlag[]): number {
  const flags = openFlags(...names, "O_NOFOLLOW", "O_CLOEXEC");
  return systemCall("openat", AT_FDCWD, pathAddress(path), flags, FILE_MODE);
}

function failed(verb: string, path: string, errno: number): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`cannot ${verb} ${path}: ${code}`), { code, path });
}
