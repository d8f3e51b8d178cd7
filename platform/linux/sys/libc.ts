import { LIBC, openLibrary } from "../../../ffi/mod.ts";

/**
 * The libc functions of the hot path, bound once. They return -1 on failure; errno is not looked at, since
 * the runtime may have changed it by then (calls that need the reason go through `systemCall`).
 */
export const libc = openLibrary(LIBC, {
  calloc: { args: ["usize", "usize"], returns: "usize" },
  free: { args: ["usize"], returns: "i32" },
  mmap: { args: ["usize", "usize", "i32", "i32", "i32", "usize"], returns: "usize" },
  mprotect: { args: ["usize", "usize", "i32"], returns: "i32" },
  pread: { args: ["i32", "usize", "usize", "usize"], returns: "i32" },
  write: { args: ["i32", "usize", "usize"], returns: "i32" },
  open: { args: ["usize", "i32", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  clock_gettime: { args: ["i32", "usize"], returns: "i32" },
  syscall: { args: ["usize", "usize", "usize", "usize", "usize", "usize"], returns: "i32" },
  __errno_location: { args: [], returns: "usize" },
});
