import { hidesInheritedDescriptors } from "../../../ffi/mod.ts";
import { nodeFs } from "../../../io/builtins.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import { MemoryWriter } from "../../posix/foreign_memory.ts";
import { describeErrno, ENOTSUP } from "../sys/errno.ts";
import type { LibSystem } from "../sys/libsystem.ts";

// bsd/sys/spawn.h of XNU
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_START_SUSPENDED = 0x80;
const POSIX_SPAWN_SETSID = 0x400;
/** The child gets those descriptors that the actions name, and no others. */
const POSIX_SPAWN_CLOEXEC_DEFAULT = 0x4000;
/** A sigset_t, a word of 32 bits, with SIGPIPE (13) and SIGXFSZ (25), which the runtimes ignore for themselves. */
const IGNORED_BY_RUNTIME = 2 ** 12 + 2 ** 24;
const FIRST_BEYOND_STDIO = 3;

const ENOENT = 2;
const ENOTDIR = 20;

/** What cannot be asked of posix_spawn without calls that are Apple's own. */
function refusal(spec: LaunchSpec): LaunchFailure | null {
  const refuse = (stage: LaunchFailure["stage"], message: string) => ({ stage, errno: ENOTSUP, message });
  if (spec.credentials && !isOurselves(spec.credentials)) {
    return refuse("credentials", "macOS starts no program as another user for us");
  }
  if (spec.fileLimit !== undefined) {
    return refuse("file_limit", "macOS sets no limit on descriptors for a program that it starts");
  }
  return null;
}

function isOurselves({ uid, gid }: NonNullable<LaunchSpec["credentials"]>): boolean {
  return uid === process.geteuid?.() && gid === process.getegid?.();
}

/**
 * Start a command by posix_spawn(2): it stands still in front of its first instruction until it gets SIGCONT. Unlike a
 * fork it takes nothing of ours along.
 */
export function spawnSuspended(system: LibSystem, spec: LaunchSpec): Launched | LaunchFailure {
  const refused = refusal(spec);
  if (refused) return refused;
  const { c } = system;
  const strings = [...spec.args, ...spec.env].reduce((sum, item) => sum + item.length + 24, 0);
  const cwd = spec.cwd === undefined ? undefined : new TextEncoder().encode(spec.cwd);
  const memory = system.allocate(strings + 1_024 + 2 * (spec.file.length + (cwd?.length ?? 0)));
  const copies: number[] = [];
  try {
    const writer = new MemoryWriter(memory);
    const block = (size: number) => memory.address + writer.reserve(size);
    const pid = writer.reserve(8);
    // Both are pointers here, which init fills in.
    const actions = block(8);
    const attributes = block(8);
    const defaults = writer.reserve(8);
    const emptyMask = block(8);
    memory.view.setUint32(defaults, IGNORED_BY_RUNTIME, true);

    c.posix_spawn_file_actions_init(actions);
    c.posix_spawnattr_init(attributes);
    let failed = 0;
    const add = (result: number) => {
      failed ||= result;
    };
    if (cwd) add(c.posix_spawn_file_actions_addchdir_np(actions, writer.string(cwd)));
    for (const [target, source] of outOfTheWay(system, spec.stdio, copies).entries()) {
      add(
        source === target
          ? c.posix_spawn_file_actions_addinherit_np(actions, source)
          : c.posix_spawn_file_actions_adddup2(actions, source, target),
      );
    }
    for (const descriptor of spec.inherited ?? []) {
      add(c.posix_spawn_file_actions_addinherit_np(actions, descriptor));
    }
    // What Deno has left open for children is known to nobody, so that it cannot be named.
    const closes = spec.closesOthers || hidesInheritedDescriptors();
    const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_START_SUSPENDED |
      (closes ? POSIX_SPAWN_CLOEXEC_DEFAULT : 0) | (spec.ownSession ? POSIX_SPAWN_SETSID : 0);
    add(c.posix_spawnattr_setflags(attributes, flags));
    add(c.posix_spawnattr_setsigdefault(attributes, memory.address + defaults));
    add(c.posix_spawnattr_setsigmask(attributes, emptyMask));
    const file = writer.string(spec.file);
    const argv = writer.strings(spec.args);
    const envp = writer.strings(spec.env);
    const errno = failed || c.posix_spawn(memory.address + pid, file, actions, attributes, argv, envp);
    c.posix_spawn_file_actions_destroy(actions);
    c.posix_spawnattr_destroy(attributes);
    if (errno !== 0) return { stage: stageOf(spec, errno), errno, message: describeErrno(errno) };
    return { pid: memory.view.getInt32(pid, true) };
  } finally {
    copies.forEach((descriptor) => c.close(descriptor));
    memory.free();
  }
}

/** Sources that another one would be put upon first are copied beyond the three. */
function outOfTheWay(system: LibSystem, stdio: LaunchSpec["stdio"], copies: number[]): number[] {
  return stdio.map((source, target) => {
    if (source === target || source >= FIRST_BEYOND_STDIO) return source;
    for (let copy = system.c.dup(source);; copy = system.c.dup(source)) {
      if (copy < 0) return source;
      copies.push(copy);
      if (copy >= FIRST_BEYOND_STDIO) return copy;
    }
  });
}

/** posix_spawn does not say which of its steps has failed; the file was found before, seen from the directory. */
function stageOf({ cwd }: LaunchSpec, errno: number): LaunchFailure["stage"] {
  return cwd !== undefined && (errno === ENOENT || errno === ENOTDIR) && !isDirectory(cwd) ? "cwd" : "exec";
}

function isDirectory(path: string): boolean {
  return nodeFs().statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
