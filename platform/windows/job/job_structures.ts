import { setI64 } from "../sys/memory.ts";

/*
 * What is asked of job objects, laid out as in winnt.h on 64 bits; offsets in bytes.
 */

/** JOBOBJECTINFOCLASS. */
export const CLASS = { accounting: 1, processIds: 3, extendedLimits: 9, cpuRate: 15 } as const;

/** JOBOBJECT_BASIC_ACCOUNTING_INFORMATION. */
export const JOB_ACCOUNTING = {
  size: 48,
  userTime: 0,
  kernelTime: 8,
  totalProcesses: 36,
  activeProcesses: 40,
} as const;

/** JOBOBJECT_BASIC_PROCESS_ID_LIST. */
export const PROCESS_IDS = { assigned: 0, listed: 4, list: 8 } as const;

/** JOBOBJECT_EXTENDED_LIMIT_INFORMATION. */
export const EXTENDED = {
  size: 144,
  limitFlags: 16,
  activeProcessLimit: 40,
  jobMemoryLimit: 120,
} as const;

/** JOBOBJECT_CPU_RATE_CONTROL_INFORMATION. */
export const CPU_RATE = { size: 8, flags: 0, rate: 4 } as const;

/** JOB_OBJECT_LIMIT_…. */
const ACTIVE_PROCESS = 0x8;
const JOB_MEMORY = 0x200;
export const KILL_ON_JOB_CLOSE = 0x2000;

/** JOB_OBJECT_CPU_RATE_CONTROL_…. */
const RATE_ENABLE = 1;
const RATE_HARD_CAP = 4;
/** The rate is in hundredths of a percent of all processors together. */
const FULL_RATE = 10_000;

/** Limits as a job takes them. */
export interface JobLimits {
  /** Memory that is committed, of all processes together. */
  readonly memoryBytes?: number;
  readonly processes?: number;
  /** From 1 to 10000, which is all processors. */
  readonly cpuRate?: number;
}

/** Cores as a share of all processors; undefined where there are no more of them than that. */
export function cpuRateOf(cores: number, processors: number): number | undefined {
  if (cores >= processors) return undefined;
  return Math.max(1, Math.round((cores / processors) * FULL_RATE));
}

/** The flags of the limits that are set. */
export function limitFlagsOf({ memoryBytes, processes }: JobLimits): number {
  return (memoryBytes === undefined ? 0 : JOB_MEMORY) | (processes === undefined ? 0 : ACTIVE_PROCESS);
}

/** Fill JOBOBJECT_EXTENDED_LIMIT_INFORMATION. */
export function layOutExtendedLimits(view: DataView, limits: JobLimits, flags: number): void {
  new Uint8Array(view.buffer, view.byteOffset, EXTENDED.size).fill(0);
  view.setUint32(EXTENDED.limitFlags, limitFlagsOf(limits) | flags, true);
  view.setUint32(EXTENDED.activeProcessLimit, limits.processes ?? 0, true);
  setI64(view, EXTENDED.jobMemoryLimit, limits.memoryBytes ?? 0);
}

/** Fill JOBOBJECT_CPU_RATE_CONTROL_INFORMATION. */
export function layOutCpuRate(view: DataView, rate: number): void {
  view.setUint32(CPU_RATE.flags, RATE_ENABLE | RATE_HARD_CAP, true);
  view.setUint32(CPU_RATE.rate, rate, true);
}
