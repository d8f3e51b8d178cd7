import type { MachineMoment } from "../../../../host/machine_meter.ts";
import type { HostProcess } from "../../../../host/process_table.ts";

/** A process as the table would show it. */
export function hostProcess(pid: number, facts: Partial<HostProcess> = {}): HostProcess {
  return {
    pid,
    birth: pid,
    startTimeMs: 0,
    isKernelThread: false,
    userName: "ada",
    cgroup: "/",
    group: null,
    supervisedId: null,
    parentPid: 1,
    name: "prog",
    command: `prog ${pid}`,
    state: "S",
    threadCount: 1,
    cpuSeconds: 0,
    cpuPercent: 0,
    memoryBytes: 1024 ** 2,
    diskReadBytes: 0,
    diskWriteBytes: 0,
    networkRxBytes: NaN,
    networkTxBytes: NaN,
    ...facts,
  };
}

/** The machine, so many seconds after noon of the first day. */
export function moment(seconds: number, facts: Partial<MachineMoment> = {}): MachineMoment {
  return {
    timeMs: (12 * 3_600 + seconds) * 1_000,
    uptimeSeconds: 3_725,
    cpuPercent: 50,
    memoryUsedBytes: 2 * 1024 ** 3,
    memoryTotalBytes: 8 * 1024 ** 3,
    load: [1.5, 1, 0.25],
    ...facts,
  };
}
