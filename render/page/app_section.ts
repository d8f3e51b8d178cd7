import type { AppMetricRecord } from "../../core/schema/app_schema.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { appNotes } from "../text/app_table.ts";
import { humanNumber } from "../words/units.ts";
import { Html, markup } from "./html.ts";
import { row, section } from "./tables.ts";

const HEADS = ["total", "a second", "last", "mean", "95 %", "max"];
const NOTHING = markup``;

/** All that the program of a run has told of itself; nothing where nobody asked. */
export function appSection(run: RecordedRun, title: string): Html {
  const app = run.summary?.app;
  if (!app) return NOTHING;
  const rows = app.metrics.map((metric) => {
    const name = metric.kind === "timer" ? `${metric.name} (ms)` : metric.name;
    return row(name, valuesOf(metric).map((value) => markup`<td class="number">${value}</td>`));
  });
  const notes = appNotes(app);
  const remark = notes === ""
    ? NOTHING
    : row("remarks", [markup`<td colspan="${HEADS.length}">${notes}</td>`]);
  const heads = HEADS.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const head = markup`<thead><tr><th scope="col">name</th>${heads}</tr></thead>`;
  return section(`Reported by the program${title && ` of ${title}`}`, head, [...rows, remark]);
}

function valuesOf({ total, per_second, last, mean, p95, max }: AppMetricRecord): string[] {
  return [total, per_second, last, mean, p95, max].map((value) =>
    value === undefined ? "" : humanNumber(value)
  );
}
