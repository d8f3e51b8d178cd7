import type { PageColumn, PageHistory } from "../../../core/schema/page_messages.ts";
import type { LivePanel } from "../parts/live_chart.ts";

/** So much of a course is shown. */
export const SHOWN_SECONDS = 600;

/** A chart, and the columns of its lines. */
export interface CoursePanel extends LivePanel {
  readonly columns: readonly PageColumn[];
}

/** Every chart of a process, in their order. */
export const COURSE_PANELS: readonly CoursePanel[] = [
  {
    id: "cpu",
    title: "CPU",
    hint: "100% is one core busy",
    unit: "percent",
    kind: "average",
    lines: [{ label: "CPU", color: "--line-0" }],
    columns: ["cpu_percent"],
  },
  {
    id: "memory",
    title: "Memory",
    hint: "of the whole tree",
    unit: "bytes",
    kind: "level",
    lines: [{ label: "memory", color: "--line-memory" }],
    columns: ["memory_bytes"],
  },
  {
    id: "network",
    title: "Network",
    hint: "a second; of the whole tree",
    unit: "bytes_per_second",
    kind: "average",
    lines: [{ label: "received", color: "--line-0" }, { label: "sent", color: "--line-1" }],
    columns: ["network_rx_bytes_per_second", "network_tx_bytes_per_second"],
  },
  {
    id: "processes",
    title: "Processes",
    hint: "in the tree",
    unit: "count",
    kind: "level",
    lines: [{ label: "processes", color: "--line-descriptors" }],
    columns: ["process_count"],
  },
];

/** Whether anything is known that a chart would show; of what is always there, an empty chart is better than none. */
export function isShown({ id, columns }: CoursePanel, history: PageHistory): boolean {
  return id === "cpu" || id === "memory" ||
    columns.some((name) => history.columns[name].some((value) => value !== null));
}

/** A course with what has come since, as far back as it is shown. */
export function continued(before: PageHistory, more: PageHistory, nowMs: number): PageHistory {
  const last = before.times_ms.at(-1) ?? -Infinity;
  const first = nowMs - SHOWN_SECONDS * 1_000;
  const from = before.times_ms.findIndex((time) => time >= first);
  const isNew = more.times_ms.findIndex((time) => time > last);
  const joined = <T>(one: readonly T[], other: readonly T[]) => [
    ...(from < 0 ? [] : one.slice(from)),
    ...(isNew < 0 ? [] : other.slice(isNew)),
  ];
  const names = Object.keys(more.columns) as PageColumn[];
  return {
    times_ms: joined(before.times_ms, more.times_ms),
    columns: Object.fromEntries(
      names.map((name) => [name, joined(before.columns[name], more.columns[name])]),
    ) as Record<PageColumn, (number | null)[]>,
  };
}
