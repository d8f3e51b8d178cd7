import type { MachineMoment } from "../../host/machine_meter.ts";
import type { HostProcess } from "../../host/process_table.ts";
import type { Track } from "./history.ts";
import type { Row } from "./rows.ts";

/** One look as it leaves: the machine, and processes in the order of the table. What is unknown is null. */
export function lookAsJson(
  moment: MachineMoment,
  rows: readonly Row[],
  network: boolean,
  peakOf: (process: HostProcess) => number,
): object {
  return {
    timestamp: new Date(moment.timeMs).toISOString(),
    uptime_seconds: moment.uptimeSeconds,
    cpu_percent: rounded(moment.cpuPercent),
    core_percents: moment.corePercents?.map(rounded) ?? null,
    memory_used_bytes: moment.memoryUsedBytes,
    memory_total_bytes: moment.memoryTotalBytes,
    load: moment.load,
    processes: rows.flatMap((row) =>
      row.kind === "heading" ? [] : [processAsJson(row, network, peakOf(row.process))]
    ),
  };
}

function processAsJson({ process, place, group }: Track, network: boolean, peakBytes: number): object {
  const { pid, parentPid, userName, state, name, command, supervisedId, threadCount, cpuSeconds } = process;
  return {
    pid,
    parent_pid: parentPid,
    user: userName,
    state,
    name,
    command,
    group,
    supervised_id: supervisedId,
    thread_count: threadCount,
    cpu_percent: rounded(place.cpuPercent),
    cpu_seconds: cpuSeconds,
    memory_bytes: whole(place.memoryBytes),
    peak_memory_bytes: whole(peakBytes),
    disk_read_bytes_per_second: whole(place.readBytes),
    disk_write_bytes_per_second: whole(place.writeBytes),
    ...(network && {
      network_rx_bytes_per_second: whole(place.rxBytes),
      network_tx_bytes_per_second: whole(place.txBytes),
    }),
  };
}

const rounded = (value: number | null) =>
  value === null || Number.isNaN(value) ? null : Number(value.toFixed(2));
const whole = (value: number) => Number.isNaN(value) ? null : Math.round(value);
