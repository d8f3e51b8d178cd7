import type { MachineWaits, WantedWaits } from "../../contract/waits.ts";
import { readThrottling } from "../cgroup/cgroup_limits.ts";
import { directoriesUpwards, ownCgroups } from "../cgroup/cgroup_path.ts";
import type { OwnCgroups } from "../cgroup/cgroup_path.ts";
import { readPiece, readText, text } from "../proc/kernel_file.ts";
import { readPressure } from "../proc/proc_pressure.ts";
import { parseCpuTimes } from "../proc/system_stat.ts";

/** What the machine has counted so far: /proc/stat, /proc/pressure, and `cpu.stat` of our cgroup and those above. */
export function readMachineWaits({ pressure, quotas }: WantedWaits): MachineWaits {
  const times = readPiece("/proc/stat") ? parseCpuTimes(text.bytes, text.length) : null;
  return {
    pressure: pressure ? readPressure((resource) => `/proc/pressure/${resource}`) : null,
    stealSeconds: times?.steal ?? NaN,
    throttledSeconds: quotas ? throttledUpwards() : [],
  };
}

/**
 * How long each cgroup from ours upwards was throttled, in either version. A quota throttles whoever is below it, and
 * is counted where it stands alone (Documentation/scheduler/sched-bwc.rst). Zero where nothing is counted.
 *
 * @param own found once: where we are is not looked up again
 */
export function throttledUpwards(own: OwnCgroups = found ??= ownCgroups(), sys = "/sys"): number[] {
  return [own.v2, own.v1("cpu")].flatMap((place) =>
    directoriesUpwards(place).map((directory) =>
      readThrottling(directory.replace(/^\/sys(?=\/)/, sys)).cpuThrottledSeconds || 0
    )
  );
}

let found: OwnCgroups | undefined;

/**
 * Whether delay accounting is on (kernel.task_delayacct, off by default since Linux 5.14), so that
 * `delayacct_blkio_ticks` of proc_pid_stat(5) counts. Kernels before 5.14 have no such setting and count, but for those
 * that were built without or booted with `nodelayacct`, of which nothing tells: there it is not believed. Asked once.
 */
export function countsBlockWaits(): boolean {
  return isCounting ??= readText("/proc/sys/kernel/task_delayacct")?.trim() === "1";
}

let isCounting: boolean | undefined;
