import { usageError } from "../error.ts";
import { shown } from "../option.ts";

/** What a group may use at most; enforced by the kernel, or refused. Undefined: no limit of its own. */
export interface Limits {
  /** Memory in bytes, page cache included; swap is not used to get around it. */
  readonly memoryBytes?: number;
  /** CPU in cores: 1.5 is the time of one core and a half. */
  readonly cpuCores?: number;
  /** Processes at the same time; each thread counts as one. */
  readonly processes?: number;
}

/** The name of one limit. */
export type LimitName = keyof Limits;

/** The kernel grants CPU in slices of a millisecond each 100 ms: no less can be told from nothing. */
export const LEAST_CPU_CORES = 0.01;

/** What running into limits came to, cumulative; NaN where nobody counts it. */
export interface LimitEvents {
  /** Processes that the kernel killed: out of memory, a limit further up included. */
  readonly oomKillCount: number;
  /** How often memory had to be taken back because the group's own limit was reached. */
  readonly memoryLimitHitCount: number;
  /** How often a fork was refused. */
  readonly processLimitHitCount: number;
  /** In how many periods the group had used up its slice of CPU. */
  readonly cpuThrottledCount: number;
  /** How long the group had to wait for its next slice of CPU, added up over the CPUs it waited on. */
  readonly cpuThrottledSeconds: number;
}

/** Where nobody counts anything. */
export const NO_LIMIT_EVENTS: LimitEvents = {
  oomKillCount: NaN,
  memoryLimitHitCount: NaN,
  processLimitHitCount: NaN,
  cpuThrottledCount: NaN,
  cpuThrottledSeconds: NaN,
};

/**
 * Refuse limits that make no sense.
 * @returns the limits; undefined when none is set
 * @throws ProctorError of kind `usage`
 */
export function checkLimits(limits: Limits = {}): Limits | undefined {
  const { memoryBytes, cpuCores, processes } = limits;
  if (memoryBytes !== undefined && !(Number.isSafeInteger(memoryBytes) && memoryBytes > 0)) {
    throw usageError(
      `limits.memoryBytes: ${shown(memoryBytes)} is not a limit; it is a whole number of bytes above 0`,
    );
  }
  if (cpuCores !== undefined && !(Number.isFinite(cpuCores) && cpuCores >= LEAST_CPU_CORES)) {
    throw usageError(
      `limits.cpuCores: ${shown(cpuCores)} is not a limit; it is a number of cores from ${LEAST_CPU_CORES}`,
    );
  }
  if (processes !== undefined && !(Number.isSafeInteger(processes) && processes > 0)) {
    throw usageError(`limits.processes: ${shown(processes)} is not a limit; it is a whole number above 0`);
  }
  return limitNames(limits).length > 0 ? limits : undefined;
}

/** The limits that are set, in a fixed order. */
export function limitNames(limits: Limits): LimitName[] {
  return (["memoryBytes", "cpuCores", "processes"] as const).filter((name) => limits[name] !== undefined);
}
