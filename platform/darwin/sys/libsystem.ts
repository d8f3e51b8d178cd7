import { bytesAt, openLibrary } from "../../../ffi/mod.ts";
import { ForeignBlock } from "../../posix/foreign_memory.ts";

/**
 * The library of everything; it re-exports libproc. No file: the loader has it in a cache of its own, where dlopen(3)
 * finds it by this name.
 */
const LIBSYSTEM = "/usr/lib/libSystem.B.dylib";

const SUFFIX = ".dylib";
/** No files either. */
const FRAMEWORKS = "/System/Library/Frameworks";

/*
 * No function here is variadic with arguments beyond those that it names: on arm64 Darwin passes such ones on the
 * stack, where a foreign call does not put them. `open` without O_CREAT and `ioctl` with FIOCLEX take none.
 */
function bind(library: string) {
  return openLibrary([library], {
    calloc: { args: ["usize", "usize"], returns: "usize" },
    free: { args: ["usize"], returns: "i32" },
    __error: { args: [], returns: "usize" },
    dlopen: { args: ["usize", "i32"], returns: "usize" },
    dlsym: { args: ["usize", "usize"], returns: "usize" },

    proc_listpids: { args: ["i32", "i32", "usize", "i32"], returns: "i32" },
    proc_pidfdinfo: { args: ["i32", "i32", "i32", "usize", "i32"], returns: "i32" },
    proc_pidinfo: { args: ["i32", "i32", "usize", "usize", "i32"], returns: "i32" },
    proc_pid_rusage: { args: ["i32", "i32", "usize"], returns: "i32" },
    sysctl: { args: ["usize", "i32", "usize", "usize", "usize", "usize"], returns: "i32" },
    sysctlbyname: { args: ["usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    mach_host_self: { args: [], returns: "i32" },
    host_statistics: { args: ["i32", "i32", "usize", "usize"], returns: "i32" },
    host_statistics64: { args: ["i32", "i32", "usize", "usize"], returns: "i32" },
    if_indextoname: { args: ["i32", "usize"], returns: "usize" },

    kqueue: { args: [], returns: "i32" },
    kevent: { args: ["i32", "usize", "i32", "usize", "i32", "usize"], returns: "i32" },
    wait4: { args: ["i32", "usize", "i32", "usize"], returns: "i32" },
    waitid: { args: ["i32", "i32", "usize", "i32"], returns: "i32" },
    kill: { args: ["i32", "i32"], returns: "i32" },
    getsid: { args: ["i32"], returns: "i32" },
    getrusage: { args: ["i32", "usize"], returns: "i32" },
    sigaction: { args: ["i32", "usize", "usize"], returns: "i32" },

    posix_spawn: { args: ["usize", "usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    posix_spawn_file_actions_init: { args: ["usize"], returns: "i32" },
    posix_spawn_file_actions_adddup2: { args: ["usize", "i32", "i32"], returns: "i32" },
    posix_spawn_file_actions_addinherit_np: { args: ["usize", "i32"], returns: "i32" },
    posix_spawn_file_actions_addchdir_np: { args: ["usize", "usize"], returns: "i32" },
    posix_spawn_file_actions_destroy: { args: ["usize"], returns: "i32" },
    posix_spawnattr_init: { args: ["usize"], returns: "i32" },
    posix_spawnattr_setflags: { args: ["usize", "i32"], returns: "i32" },
    posix_spawnattr_setsigdefault: { args: ["usize", "usize"], returns: "i32" },
    posix_spawnattr_setsigmask: { args: ["usize", "usize"], returns: "i32" },
    posix_spawnattr_destroy: { args: ["usize"], returns: "i32" },

    open: { args: ["usize", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    read: { args: ["i32", "usize", "usize"], returns: "i32" },
    write: { args: ["i32", "usize", "usize"], returns: "i32" },
    send: { args: ["i32", "usize", "usize", "i32"], returns: "i32" },
    poll: { args: ["usize", "i32", "i32"], returns: "i32" },
    pipe: { args: ["usize"], returns: "i32" },
    dup: { args: ["i32"], returns: "i32" },
    ioctl: { args: ["i32", "usize"], returns: "i32" },
    flock: { args: ["i32", "i32"], returns: "i32" },
    fchown: { args: ["i32", "i32", "i32"], returns: "i32" },
    mkfifo: { args: ["usize", "i32"], returns: "i32" },
    getpeereid: { args: ["i32", "usize", "usize"], returns: "i32" },
    getpwnam_r: { args: ["usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    getpwuid_r: { args: ["i32", "usize", "usize", "usize", "usize"], returns: "i32" },
    getgrouplist: { args: ["usize", "i32", "usize", "usize"], returns: "i32" },
  }, {
    fstat: { args: ["i32", "usize"], returns: "i32" },
    gethostuuid: { args: ["usize", "usize"], returns: "i32" },
    processor_set_default: { args: ["i32", "usize"], returns: "i32" },
    processor_set_statistics: { args: ["i32", "i32", "usize", "usize"], returns: "i32" },
    getfsstat: { args: ["usize", "i32", "i32"], returns: "i32" },
    // x86-64 keeps the names without it for structures with inodes of 32 bits.
    "fstat$INODE64": { args: ["i32", "usize"], returns: "i32" },
    "getfsstat$INODE64": { args: ["usize", "i32", "i32"], returns: "i32" },
  });
}

/** The functions of the library. */
export type Functions = ReturnType<typeof bind>;

/** The library as it is bound, with memory of its own. Everything of Darwin goes through one. */
export class LibSystem {
  readonly c: Functions;
  readonly #scratch = new Map<string, ForeignBlock>();

  /**
   * @param path another library with these functions, for tests
   * @throws ProctorError of kind `system` when it cannot be opened, or lacks a function
   */
  constructor(readonly path: string = LIBSYSTEM) {
    this.c = bind(path);
  }

  /** Why the last call failed: the runtime may have made one of its own since, but does not between two of ours. */
  errno(): number {
    return this.at(this.c.__error(), 4).getInt32(0, true);
  }

  /** Where a framework is; one that stands in for libSystem has the functions of all of them. */
  framework(name: string): string {
    return this.path.endsWith(SUFFIX) ? `${FRAMEWORKS}/${name}.framework/${name}` : this.path;
  }

  /** The bytes at an address that the library has given. */
  at(address: number, length: number): DataView {
    const bytes = bytesAt(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Zeroed memory, to be freed. */
  allocate(size: number): ForeignBlock {
    return new ForeignBlock(this.c, size);
  }

  /** Memory for what is called often; the same each time, with what was left in it. It grows when more is asked for. */
  scratch(use: string, size: number): ForeignBlock {
    const known = this.#scratch.get(use);
    if (known && known.size >= size) return known;
    known?.free();
    const block = this.allocate(size);
    this.#scratch.set(use, block);
    return block;
  }

  /** The address of a C string that is valid until the next one. */
  string(value: string | Uint8Array): number {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const block = this.scratch("string", Math.max(1_024, bytes.length + 1));
    block.bytes.set(bytes);
    block.bytes[bytes.length] = 0;
    return block.address;
  }
}
