import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ProctorError } from "../../core/error.ts";
import type { Guard } from "../types.ts";
import type { HomeRestoration } from "./cgroup_home.ts";
import { makePipe } from "./descriptors.ts";
import { describeErrno } from "./errno.ts";
import { addGuard, endGuard } from "./guards.ts";
import { closeFile } from "./kernel_file.ts";
import { launch } from "./launch.ts";
import { systemCall } from "./launch_code.ts";
import { ForeignMemory, MemoryWriter } from "./memory.ts";
import { ProgramData, stepProgram } from "./step_program.ts";
import type { Step } from "./step_table.ts";

const O_CLOEXEC = 0o2000000;
const O_WRONLY = 1;
const MFD_CLOEXEC = 1;
/** Since Linux 6.3, which would otherwise warn; older kernels know no such flag. */
const MFD_EXEC = 0x10;
const AT_REMOVEDIR = 0x200;
const SIG_SETMASK = 2;
const SIGNAL_SET_SIZE = 8;
/** Every signal but SIGALRM (14), which ends a guard that cannot get its work done. */
const ALL_BUT_ALARM = 0xffff_ffff_ffff_dfffn;
const PATIENCE_SECONDS = 10;
const PAUSE_NANOSECONDS = 5_000_000;
const ITIMER_REAL = 0;
const LAST_DESCRIPTOR = 0xffff_ffff;

/**
 * A process of one page that waits for our end. As long as we live we hold the other end of its pipe; when
 * that closes, whatever way we died, it kills the cgroup and removes the directory.
 *
 * @throws ProctorError of kind `system` when it cannot be started
 */
export function guardCgroup(directory: string, restoration: HomeRestoration | null): Guard {
  const data = new ProgramData();
  const kill = data.string(`${directory}/cgroup.kill`);
  const path = data.string(directory);
  const one = data.string("1");
  const pause = data.words([0, PAUSE_NANOSECONDS]);
  // The directory can only be removed when the last member is gone: kill, pause, try; again until it is done.
  return start(data, (end) => {
    const home = restoration ? restorationSteps(data, restoration, end + 5) : [];
    return [
      { call: "openat", args: [0, kill, O_WRONLY | O_CLOEXEC], onFailure: end + 5 },
      { call: "write", args: [0, one, 1], onFailure: end + 2 },
      { call: "close", args: [0], onFailure: end + 3 },
      { call: "nanosleep", args: [pause, 0], onFailure: end + 4 },
      { call: "unlinkat", args: [0, path, AT_REMOVEDIR], onFailure: end },
      ...home,
      { call: "exit_group", args: [0], onFailure: end + 5 + home.length },
    ];
  });
}

/**
 * Where we had moved down to make room for controllers: take them away, move the guard up again, and remove the
 * cgroup that is empty then. Whatever of it fails, the next guard of ours does.
 */
function restorationSteps(
  data: ProgramData,
  { directory, disable, leaf }: HomeRestoration,
  at: number,
): Step[] {
  const writing = (file: string, value: string, from: number): Step[] => [
    {
      call: "openat",
      args: [0, data.string(`${directory}/${file}`), O_WRONLY | O_CLOEXEC],
      onFailure: from + 3,
    },
    { call: "write", args: [0, data.string(value), value.length], onFailure: from + 2 },
    { call: "close", args: [0], onFailure: from + 3 },
  ];
  return [
    ...writing("cgroup.subtree_control", disable, at),
    ...writing("cgroup.procs", "0", at + 3),
    { call: "unlinkat", args: [0, data.string(leaf), AT_REMOVEDIR], onFailure: at + 7 },
  ];
}

/**
 * The same where there is no cgroup: at our end it becomes another program, which looks for what is left.
 *
 * @param command the program and its arguments
 */
function guardByCommand(command: readonly string[]): Guard {
  const data = new ProgramData();
  const words = command.map((word) => data.string(word));
  const argv = data.words([...words, 0]);
  const envp = data.words([0]);
  return start(data, (end) => [
    { call: "execve", args: [words[0], argv, envp], onFailure: end + 1 },
    { call: "exit_group", args: [1], onFailure: end + 1 },
  ]);
}

