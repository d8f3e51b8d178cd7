import { readFileSync } from "node:fs";

/** A tick of the kernel's clock, ms (USER_HZ). */
const TICK_MS = 10;

/** CPU time of a process until now, and what it has in memory, as the kernel has them. */
export function processUse(pid: number): { readonly cpuMs: number; readonly memoryMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))!;
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, memoryMb: Number(kilobytes) / 1_000 };
}
