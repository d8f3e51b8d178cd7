import type { CpuTimes } from "../../contract/host.ts";
import { cursor, integerAfter, key, nextInteger } from "./bytes.ts";
import { TICKS_PER_SECOND } from "./proc_stat.ts";

/*
 * /proc/stat (proc_stat(5)): the CPU times of the machine in clock ticks, and a few counts behind them. The
 * parsers take the text as `bytes[0, length)`.
 */

const NEWLINE = 10;
const SPACE = 32;
const CPU = "cpu ".split("").map((letter) => letter.charCodeAt(0));
const BOOT_TIME = key("btime ");
const BLOCKED = key("procs_blocked ");
const ONE_CPU = key("cpu");

/** The first line, `cpu  37400 26 13174 …`, which sums up all CPUs; null when it is not there or cut short. */
export function parseCpuTimes(bytes: Uint8Array, length: number): Record<keyof CpuTimes, number> | null {
  for (let at = 0; at < CPU.length; at++) if (bytes[at] !== CPU[at]) return null;
  return timesBetween(bytes, CPU.length, lineEnd(bytes, 0, length));
}

/** The lines of each CPU that is online, `cpu0 3740 2 1317 …`, in their order; null where one is cut short. */
export function parseCoreTimes(bytes: Uint8Array, length: number): CpuTimes[] | null {
  const cores: CpuTimes[] = [];
  for (let line = lineEnd(bytes, 0, length) + 1; line < length && isCpuLine(bytes, line);) {
    const end = lineEnd(bytes, line, length);
    let at = line;
    while (at < end && bytes[at] !== SPACE) at++;
    const times = timesBetween(bytes, at, end);
    if (times === null) return null;
    cores.push(times);
    line = end + 1;
  }
  return cores;
}

function lineEnd(bytes: Uint8Array, from: number, length: number): number {
  let end = from;
  while (end < length && bytes[end] !== NEWLINE) end++;
  return end;
}

/** The clocks of a line, behind its name. */
function timesBetween(bytes: Uint8Array, at: number, end: number): Record<keyof CpuTimes, number> | null {
  const user = seconds(bytes, at, end);
  const nice = seconds(bytes, cursor.at, end);
  const system = seconds(bytes, cursor.at, end);
  const idle = seconds(bytes, cursor.at, end);
  const iowait = seconds(bytes, cursor.at, end);
  const irq = seconds(bytes, cursor.at, end);
  const softirq = seconds(bytes, cursor.at, end);
  const steal = seconds(bytes, cursor.at, end);
  if (Number.isNaN(steal)) return null;
  // Kernels that know no guests (before 2.6.33) end the line here, and have none.
  const guest = seconds(bytes, cursor.at, end) || 0;
  const guestNice = seconds(bytes, cursor.at, end) || 0;
  return { user, nice, system, idle, iowait, irq, softirq, steal, guest, guestNice };
}

function seconds(bytes: Uint8Array, at: number, end: number): number {
  return nextInteger(bytes, at, end) / TICKS_PER_SECOND;
}

/** `btime`: when the machine booted, in milliseconds since the epoch, to the second; null when it is not there. */
export function parseBootTimeMs(bytes: Uint8Array, length: number): number | null {
  const seconds = integerAfter(bytes, 0, length, BOOT_TIME);
  return Number.isNaN(seconds) ? null : seconds * 1_000;
}

/** `procs_blocked`: tasks that wait for I/O; null when it is not there. */
export function parseBlocked(bytes: Uint8Array, length: number): number | null {
  const blocked = integerAfter(bytes, 0, length, BLOCKED);
  return Number.isNaN(blocked) ? null : blocked;
}

/** How many CPUs have a line of their own (`cpu0 …`): those that are online. They stand first, behind the sum. */
export function countCpuLines(bytes: Uint8Array, length: number): number {
  let count = -1;
  for (let line = 0; line < length && isCpuLine(bytes, line); count++) {
    while (line < length && bytes[line] !== NEWLINE) line++;
    line++;
  }
  return Math.max(0, count);
}

function isCpuLine(bytes: Uint8Array, line: number): boolean {
  return ONE_CPU.every((letter, at) => bytes[line + at] === letter);
}
