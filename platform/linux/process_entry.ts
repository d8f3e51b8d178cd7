import { cursor, nextInteger } from "./bytes.ts";
import { decode } from "./decode.ts";
import { ZOMBIE } from "./proc_stat.ts";

const OPENING_PARENTHESIS = 40;
const CLOSING_PARENTHESIS = 41;
const DEAD = 88; // X
/** PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;

/** Who a process is and whose, of `/proc/PID/stat`. */
export interface StatIdentity {
  readonly name: string;
  readonly isDead: boolean;
  readonly isKernelThread: boolean;
  readonly parentPid: number;
  readonly session: number;
  /** Clock ticks after boot. */
  readonly birth: number;
}

/**
 * Parse what identifies a process in `/proc/PID/stat` (proc_pid_stat(5)), which is `bytes[0, length)`; null when it is cut
 * short. The name may hold any byte, parentheses included: it ends at the last one.
 */
export function parseStatIdentity(bytes: Uint8Array, length: number): StatIdentity | null {
  let close = length - 1;
  while (close > 0 && bytes[close] !== CLOSING_PARENTHESIS) close--;
  let open = 0;
  while (open < close && bytes[open] !== OPENING_PARENTHESIS) open++;
  if (open >= close || close + 2 >= length) return null;
  const state = bytes[close + 2]; // field 3
  const parentPid = nextInteger(bytes, close + 3, length); // 4
  skip(bytes, length, 1); // 5 pgrp
  const session = nextInteger(bytes, cursor.at, length); // 6
  skip(bytes, length, 2); // 7 tty_nr, 8 tpgid
  const flags = nextInteger(bytes, cursor.at, length); // 9
  skip(bytes, length, 12); // 10 minflt … 21 itrealvalue
  const birth = nextInteger(bytes, cursor.at, length); // 22
  // Another field behind it says that the number is whole.
  if (Number.isNaN(nextInteger(bytes, cursor.at, length))) return null;
  return {
    name: decode(bytes, open + 1, close),
    isDead: state === ZOMBIE || state === DEAD,
    // Flags have 32 bits: a bitwise operator takes them as they are.
    isKernelThread: (flags & KERNEL_THREAD) !== 0,
    parentPid,
    session,
    birth,
  };
}

function skip(bytes: Uint8Array, length: number, fields: number): void {
  for (let field = 0; field < fields; field++) nextInteger(bytes, cursor.at, length);
}

/**
 * The paths in `/proc/PID/cgroup` (cgroups(7)), one of each hierarchy: lines `0::/path` and `4:memory:/path`. A path may
 * hold colons.
 */
export function parseCgroups(text: string): string[] {
  return text.split("\n").flatMap((line) => /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1] ?? []);
}

/** The effective user ID in `/proc/PID/status`: the second number of the line `Uid:`; NaN when there is none. */
export function parseEffectiveUser(text: string): number {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1] ?? NaN);
}

/** The inode in what a descriptor of a socket links to, `socket:[4711]`; NaN for anything else. */
export function parseSocketLink(link: string): number {
  return Number(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? NaN);
}

/** The number of a user in passwd(5) by name; undefined when there is none of that name. */
export function parseUserId(passwd: string, name: string): number | undefined {
  for (const line of passwd.split("\n")) {
    const [user, , id] = line.split(":");
    if (user === name && /^\d+$/.test(id ?? "")) return Number(id);
  }
  return undefined;
}
