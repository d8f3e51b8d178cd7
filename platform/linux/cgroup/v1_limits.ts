import { join } from "../../../core/posix_path.ts";
import { ProctorError } from "../../../core/error.ts";
import type { LimitEvents, Limits } from "../../../core/measure/limits.ts";
import { integerAfter, key, nextInteger } from "../proc/bytes.ts";
import { readFile, text } from "../proc/kernel_file.ts";
import { describeErrno, EINVAL } from "../sys/errno.ts";
import { writeFile } from "../sys/write_file.ts";
import { leastCpuLimit } from "./binding_limit.ts";
import { CPU_PERIOD_USEC, parseOomKills, readThrottling } from "./cgroup_limits.ts";
import type { V1Directories } from "./v1_places.ts";

/**
 * The limit on memory and swap together is so much above that on memory: were they equal, the kernel, which asks it
 * first, would not count that the limit on memory was reached.
 */
const SWAP_BYTES = 256 * 1_024;

/**
 * Write limits into fresh directories of cgroup v1 (Documentation/admin-guide/cgroup-v1: memory.rst, pids.rst;
 * Documentation/scheduler/sched-bwc.rst), those whose controllers are among them.
 * @throws ProctorError of kind `system` when the kernel refuses one
 */
export function imposeV1Limits(
  directories: V1Directories,
  { memoryBytes, cpuCores, processes }: Limits,
): void {
  const memory = directories.get("memory");
  if (memory !== undefined && memoryBytes !== undefined) {
    demand(join(memory, "memory.limit_in_bytes"), memoryBytes);
    // What is limited would else go on in swap, slowly. The file is missing without swap accounting.
    writeFile(join(memory, "memory.memsw.limit_in_bytes"), String(memoryBytes + SWAP_BYTES));
  }
  const cpu = directories.get("cpu");
  if (cpu !== undefined && cpuCores !== undefined) imposeQuota(cpu, cpuCores);
  const pids = directories.get("pids");
  if (pids !== undefined && processes !== undefined) demand(join(pids, "pids.max"), processes);
}

function imposeQuota(directory: string, cores: number): void {
  demand(join(directory, "cpu.cfs_period_us"), CPU_PERIOD_USEC);
  const quota = Math.round(cores * CPU_PERIOD_USEC);
  const file = join(directory, "cpu.cfs_quota_us");
  const refused = writeFile(file, String(quota));
  if (refused === 0) return;
  // Unlike v2, v1 takes no quota above that of a cgroup around ours, which binds first anyway.
  if (refused === EINVAL && leastCpuLimit() <= cores) return;
  throw cannotWrite(file, quota, refused);
}

function demand(file: string, value: number): void {
  const refused = writeFile(file, String(value));
  if (refused !== 0) throw cannotWrite(file, value, refused);
}

function cannotWrite(file: string, value: number, errno: number): ProctorError {
  return new ProctorError("system", `cannot write ${value} to ${file}: ${describeErrno(errno)}`);
}

const PIDS_MAX = key("max ");

/**
 * What running into limits came to, as far as the controllers among the directories count it: `memory.oom_control`
 * (`oom_kill`, since Linux 4.13), `memory.failcnt`, `memory.memsw.failcnt`, `pids.events`, and `cpu.stat`, in
 * nanoseconds here.
 */
export function readV1LimitEvents(directories: V1Directories): Partial<LimitEvents> {
  const memory = directories.get("memory");
  const pids = directories.get("pids");
  const cpu = directories.get("cpu");
  const read = (directory: string, file: string, parse: () => number) =>
    readFile(join(directory, file)) ? parse() : NaN;
  const first = (directory: string, file: string) =>
    read(directory, file, () => nextInteger(text.bytes, 0, text.length));
  const after = (name: Uint8Array) => () => integerAfter(text.bytes, 0, text.length, name);
  return {
    ...(memory !== undefined && {
      oomKillCount: read(memory, "memory.oom_control", () => parseOomKills(text.bytes, text.length)),
      memoryLimitHitCount: first(memory, "memory.failcnt") + (first(memory, "memory.memsw.failcnt") || 0),
    }),
    ...(pids !== undefined && { processLimitHitCount: read(pids, "pids.events", after(PIDS_MAX)) }),
    ...(cpu !== undefined && readThrottling(cpu)),
  };
}
