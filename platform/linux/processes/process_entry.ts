import { cursor, nextInteger } from "../proc/bytes.ts";
import { decode } from "../proc/decode.ts";
import { ZOMBIE } from "../proc/proc_stat.ts";

const OPENING_PARENTHESIS = 40;
const CLOSING_PARENTHESIS = 41;
const DEAD = 88; // X
/** PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;

/** Who a process is and whose, of `/proc/PID/stat`. */
export interface StatIdentity {
  readonly name: string;
  readonly isDead: boolean;
  /** Whether its main thread has ended, and others go on: it lives, though it is called a zombie. */
  readonly hasDeadLeader: boolean;
  readonly isKernelThread: boolean;
  readonly parentPid: number;
  readonly session: number;
  /** Clock ticks after boot. */
  readonly birth: number;
}

/**
 * Parse what identifies a process in `/proc/PID/stat` (proc_pid_stat(5)), which is `bytes[0, length)`; null when it
 * is cut short. The name may hold any byte, parentheses included: it ends at the last one.
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
  skip(bytes, length, 10); // 10 minflt … 19 nice
  const threadCount = nextInteger(bytes, cursor.at, length); // 20
  const hasDeadLeader = state === ZOMBIE && threadCount > 1;
  skip(bytes, length, 1); // 21 itrealvalue
  const birth = nextInteger(bytes, cursor.at, length); // 22
  // Another field behind it says that the number is whole.
  if (Number.isNaN(nextInteger(bytes, cursor.at, length))) return null;
  return {
    name: decode(bytes, open + 1, close),
    isDead: (state === ZOMBIE && !hasDeadLeader) || state === DEAD,
    hasDeadLeader,
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
 * The arguments in `/proc/PID/cmdline` (proc_pid_cmdline(5)), each ended by a NUL. A title that a program gives itself
 * (setproctitle) fills the rest of their place with more of them: with nothing else behind the first, they are no text.
 */
export function parseArguments(text: string): string[] {
  const words = text.replace(/\0$/, "").split("\0");
  if (words.slice(1).every((word) => word === "")) words.length = 1;
  return words.length === 1 && words[0] === "" ? [] : words;
}

/** A line of `/proc/PID/cgroup`. */
export interface CgroupMembership {
  /** Controllers of v1, `name=systemd`, or nothing for v2. */
  readonly hierarchy: string;
  readonly path: string;
}

/**
 * The memberships in `/proc/PID/cgroup` (cgroups(7)), one of each hierarchy: lines `0::/path` and `4:memory:/path`. A
 * path may hold colons.
 */
export function parseCgroups(text: string): CgroupMembership[] {
  return text.split("\n").flatMap((line) => {
    const [, hierarchy, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ hierarchy, path }];
  });
}

/** The effective user ID in `/proc/PID/status`: the second number of the line `Uid:`; NaN when there is none. */
export function parseEffectiveUser(text: string): number {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1] ?? NaN);
}

/** The inode in what a descriptor of a socket links to, `socket:[4711]`; NaN for anything else. */
export function parseSocketLink(link: string): number {
  return Number(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? NaN);
}
