import { LIBC, openLibrary } from "../../../ffi/mod.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import { stdioSources } from "../sys/descriptors.ts";
import { describeErrno, ENOSYS } from "../sys/errno.ts";
import { ForeignMemory, MemoryWriter } from "../sys/memory.ts";
import { inheritedFileLimit } from "./file_limit.ts";
import { systemCall } from "../sys/machine_code.ts";

/** Room for posix_spawnattr_t (336 bytes in glibc and musl) and posix_spawn_file_actions_t (80). */
const OBJECT_SIZE = 512;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80; // since glibc 2.26 and musl 1.1.22
/** A sigset_t with SIGPIPE (13) and SIGXFSZ (25), which the runtimes ignore for themselves. */
const IGNORED_BY_RUNTIME = 2 ** 12 + 2 ** 24;
const SIGSET_SIZE = 128;
const RLIMIT_NOFILE = 7;

function bind() {
  return openLibrary(LIBC, {
    posix_spawn: { args: ["usize", "usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    posix_spawn_file_actions_init: { args: ["usize"], returns: "i32" },
    posix_spawn_file_actions_adddup2: { args: ["usize", "i32", "i32"], returns: "i32" },
    posix_spawn_file_actions_destroy: { args: ["usize"], returns: "i32" },
    posix_spawnattr_init: { args: ["usize"], returns: "i32" },
    posix_spawnattr_setflags: { args: ["usize", "i32"], returns: "i32" },
    posix_spawnattr_setsigdefault: { args: ["usize", "usize"], returns: "i32" },
    posix_spawnattr_setsigmask: { args: ["usize", "usize"], returns: "i32" },
    posix_spawnattr_destroy: { args: ["usize"], returns: "i32" },
  }, {
    // Since glibc 2.29 and musl 1.1.24.
    posix_spawn_file_actions_addchdir_np: { args: ["usize", "usize"], returns: "i32" },
  });
}

let bound: ReturnType<typeof bind> | undefined;

/**
 * Start a command by posix_spawn(3), where clone3 is not to be had (kernels before 5.3, seccomp filters,
 * user-mode emulation). No cgroup can be entered this way, and the failed stage is not told apart.
 */
export function posixSpawn(spec: LaunchSpec): Launched | LaunchFailure {
  if (spec.credentials) {
    return {
      stage: "credentials",
      errno: ENOSYS,
      message: "posix_spawn cannot change the user; clone3 is needed",
    };
  }
  if (spec.fileLimit !== undefined) {
    return {
      stage: "file_limit",
      errno: ENOSYS,
      message: "posix_spawn cannot limit descriptors; clone3 is needed",
    };
  }
  if (spec.fileModeMask !== undefined || spec.niceness !== undefined || spec.resourceLimits !== undefined) {
    const stage = spec.niceness === undefined ? "resource_limit" : "niceness";
    return { stage, errno: ENOSYS, message: "posix_spawn cannot set what a process gets; clone3 is needed" };
  }
  const c = bound ??= bind();
  const changeDirectory = c.posix_spawn_file_actions_addchdir_np;
  if (spec.cwd !== undefined && !changeDirectory) {
    return {
      stage: "cwd",
      errno: ENOSYS,
      message: "posix_spawn of this C library cannot change the directory; clone3 is needed",
    };
  }
  const strings = [...spec.args, ...spec.env].reduce((sum, item) => sum + item.length + 24, 0);
  const memory = new ForeignMemory(strings + 8_192 + 3 * (spec.file.length + (spec.cwd?.length ?? 0)));
  const stdio = stdioSources(spec.stdio);
  try {
    const encoder = new TextEncoder();
    const writer = new MemoryWriter(memory);
    const block = (size: number) => memory.address + writer.reserve(size);
    const pid = writer.reserve(8);
    const actions = block(OBJECT_SIZE);
    const attributes = block(OBJECT_SIZE);
    const defaults = writer.reserve(SIGSET_SIZE);
    const emptyMask = block(SIGSET_SIZE);
    memory.setU64(defaults, IGNORED_BY_RUNTIME);

    c.posix_spawn_file_actions_init(actions);
    if (spec.cwd !== undefined) changeDirectory?.(actions, writer.string(encoder.encode(spec.cwd)));
    // A descriptor beyond our limit is refused here already.
    let refused = 0;
    const put = (source: number, target: number) => {
      refused ||= c.posix_spawn_file_actions_adddup2(actions, source, target);
    };
    stdio.sources.forEach((source, target) => {
      if (source !== target) put(source, target);
    });
    // A descriptor put in its own place loses its close-on-exec mark.
    for (const descriptor of spec.inherited ?? []) put(descriptor, descriptor);
    const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
      (spec.ownSession ? POSIX_SPAWN_SETSID : 0);
    c.posix_spawnattr_init(attributes);
    c.posix_spawnattr_setflags(attributes, flags);
    c.posix_spawnattr_setsigdefault(attributes, memory.address + defaults);
    c.posix_spawnattr_setsigmask(attributes, emptyMask);
    const file = writer.string(spec.file);
    const argv = writer.strings(spec.args);
    const envp = writer.strings(spec.env);
    const errno = refused || c.posix_spawn(memory.address + pid, file, actions, attributes, argv, envp);
    c.posix_spawn_file_actions_destroy(actions);
    c.posix_spawnattr_destroy(attributes);
    if (errno !== 0) return { stage: "exec", errno, message: describeErrno(errno) };
    const child = memory.view.getInt32(pid, true);
    restoreFileLimit(child, memory);
    return { pid: child };
  } finally {
    stdio.release();
    memory.free();
  }
}

/** posix_spawn has no step for it: set from outside, at once. */
function restoreFileLimit(pid: number, scratch: ForeignMemory): void {
  const limit = inheritedFileLimit();
  if (!limit) return;
  scratch.setU64(0, limit.soft);
  scratch.setU64(8, limit.hard);
  systemCall("prlimit64", pid, RLIMIT_NOFILE, scratch.address, 0);
}
