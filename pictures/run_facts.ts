import { formatDuration } from "../core/duration.ts";
import type { Accounting, SummaryRecord } from "../core/record.ts";
import { summaryRows } from "../exporters/report.ts";
import type { SummaryRow } from "../exporters/report.ts";
import { humanBytes, humanCount, humanSeconds } from "../exporters/units.ts";
import type { RecordedRun } from "../records/recorded_run.ts";
import type { ColumnName } from "../records/sample_columns.ts";
import { wallSecondsOf } from "./pack_run.ts";

/** What a run came to, line by line; of one that was cut off, what its last samples say. */
export function costOf(run: RecordedRun): readonly SummaryRow[] {
  return run.summary ? summaryRows(run.summary) : soFar(run);
}

function soFar(run: RecordedRun): SummaryRow[] {
  const { capabilities } = run.start;
  const last = (name: ColumnName) =>
    run.samples.column(name)?.findLast((value) => !Number.isNaN(value)) ?? null;
  const most = (name: ColumnName) =>
    run.samples.column(name)?.reduce((highest, value) => value > highest ? value : highest, 0) ?? null;
  const account = (quantity: keyof Accounting) => {
    const known = capabilities[quantity];
    return known &&
      { ...known, quality: known.quality === "unavailable" ? known.quality : "lower_bound" as const };
  };
  const traffic = (read: ColumnName, written: ColumnName) =>
    [humanBytes(last(read)), `read, ${humanBytes(last(written))} written; so far`] as const;
  return [
    ["wall", humanSeconds(wallSecondsOf(run)), "so far", null],
    ["CPU", humanSeconds(last("cpu_seconds")), "so far", account("cpu") ?? null],
    ["memory peak", humanBytes(most("memory_bytes")), "so far", account("peak_memory") ?? null],
    ["disk", ...traffic("disk_read_bytes", "disk_write_bytes"), account("disk") ?? null],
    ["read/write", ...traffic("io_read_bytes", "io_write_bytes"), account("io") ?? null],
    [
      "page faults",
      humanCount(last("minor_faults")),
      `minor, ${humanCount(last("major_faults"))} major; so far`,
      account("faults") ?? null,
    ],
    ["processes", humanCount(most("process_count")), "at once", account("processes") ?? null],
  ];
}

/** Whether it went well, as a badge says it. */
export function wentWell(summary: SummaryRecord | null): boolean | null {
  if (!summary) return null;
  if (summary.outcome === "exited") return summary.exit_code === null ? null : summary.exit_code === 0;
  return summary.outcome === "interrupted" && summary.exit_code === null ? null : false;
}

/** Where and how a run was measured, line by line. */
export function environmentOf({ start }: RecordedRun): (readonly [label: string, value: string])[] {
  const { environment, containment, limits, profile } = start;
  const quota = environment.cpu_quota_cores;
  const bounds = [
    limits?.cpu_cores !== undefined ? `${limits.cpu_cores} cores` : "",
    limits?.memory_bytes !== undefined ? humanBytes(limits.memory_bytes) : "",
    limits?.process_count !== undefined ? `${limits.process_count} processes` : "",
  ].filter(Boolean);
  return [
    ["command", start.command.join(" ") || `PID ${start.pid ?? "unknown"}`],
    ["started", start.timestamp.replace("T", " ").replace("Z", " UTC")],
    ["host", environment.host_name],
    ["kernel", environment.kernel],
    ["processor", environment.cpu_model ?? "unknown"],
    ["CPUs", `${environment.online_cpu_count}${quota === null ? "" : `, a quota of ${quota}`}`],
    [
      "memory",
      humanBytes(environment.memory_total_bytes) +
      (environment.memory_limit_bytes === null
        ? ""
        : `, a limit of ${humanBytes(environment.memory_limit_bytes)}`),
    ],
    ["limits of the run", bounds.join(", ") || "none"],
    ["containment", containment.mechanism + (containment.reason ? `: ${containment.reason}` : "")],
    [
      "sampled",
      profile.interval_ms === null
        ? "never"
        : interval(profile.interval_ms, profile.max_interval_ms, profile.adaptive),
    ],
  ];
}

function interval(base: number, most: number | null, adaptive: boolean): string {
  const every = `every ${formatDuration(base)}`;
  return adaptive && most !== null && most > base ? `${every} to ${formatDuration(most)}` : every;
}
