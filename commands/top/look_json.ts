import type { MachineMoment } from "../../host/machine_meter.ts";
import type { Track } from "./history.ts";
import type { Row } from "./rows.ts";

/** One look as it leaves: the machine, and processes in the order of the table. What is unknown is null. */
export function lookAsJson(moment: MachineMoment, rows: readonly Row[], network: boolean): object {
  return {
    timestamp: new Date(moment.timeMs).toISOString(),
    uptime_seconds: moment.uptimeSeconds,
    cpu_percent: rounded(moment.cpuPercent),
    memory_used_bytes: moment.memoryUsedBytes,
    memory_total_bytes: moment.memoryTotalBytes,
    load: moment.load,
    processes: rows.flatMap((row) => row.kind === "heading" ? [] : [processAsJson(row, network)]),
  };
}

function processAsJson({ process, place, group }: Track, network: boolean): object {
  const { pid, parentPid, userName, state, name, command, threadCount, cpuSeconds } = process;
  return {
    pid,
    parent_pid: parentPid,
    user: userName,
    state,
    name,
    command,
    group,
    thread_count: threadCount,
    cpu_percent: rounded(place.cpuPercent),
    cpu_seconds: cpuSeconds,
    memory_bytes: whole(place.memoryBytes),
    ...(network && {
      network_rx_bytes_per_second: whole(place.rxBytes),
      network_tx_bytes_per_second: whole(place.txBytes),
    }),
  };
}

const rounded = (value: number | null) =>
  value === null || Number.isNaN(value) ? null : Number(value.toFixed(2));
const whole = (value: number) => Number.isNaN(value) ? null : Math.round(value);
