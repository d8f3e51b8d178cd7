import { QUANTITIES } from "../../core/compare/quantity.ts";
import { SUBJECTS, TOTALS } from "../../core/measure/metrics.ts";
import type { TotalName } from "../../core/measure/metrics.ts";
import { wrapped } from "../../core/wrapped.ts";
import type { Account, Quality, SummaryRecord } from "../../core/schema/record.ts";
import { counterRows } from "./counter_rows.ts";
import type { PairedSubject, SummaryRow, SummaryRowId } from "./summary_row.ts";
import { shortCommand } from "../words/short_command.ts";
import { verdictWords } from "../words/verdict_words.ts";
import { counted, humanBytes, humanCount, humanPercent, humanSeconds } from "../words/units.ts";
import { gpuRows } from "./gpu_rows.ts";

/** How a figure is marked when it is not exact. */
export const MARKS: Record<Quality, string> = {
  exact: "",
  sampled: "sampled",
  upper_bound: "at most",
  lower_bound: "at least",
  unavailable: "unavailable",
};

/**
 * The summary as text for people: a line per quantity, in 80 columns, what is not exact marked as such.
 *
 * @param command what was run, for the headline
 * @param color whether ANSI escapes are welcome
 */
export function report(summary: SummaryRecord, command: string, color: boolean): string {
  const paint = (code: string, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const lines = summaryRows(summary).map(({ id, label, part, value, detail, account }) => {
    if (id === "why") {
      const sentence = wrapped(`${value}: ${detail}`, COLUMNS, WHY_INDENT).slice(WHY_INDENT.length);
      return `  ${paint("1", value)}${sentence.slice(value.length)}`;
    }
    const name = part === undefined ? label : `  ${part}`;
    const mark = account ? MARKS[account.quality] : "";
    const notes = [detail, mark].filter((note) => note !== "").join("; ");
    const figure = ` ${value}`.padStart(ROW_WIDTH - name.length);
    const row = `  ${paint("2", name)}${paint("1", figure)}`;
    if (notes === "") return row;
    const before = `  ${name}${figure}  `;
    const remarks = wrapped(notes, COLUMNS, before).slice(before.length);
    return `${row}  ${paint(id === "cpu_sampled" ? MISSED : "2", remarks)}`;
  });
  const headline = `${paint("1", "proctor")}  ${shortCommand(command)}  ${outcome(summary)}`;
  return `${headline}\n${lines.join("\n")}\n`;
}

/** ANSI: bold yellow. What sampling misses is the line to notice. */
const MISSED = "1;33";
/** Of a terminal as it opens; a summary in a file or a log is of this width as well. */
const COLUMNS = 80;
/** Where the sentence at the end goes on; its first line begins further left. */
const WHY_INDENT = " ".repeat(4);
/** Of a label and its value. */
const ROW_WIDTH = 24;

/** The summary line by line, in words for people. */
export function summaryRows(summary: SummaryRecord): SummaryRow[] {
  const { accounting, monitor } = summary;
  const list: SummaryRow[] = [];
  const add = (id: SummaryRowId, label: string, value: string, detail = "", account: Account | null = null) =>
    list.push({ id, label, value, detail, account });
  const addPart = (id: SummaryRowId, part: string, value: string, detail: string, account: Account | null) =>
    list.push({ id, label: list.at(-1)!.label, part, value, detail, account });
  add("wall", QUANTITIES.wall_seconds.label, humanSeconds(summary.wall_seconds));
  if (summary.cpu_seconds !== undefined) {
    const split = `user ${humanSeconds(summary.cpu_user_seconds)}, system ${
      humanSeconds(summary.cpu_system_seconds)
    }`;
    const rate = `${humanPercent(summary.avg_cpu_percent)} of a core`;
    // Why CPU is a bound is worth a word: hardly anything makes it one.
    const why = accounting.cpu.note === undefined ? "" : `; ${accounting.cpu.note}`;
    const detail = `${split}; ${rate}${why}`;
    add("cpu", QUANTITIES.cpu_seconds.label, humanSeconds(summary.cpu_seconds), detail, accounting.cpu);
    if (samplesMissed(summary)) {
      addPart(
        "cpu_sampled",
        "sampled",
        humanSeconds(summary.cpu_seconds_sampled),
        missedBySamples(summary),
        null,
      );
    }
  }
  if (summary.peak_memory_bytes !== undefined) {
    // One that was over before the first look has a peak, told at its end, but no mean.
    const mean = typeof summary.avg_memory_bytes === "number"
      ? `average ${humanBytes(summary.avg_memory_bytes)}`
      : "";
    // What the kernel counts for a cgroup is more than what its processes hold.
    const held =
      /^cgroup/.test(accounting.peak_memory.source) && typeof summary.peak_resident_bytes === "number"
        ? `files cached for it included, processes held at most ${humanBytes(summary.peak_resident_bytes)}`
        : "";
    const detail = [mean, held].filter(Boolean).join("; ");
    const { peak_memory_bytes: peak, peak_process_memory_bytes: most } = summary;
    add("memory_peak", QUANTITIES.peak_memory_bytes.label, humanBytes(peak), detail, accounting.peak_memory);
    // Where it is the largest process alone that is known, one line says it.
    if (typeof most === "number" && most !== peak) {
      const account = accounting.peak_process_memory ?? null;
      addPart("memory_peak_process", "one process", humanBytes(most), "is the most that any held", account);
    }
  }
  if (summary.peak_memory_pss_bytes !== undefined) {
    const value = humanBytes(summary.peak_memory_pss_bytes);
    const detail = "what remains when shared pages are divided";
    add("memory_pss", QUANTITIES.peak_memory_pss_bytes.label, value, detail, accounting.memory_pss ?? null);
  }
  for (const subject of pairs(summary)) {
    const row = pairRow(subject, (name) => summary[name], accounting[subject] ?? null);
    if (row && subject === "disk" && row.detail !== "") {
      list.push({ ...row, detail: row.detail + cancelled(summary) });
    } else if (row) list.push(row);
  }
  for (const row of gpuRows(summary)) list.push(row);
  const threads = summary.peak_thread_count === undefined
    ? ""
    : `, ${counted(summary.peak_thread_count, "thread")}`;
  const seenOnly = accounting.processes.quality === "exact" ? "" : "seen, at least; ";
  const atOnce = `${seenOnly}${humanCount(summary.peak_process_count)} at once${threads}`;
  const seen = humanCount(summary.total_process_count);
  add("processes", QUANTITIES.total_process_count.label, seen, atOnce, accounting.processes);
  if (summary.leftover_process_count > 0) {
    const detail = "processes still running, uncounted from now on";
    add("left", "left", humanCount(summary.leftover_process_count), detail);
  }
  const stalls = stalled(summary);
  if (stalls) add("waiting", "waiting", ...stalls, accounting.pressure ?? null);
  const limits = reachedLimits(summary);
  if (limits) add("limits", "limits", "reached", limits);
  list.push(...counterRows(summary));
  const missed = summary.missed_tick_count > 0 ? `, ${humanCount(summary.missed_tick_count)} missed` : "";
  // Against a run shorter than that, our own start weighs more than it means.
  const rate = summary.wall_seconds >= 1 ? `${humanPercent(monitor.cpu_percent)} of a core, ` : "";
  const own = `${rate}${humanBytes(monitor.memory_bytes)}; ${
    counted(summary.sample_count, "sample")
  }${missed}`;
  const dear = monitor.sampling_percent === undefined
    ? ""
    : `; sampling so often took ${humanPercent(monitor.sampling_percent)} of a core, --budget bounds it`;
  add("proctor", "proctor", humanSeconds(monitor.cpu_seconds), own + dear);
  const verdict = verdictWords(summary);
  if (verdict) add("why", "why", verdict.cause, verdict.figures);
  return list;
}

/** The network is told of where somebody has asked for it: else nobody counts it. */
function pairs({ accounting }: SummaryRecord): readonly PairedSubject[] {
  const { network_loopback: loopback } = accounting;
  const network = !loopback ? [] : loopback.quality === "unavailable" ? ["network"] as const : [
    "network",
    "network_loopback",
  ] as const;
  return ["disk", "io", ...network, "faults", "context_switches"];
}

/** What was written, but never reached the storage. */
function cancelled({ disk_cancelled_write_bytes: bytes }: SummaryRecord): string {
  return bytes ? `, ${humanBytes(bytes)} of it cancelled` : "";
}

/** Who waits for less of the time waits as everybody does. */
const NOTABLE_WAIT_SHARE = 0.05;

/** For how long some of it was kept waiting: for what longest, and for what else; undefined where hardly at all. */
function stalled({ waiting, wall_seconds }: SummaryRecord): [value: string, detail: string] | undefined {
  if (waiting?.pressure_scope !== "group") return undefined;
  const waits = [
    [waiting.cpu_some_seconds ?? 0, "CPU"],
    [waiting.memory_some_seconds ?? 0, "memory"],
    [waiting.io_some_seconds ?? 0, "disk"],
  ] as const;
  const notable = waits.filter(([seconds]) => seconds > NOTABLE_WAIT_SHARE * wall_seconds)
    .sort(([one], [other]) => other - one);
  if (notable.length === 0) return undefined;
  const [[most, what], ...others] = notable;
  const more = others.map(([seconds, other]) => `${humanSeconds(seconds)} for ${other}`);
  return [humanSeconds(most), [`some of it for ${what}`, ...more].join(", ")];
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

/** What happened between samples, which is what sets an account of a whole tree apart from sampling. */
function missedBySamples({ cpu_seconds, cpu_seconds_sampled }: SummaryRecord): string {
  const missed = cpu_seconds! - cpu_seconds_sampled!;
  if (missed < 0) return "seen by sampling alone, which is too much";
  const share = Math.round((missed / cpu_seconds!) * 100);
  return `seen by sampling; ${humanSeconds(missed)} (${share}%) ran between samples`;
}

/** Whether samples alone would have told something else than the truth: by more than a hundredth and 10 ms. */
function samplesMissed({ cpu_seconds, cpu_seconds_sampled }: SummaryRecord): boolean {
  if (typeof cpu_seconds !== "number" || typeof cpu_seconds_sampled !== "number") return false;
  return Math.abs(cpu_seconds - cpu_seconds_sampled) > Math.max(0.01, cpu_seconds * 0.01);
}

/** A line of two counters: what the one comes to, and the other beside it; undefined where they are not collected. */
export function pairRow(
  subject: PairedSubject,
  valueOf: (name: TotalName) => number | null | undefined,
  account: Account | null,
): SummaryRow | undefined {
  const [first, second] = TOTALS.filter((metric) => metric.subject === subject);
  const [one, other] = [valueOf(first.name), valueOf(second.name)];
  if (one === undefined) return undefined;
  const human = first.unit === "bytes" ? humanBytes : humanCount;
  const isKnown = one !== null || typeof other === "number";
  return {
    id: subject,
    label: SUBJECTS[subject].label,
    value: human(isKnown ? (one ?? 0) : null),
    detail: isKnown ? `${first.part}, ${human(other)} ${second.part}` : account?.note ?? "",
    account,
  };
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
