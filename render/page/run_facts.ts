import { formatDuration } from "../../core/duration.ts";
import { QUANTITIES } from "../../core/compare/quantity.ts";
import type { QuantityName } from "../../core/compare/quantity.ts";
import type { Account, Accounting, SummaryRecord } from "../../core/schema/record.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import type { ColumnName } from "../../records/sample_columns.ts";
import { pairRow, summaryRows } from "../text/report.ts";
import type { SummaryRow, SummaryRowId } from "../text/summary_row.ts";
import { humanBytes, humanCount, humanSeconds } from "../words/units.ts";
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
  const account = (quantity: keyof Accounting): Account | null => {
    const known = capabilities[quantity];
    return known
      ? { ...known, quality: known.quality === "unavailable" ? known.quality : "lower_bound" }
      : null;
  };
  const row = (id: SummaryRowId, quantity: QuantityName, value: string, account: Account | null) => {
    return { id, label: QUANTITIES[quantity].label, value, detail: "so far", account };
  };
  const pairs = (["disk", "io", "faults"] as const).map((subject) => {
    const pair = pairRow(subject, last, account(subject))!;
    return { ...pair, detail: [pair.detail, "so far"].filter(Boolean).join("; ") };
  });
  return [
    row("wall", "wall_seconds", humanSeconds(wallSecondsOf(run)), null),
    row("cpu", "cpu_seconds", humanSeconds(last("cpu_seconds")), account("cpu")),
    row("memory_peak", "peak_memory_bytes", humanBytes(most("memory_bytes")), account("peak_memory")),
    ...pairs,
    {
      ...row("processes", "total_process_count", humanCount(most("process_count")), account("processes")),
      detail: "at once",
    },
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
