import { humanBytes, humanNumber, humanPercent } from "../../words/units.ts";
import type { Difference } from "./compare_api.ts";
import { cpuTimeWords } from "./task_list.ts";

const TITLES: Readonly<Record<string, string>> = {
  cpu_percent: "CPU",
  cpu_seconds: "CPU time",
  memory_bytes: "Memory",
  memory_percent: "Memory, of all",
  swap_percent: "Swap",
  load_1m: "Load, 1 min",
  disk_read_bytes: "Read from storage",
  disk_write_bytes: "Written to storage",
  disk_used_bytes: "Disks in use",
  network_rx_bytes: "Received",
  network_tx_bytes: "Sent",
  process_count: "Processes",
  thread_count: "Threads",
  file_descriptor_count: "File descriptors",
};

/** What is compared of tasks, and of hosts. */
export const TASK_COLUMNS: readonly string[] = [
  "cpu_percent",
  "cpu_seconds",
  "memory_bytes",
  "disk_read_bytes",
  "disk_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
  "process_count",
  "thread_count",
  "file_descriptor_count",
];
/** The same of hosts. */
export const HOST_COLUMNS: readonly string[] = [
  "cpu_percent",
  "memory_bytes",
  "memory_percent",
  "swap_percent",
  "load_1m",
  "disk_used_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
];

/** How a figure is called. */
export function titleOf({ column, figure }: Pick<Difference, "column" | "figure">): string {
  const title = TITLES[column] ?? column.replaceAll("_", " ");
  return figure === "peak" ? `${title}, at its peak` : figure === "total" ? `${title}, in all` : title;
}

/** A value of a figure in words. */
export function valueWords(
  { column, figure }: Pick<Difference, "column" | "figure">,
  value: number | null,
): string {
  if (value === null) return "–";
  const sign = value < 0 ? "−" : "";
  return sign + amountWords(column, figure, Math.abs(value));
}

function amountWords(column: string, figure: Difference["figure"], value: number): string {
  // CPU time by the second is what percentages say.
  if (column === "cpu_seconds" && figure === "rate") return `${humanNumber(value)} cores`;
  if (column.endsWith("_seconds")) return cpuTimeWords(value);
  const words = column.endsWith("_percent")
    ? humanPercent(value)
    : column.endsWith("_bytes")
    ? humanBytes(value)
    : humanNumber(value);
  return figure === "rate" ? `${words}/s` : words;
}

/** By how much the second differs, and the range that is sure: `+12.0%`, `+4.00% to +20.0%`; null: none is. */
export function differenceWords(row: Difference): { readonly at: string; readonly range: string | null } {
  const { difference, difference_percent: percent } = row;
  if (difference === null) return { at: "–", range: null };
  const base = row.sides[0].mean;
  const words = (value: number) => {
    const shown = percent === null || base === null
      ? valueWords(row, value)
      : percentWords(value / base * 100);
    return value > 0 ? `+${shown}` : shown;
  };
  const range = row.low === null || row.high === null ? null : `${words(row.low)} to ${words(row.high)}`;
  return { at: words(difference), range };
}

/** What the verdict says. */
export function verdictWords({ verdict, sides, difference }: Difference): string {
  switch (verdict) {
    case "more":
      return "▲ more";
    case "less":
      return "▼ less";
    case "within_noise":
      return difference === 0 ? "the same" : "no significant change";
    case "too_few":
      return `too few values (${Math.min(sides[0].count, sides[1].count)})`;
    case "unknown":
      return "nothing known";
  }
}

function percentWords(value: number): string {
  const amount = Math.abs(value);
  // Less than what is shown is not a difference to tell the sign of.
  return `${value < 0 && amount >= 0.005 ? "−" : ""}${humanPercent(amount)}`;
}
