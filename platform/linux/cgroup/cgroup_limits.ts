import { join } from "../../../core/posix_path.ts";
import { ProctorError } from "../../../core/error.ts";
import { limitNames } from "../../../core/measure/limits.ts";
import type { LimitEvents, LimitName, Limits } from "../../../core/measure/limits.ts";
import { integerAfter, key } from "../proc/bytes.ts";
import { parseThrottling } from "./cgroup_files.ts";
import { readFile, text } from "../proc/kernel_file.ts";
import { describeErrno } from "../sys/errno.ts";
import { writeFile } from "../sys/write_file.ts";
import type { Controller } from "./cgroup_home.ts";
import type { V1Controller } from "./v1_places.ts";

/** The time within which a share of CPU is granted, in microseconds: the kernel's own default. */
export const CPU_PERIOD_USEC = 100_000;

/** A limit in words, and the controller that enforces it. */
const LIMITS: Record<LimitName, { readonly words: string; readonly controller: Controller }> = {
  memoryBytes: { words: "memory", controller: "memory" },
  cpuCores: { words: "CPU", controller: "cpu" },
  processes: { words: "the number of processes", controller: "pids" },
};

/** The controllers that limits stand on. */
export function controllersOf(limits: Limits): Controller[] {
  return limitNames(limits).map((name) => LIMITS[name].controller);
}

/** Those limits that stand on controllers other than these. */
export function limitsWithout(limits: Limits, controllers: readonly V1Controller[]): Limits {
  const names = limitNames(limits).filter((name) => !controllers.includes(LIMITS[name].controller));
  return Object.fromEntries(names.map((name) => [name, limits[name]]));
}

/**
 * Refuse limits that nobody here enforces.
 *
 * @param obstacle what keeps a controller from enforcing anything, or null
 * @param advice how to get it nevertheless
 * @throws ProctorError of kind `system`
 */
export function demandEnforceable(
  limits: Limits,
  obstacle: (controller: Controller) => string | null,
  advice: () => string,
): void {
  for (const name of limitNames(limits)) {
    const { words, controller } = LIMITS[name];
    const reason = obstacle(controller);
    if (reason) {
      throw new ProctorError(
        "system",
        `a limit on ${words} cannot be enforced: ${reason}; for one, ${advice()}`,
      );
    }
  }
}

/**
 * Write limits into a fresh cgroup (Documentation/admin-guide/cgroup-v2.rst: memory.max, memory.swap.max, cpu.max,
 * pids.max).
 * @throws ProctorError of kind `system` when the kernel refuses one
 */
export function imposeLimits(directory: string, { memoryBytes, cpuCores, processes }: Limits): void {
  const write = (file: string, value: string) => {
    const refused = writeFile(join(directory, file), value);
    if (refused !== 0) {
      throw new ProctorError("system", `cannot write ${value} to ${file}: ${describeErrno(refused)}`);
    }
  };
  if (memoryBytes !== undefined) {
    write("memory.max", String(memoryBytes));
    // What is limited would else go on in swap, slowly. The file is missing where there is no swap to account for.
    writeFile(join(directory, "memory.swap.max"), "0");
  }
  if (cpuCores !== undefined) {
    write("cpu.max", `${Math.round(cpuCores * CPU_PERIOD_USEC)} ${CPU_PERIOD_USEC}`);
  }
  if (processes !== undefined) write("pids.max", String(processes));
}

const OOM_KILL = key("oom_kill ");
const MEMORY_MAX = key("max ");
const PIDS_MAX = key("max ");

/**
 * `memory.events`: processes of the cgroup and those below that an OOM killer has killed, for whatever limit;
 * `memory.oom_control` of cgroup v1 has the same line, without those below.
 */
export function parseOomKills(bytes: Uint8Array, length: number): number {
  return integerAfter(bytes, 0, length, OOM_KILL);
}

/** What running into limits came to: `memory.events`, `pids.events`, `cpu.stat`. */
export function readLimitEvents(directory: string): LimitEvents {
  const values = (file: string, ...names: Uint8Array[]) => {
    const isThere = readFile(join(directory, file));
    return names.map((name) => isThere ? integerAfter(text.bytes, 0, text.length, name) : NaN);
  };
  const [oomKillCount, memoryLimitHitCount] = values("memory.events", OOM_KILL, MEMORY_MAX);
  const [processLimitHitCount] = values("pids.events", PIDS_MAX);
  return {
    oomKillCount,
    memoryLimitHitCount,
    processLimitHitCount,
    ...readThrottling(directory),
  };
}

/** What a quota on CPU came to, by `cpu.stat` of a cgroup of either version. */
export function readThrottling(
  directory: string,
): Pick<LimitEvents, "cpuThrottledCount" | "cpuThrottledSeconds"> {
  if (!readFile(join(directory, "cpu.stat"))) return { cpuThrottledCount: NaN, cpuThrottledSeconds: NaN };
  const { count, seconds } = parseThrottling(text.bytes, text.length);
  return { cpuThrottledCount: count, cpuThrottledSeconds: seconds };
}
