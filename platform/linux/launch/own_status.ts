import { readText } from "../proc/kernel_file.ts";
import { signalNumber } from "../processes/signal.ts";

/** The signals that were ignored when this process started, as the mask in /proc/self/status says. */
const ignoredAtStart = readMask();

function readMask(): bigint {
  const match = /^SigIgn:\s+([0-9a-f]+)$/m.exec(readText("/proc/self/status") ?? "");
  return match ? BigInt(`0x${match[1]}`) : 0n;
}

/** Whether a signal was ignored from the start, as nohup(1) or a shell's `&` leave it. */
export function wasIgnored(signal: string): boolean {
  const number = signalNumber(signal);
  return number !== 0 && (ignoredAtStart >> BigInt(number - 1) & 1n) === 1n;
}

/**
 * Whether our process group is the foreground group of our terminal: field 5 (pgrp) equals field 8 (tpgid) of
 * /proc/self/stat (proc_pid_stat(5)). Ctrl-C then reaches our children without us.
 */
export function isInForeground(): boolean {
  const stat = readText("/proc/self/stat") ?? "";
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === fields[5];
}

/** The most memory this process has ever had resident, in bytes (VmHWM); null where it cannot be read. */
export function ownPeakMemoryBytes(): number | null {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readText("/proc/self/status") ?? "");
  return match ? Number(match[1]) * 1_024 : null;
}

/** Resident memory of this process in bytes (VmRSS); null where it cannot be read. */
export function ownMemoryBytes(): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readText("/proc/self/status") ?? "");
  return match ? Number(match[1]) * 1_024 : null;
}