/** What makes the program we are in a reaper, where it can be one. */
let ownReaper: readonly string[] | undefined;

/** The program we are in does {@link reapMarked} when it is given these arguments and a mark. */
export function useReaper(args: readonly string[]): void {
  ownReaper = args;
}

/** The command line of reap_main.ts under this runtime; inside a bundle, which does not hold it, that of the bundle. */
function reaperCommand(marker: string): string[] | undefined {
  const file = new URL("./reap_main.ts", import.meta.url);
  const path = file.protocol === "file:" ? fileURLToPath(file) : "";
  if (!existsSync(path)) return ownReaper && [process.execPath, ...ownReaper, marker];
  const options = "Deno" in globalThis
    ? ["run", "--no-config", "--no-prompt", "--no-check", "--allow-ffi", "--allow-env", "--allow-sys"]
    : ["--no-env-file", "--no-install"];
  return [process.execPath, ...options, path, marker];
}

/**
 * A guard for all that carries a mark; none inside a bundle.
 * @throws ProctorError of kind `system` when it cannot be started
 */
export function guardMarked(marker: string): Guard {
  const command = reaperCommand(marker);
  return command ? guardByCommand(command) : NO_GUARD;
}

/** Stands where no guard is wanted, or none can be had. */
export const NO_GUARD: Guard = { pid: null, dismiss: () => {} };

/** What every guard does first: keep to itself, let go of everything but the pipe, and wait for its end. */
function start(data: ProgramData, afterwards: (firstStep: number) => Step[]): Guard {
  const mask = data.words([ALL_BUT_ALARM]);
  const limit = data.words([0, 0, PATIENCE_SECONDS, 0]);
  const byte = data.words([0]);
  const begin: Step[] = [
    { call: "rt_sigprocmask", args: [SIG_SETMASK, mask, 0, SIGNAL_SET_SIZE], onFailure: 1 },
    { call: "setsid", args: [], onFailure: 2 },
    { call: "close_range", args: [1, LAST_DESCRIPTOR, 0], onFailure: 3 },
    { call: "read", args: [0, byte, 1], onFailure: 3 },
    { call: "setitimer", args: [ITIMER_REAL, limit, 0], onFailure: 5 },
    { call: "close", args: [0], onFailure: 6 },
  ];
  const image = stepProgram(data, [...begin, ...afterwards(begin.length)]);
  if (!image) throw new ProctorError("system", "no guard can be made on this architecture");
  const [readEnd, writeEnd] = makePipe();
  const file = memoryFile(image);
  try {
    const launched = launch({
      file: new TextEncoder().encode(`/proc/self/fd/${file}`),
      // Whoever lists processes sees whose it is.
      args: ["proctor-guard", String(process.pid)].map((word) => new TextEncoder().encode(word)),
      env: [],
      cwd: undefined,
      stdio: [readEnd, 1, 2],
    }, undefined);
    if ("stage" in launched) {
      closeFile(writeEnd);
      throw new ProctorError("system", `the guard cannot be started: ${launched.message}`);
    }
    addGuard(launched.pid);
    return { pid: launched.pid, dismiss: () => dismiss(launched.pid, writeEnd) };
  } finally {
    closeFile(readEnd);
    closeFile(file);
  }
}

/** The tree is over: end the guard before its pipe closes. */
function dismiss(pid: number, writeEnd: number): void {
  endGuard(pid);
  closeFile(writeEnd);
}

/** An anonymous file with these bytes (memfd_create(2)). */
function memoryFile(bytes: Uint8Array): number {
  const memory = new ForeignMemory(bytes.length + 64);
  try {
    const writer = new MemoryWriter(memory);
    const name = writer.string(new TextEncoder().encode("proctor-guard"));
    const offset = writer.reserve(bytes.length);
    memory.bytes.set(bytes, offset);
    let file = systemCall("memfd_create", name, MFD_CLOEXEC | MFD_EXEC);
    if (file < 0) file = systemCall("memfd_create", name, MFD_CLOEXEC);
    if (file < 0) throw new ProctorError("system", `cannot make a memory file: ${describeErrno(-file)}`);
    systemCall("write", file, memory.address + offset, bytes.length);
    return file;
  } finally {
    memory.free();
  }
}
