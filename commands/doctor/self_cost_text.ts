import { printable } from "../../core/printable.ts";
import { humanBytes, humanCount, humanSeconds } from "../../render/words/units.ts";
import type { SelfCost, WatchingCost } from "./self_cost.ts";

const UNKNOWN = "–";
const WIDTHS = [28, 12, 12, 12];

type Row = readonly [title: string, figure: (cost: WatchingCost) => string];

const ROWS: readonly Row[] = [
  ["INTERVAL", ({ interval }) => interval],
  ["CPU of a core", ({ cpu_percent }) => figure(cpu_percent, 3, "%")],
  ["wake-ups a second", ({ wake_ups_per_second }) => figure(wake_ups_per_second, 1)],
  ["resident memory", ({ memory_bytes }) => humanBytes(memory_bytes)],
  ["at its peak", ({ peak_memory_bytes }) => humanBytes(peak_memory_bytes)],
  ["CPU before, start included", ({ cpu_seconds_before }) => humanSeconds(cpu_seconds_before)],
  ["ticks of the whole run", ({ summary }) => humanCount(summary.monitor.tick_count)],
  ["late", ({ summary }) => humanCount(summary.monitor.late_tick_count)],
  ["missed", ({ summary }) => humanCount(summary.missed_tick_count)],
];

/** What proctor costs, for people: lines of 80 columns at most. */
export function selfCostText(
  { version, watching, starts, start_delay_ms, settling_seconds }: SelfCost,
): string {
  const measured = watching[0].measured_seconds.toFixed(1);
  const lines = [
    `proctor ${version} watches an idle process for ${measured} s:`,
    "",
    ...ROWS.map(([title, of]) => columns([title, ...watching.map(of)])),
    "",
    `A command begins ${
      start_delay_ms.toFixed(1)
    } ms later than without proctor (median of ${starts.length}).`,
    `Measured from ${settling_seconds} s after a command's start on, all three at the same time.`,
    "The default interval begins at 100 ms and grows to 1 s in ten quiet seconds.",
    "Wake-ups are those of all threads of proctor, the runtime's included.",
  ];
  return `${lines.map(printable).join("\n")}\n`;
}

function figure(value: number | null, digits: number, unit = ""): string {
  return value === null ? UNKNOWN : `${value.toFixed(digits)}${unit}`;
}

function columns([title, ...figures]: readonly string[]): string {
  return title.padEnd(WIDTHS[0]) + figures.map((text, index) => text.padStart(WIDTHS[index + 1])).join("");
}
