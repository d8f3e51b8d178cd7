import { bytesAt, functionAt } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { libc } from "./libc.ts";
import { systemCallNumber } from "./syscall_numbers.ts";
import type { SystemCallName } from "./syscall_numbers.ts";

/*
 * Two routines that C would need a compiler for, carried as bytes (source: machine_code.S).
 *
 * A JavaScript runtime must not fork, and glibc before 2.39 has no posix_spawn that starts a child inside a
 * cgroup. clone3(2) can, but its child returns on a stack that is not its own. So `launch` lets the child
 * walk through a table of prepared system calls instead, ending in execve, without ever touching the stack;
 * and the result of each call is left in the table, so that the step at which a launch failed has a name.
 */
const CODE = {
  x64: {
    launch: "4989d0b8b30100000f054885c07401c34d89c4498b0424498b7c2408498b742410498b5424184d8b" +
      "5424204d8b4424284d8b4c24300f054989442440498b4c24384885c07805b9500000004901ccebc3",
    systemCall: "4889f84889f74889d64889ca4d89c24d89c80f05c3",
  },
  arm64: {
    launch: "e90302aa683680d2010000d4400000b4c0035fd6280140f9208540a9228d41a9249542a9010000d4202100f9" +
      "2a1d40f94000f8b70a0a80d229010a8bf6ffff17",
    systemCall: "e80300aae00301aae10302aae20303aae30304aae40305aa010000d4c0035fd6",
  },
} as const;

const PAGE = 4096;
const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
/** Bytes of one step of the table. */
export const STEP_SIZE = 80;

/** The machine code, ready to be called. */
export interface Routines {
  /** clone3 with a table of steps for the child; -errno, or the child's PID. */
  readonly launch: ForeignFunction;
  readonly systemCall: ForeignFunction;
  readonly systemCallAddress: number;
}

let routines: Routines | null | undefined;

/** The routines in executable memory; null where the architecture or a security policy forbids it. */
export function machineCode(): Routines | null {
  if (routines === undefined) routines = load();
  return routines;
}

function load(): Routines | null {
  const code = CODE[process.arch as keyof typeof CODE];
  if (!code) return null;
  const launch = Buffer.from(code.launch, "hex");
  const page = executable(Buffer.from(code.launch + code.systemCall, "hex"));
  if (page === null) return null;
  return {
    launch: functionAt(page, { args: ["usize", "usize", "usize"], returns: "i32" }),
    systemCall: functionAt(page + launch.length, {
      args: ["usize", "usize", "usize", "usize", "usize", "usize"],
      returns: "i32",
    }),
    systemCallAddress: page + launch.length,
  };
}

/**
 * Put machine code, a page at most, where it can be called.
 * @returns its address; null where a security policy forbids it
 */
export function executable(code: Uint8Array): number | null {
  const page = libc.mmap(0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (page <= 0 || page > Number.MAX_SAFE_INTEGER) return null;
  bytesAt(page, PAGE).set(code);
  // Never writable and executable at once; SELinux's execmem and the like may still refuse.
  return libc.mprotect(page, PAGE, PROT_READ_EXEC) === 0 ? page : null;
}

/** Where the bare system call lies, for callers that bind it in their own way. */
export function systemCallAddress(): number | undefined {
  return machineCode()?.systemCallAddress;
}

/**
 * One system call by name, with unsigned arguments; returns its result, or -errno.
 *
 * For calls whose reason of failure matters: errno itself may be overwritten by the runtime between the
 * call and a look at it. Without executable memory, that best effort is what is left.
 */
export function systemCall(name: SystemCallName, a = 0, b = 0, c = 0, d = 0, e = 0): number {
  const number = systemCallNumber(name);
  const code = machineCode();
  if (code) return code.systemCall(number, a, b, c, d, e);
  const result = libc.syscall(number, a, b, c, d, e);
  if (result !== -1) return result;
  const errno = bytesAt(libc.__errno_location(), 4);
  return -new DataView(errno.buffer, errno.byteOffset, 4).getInt32(0, true);
}

/** Where in `launch` the loop over the steps begins: the child's entry, once it knows its table. */
const LOOP_OFFSET = { x64: 0x13, arm64: 0x14 } as const;

/** The loop over a step table alone, position-independent; null on other architectures. */
export function machineCodeLoop(): Uint8Array | null {
  const arch = process.arch as keyof typeof CODE;
  return CODE[arch] ? Buffer.from(CODE[arch].launch, "hex").subarray(LOOP_OFFSET[arch]) : null;
}
