import type { Account, Quality, SummaryRecord } from "../core/record.ts";
import { printable } from "../core/text.ts";
import { humanBytes, humanCount, humanPercent, humanSeconds } from "./units.ts";

/** How a figure is marked when it is not exact. */
export const MARKS: Record<Quality, string> = {
  exact: "",
  sampled: "sampled",
  upper_bound: "at most",
  lower_bound: "at least",
  unavailable: "unavailable",
};

/**
 * The summary as text for people: a line per quantity, what is not exact marked as such.
 *
 * @param command what was run, for the headline
 * @param color whether ANSI escapes are welcome
 */
export function report(summary: SummaryRecord, command: string, color: boolean): string {
  const paint = (code: string, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const lines = summaryRows(summary).map(([label, value, detail, account]) => {
    const mark = account ? MARKS[account.quality] : "";
    const notes = [detail, mark].filter((note) => note !== "").join("; ");
    return `  ${paint("2", label.padEnd(LABEL_WIDTH))}${paint("1", value.padStart(VALUE_WIDTH))}` +
      (notes ? `  ${paint("2", notes)}` : "");
  });
  const headline = `${paint("1", "proctor")}  ${shorten(command)}  ${outcome(summary)}`;
  return `${headline}\n${lines.join("\n")}\n`;
}

const LABEL_WIDTH = 12;
const VALUE_WIDTH = 12;
const LONGEST_COMMAND = 60;

/** A line of the summary: what, how much, remarks, and how good the figure is. */
export type SummaryRow = readonly [label: string, value: string, detail: string, account: Account | null];

/** The summary line by line, in words for people. */
export function summaryRows(summary: SummaryRecord): SummaryRow[] {
  const { accounting, monitor } = summary;
  const list: SummaryRow[] = [["wall", humanSeconds(summary.wall_seconds), "", null]];
  if (summary.cpu_seconds !== undefined) {
    const split = `user ${humanSeconds(summary.cpu_user_seconds)}, system ${
      humanSeconds(summary.cpu_system_seconds)
    }`;
    const rate = `${humanPercent(summary.avg_cpu_percent)} of a core on average`;
    list.push(["CPU", humanSeconds(summary.cpu_seconds), `${split}; ${rate}`, accounting.cpu]);
    if (samplesMissed(summary)) {
      list.push([
        "  sampled",
        humanSeconds(summary.cpu_seconds_sampled),
        "is all that sampling alone would have seen",
        null,
      ]);
    }
  }
  if (summary.peak_memory_bytes !== undefined) {
    const mean = `average ${humanBytes(summary.avg_memory_bytes)}`;
    // What the kernel counts for a cgroup is more than what its processes hold.
    const held = accounting.peak_memory.source === "cgroup" && typeof summary.peak_resident_bytes === "number"
      ? `; files cached for it included, processes held at most ${humanBytes(summary.peak_resident_bytes)}`
      : "";
    list.push(["memory peak", humanBytes(summary.peak_memory_bytes), mean + held, accounting.peak_memory]);
  }
  if (summary.peak_memory_pss_bytes !== undefined) {
    const detail = "peak of what remains when shared pages are divided";
    list.push(["PSS", humanBytes(summary.peak_memory_pss_bytes), detail, accounting.memory_pss ?? null]);
  }
  if (summary.disk_read_bytes !== undefined) {
    list.push(traffic("disk", summary.disk_read_bytes, summary.disk_write_bytes, accounting.disk));
    list.push(traffic("read/write", summary.io_read_bytes, summary.io_write_bytes, accounting.io));
  }
  if (summary.minor_faults !== undefined) {
    list.push([
      "page faults",
      humanCount(summary.minor_faults),
      `minor, ${humanCount(summary.major_faults)} major`,
      accounting.faults,
    ]);
  }
  if (summary.voluntary_context_switches !== undefined) {
    const forced = `voluntary, ${humanCount(summary.involuntary_context_switches)} involuntary`;
    list.push([
      "switches",
      humanCount(summary.voluntary_context_switches),
      forced,
      accounting.context_switches,
    ]);
  }
  const threads = summary.peak_thread_count === undefined
    ? ""
    : `, ${counted(summary.peak_thread_count, "thread")}`;
  const atOnce = `seen, at least; ${humanCount(summary.peak_process_count)} at once${threads}`;
  list.push(["processes", humanCount(summary.total_process_count), atOnce, accounting.processes]);
  if (summary.leftover_process_count > 0) {
    list.push([
      "left",
      humanCount(summary.leftover_process_count),
      "processes still running, uncounted from now on",
      null,
    ]);
  }
  const limits = reachedLimits(summary);
  if (limits) list.push(["limits", "reached", limits, null]);
  const missed = summary.missed_tick_count > 0 ? `, ${humanCount(summary.missed_tick_count)} missed` : "";
  // Against a run shorter than that, our own start weighs more than it means.
  const rate = summary.wall_seconds >= 1 ? `${humanPercent(monitor.cpu_percent)} of a core, ` : "";
  const own = `${rate}${humanBytes(monitor.memory_bytes)}; ${
    counted(summary.sample_count, "sample")
  }${missed}`;
  list.push(["proctor", humanSeconds(monitor.cpu_seconds), own, null]);
  return list;
}

/** What running into limits came to; empty when it came to nothing. */
function reachedLimits(summary: SummaryRecord): string {
  const { oom_kill_count, memory_limit_hit_count, process_limit_hit_count, cpu_throttled_seconds } = summary;
  return [
    (memory_limit_hit_count ?? 0) > 0 ? `memory ${counted(memory_limit_hit_count, "time")}` : "",
    (oom_kill_count ?? 0) > 0 ? `${counted(oom_kill_count, "process", "processes")} killed for it` : "",
    (process_limit_hit_count ?? 0) > 0 ? `processes ${counted(process_limit_hit_count, "time")}` : "",
    (cpu_throttled_seconds ?? 0) > 0 ? `waited ${humanSeconds(cpu_throttled_seconds)} for CPU` : "",
  ].filter(Boolean).join(", ");
}

/** `1 thread`, `2 threads`. */
function counted(value: number | null, what: string, several = `${what}s`): string {
  return `${humanCount(value)} ${value === 1 ? what : several}`;
}

/** Whether samples alone would have told something else than the truth: by more than a hundredth and 10 ms. */
function samplesMissed({ cpu_seconds, cpu_seconds_sampled }: SummaryRecord): boolean {
  if (typeof cpu_seconds !== "number" || typeof cpu_seconds_sampled !== "number") return false;
  return Math.abs(cpu_seconds - cpu_seconds_sampled) > Math.max(0.01, cpu_seconds * 0.01);
}

function traffic(
  label: string,
  read: number | null | undefined,
  written: number | null | undefined,
  account: Account,
): SummaryRow {
  const known = typeof read === "number" || typeof written === "number";
  return [
    label,
    humanBytes(known ? (read ?? 0) : null),
    known ? `read, ${humanBytes(written)} written` : "",
    account,
  ];
}

/** How it ended, in words. */
export function outcome(summary: SummaryRecord): string {
  const { exit_code, signal } = summary;
  const end = signal ? `ended by ${signal}` : exit_code === null ? "" : `exit code ${exit_code}`;
  switch (summary.outcome) {
    case "exited":
      return end || "ended";
    case "signaled":
      return end;
    case "oom_killed":
      return ["out of memory", end].filter(Boolean).join(", ");
    case "timed_out":
      return ["timed out", end].filter(Boolean).join(", ");
    case "interrupted":
      // Whoever watches a tree may stop watching it.
      if (!end) return "still running";
      return ["interrupted", end].filter(Boolean).join(", ");
    case "failed_to_start":
      return "could not be started";
  }
}

function shorten(command: string): string {
  const shown = printable(command);
  return shown.length > LONGEST_COMMAND ? `${shown.slice(0, LONGEST_COMMAND - 1)}…` : shown;
}
