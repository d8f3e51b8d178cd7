import type { RecordedRun } from "../../records/recorded_run.ts";
import type { AppColumn } from "../../records/sample_columns.ts";
import type { Panel, PanelLine, PanelUnit } from "./panels.ts";

/** So many charts at most: the rest stands in the table. */
export const MOST_APP_PANELS = 12;
const MILLISECONDS = "_ms";

/**
 * Charts of what programs tell of themselves, by name: gauges and sets as they stood, counters by their rate, times and
 * distributions by their mean and where 95 % are. What never moved tells nothing over time, and is left out.
 */
export function appPanels(runs: readonly Pick<RecordedRun, "samples">[]): Panel[] {
  const names = new Set(runs.flatMap(({ samples }) => samples.appNames));
  const moves = (column: AppColumn) => runs.some(({ samples }) => hasChanged(samples.column(column)));
  return [...names].sort()
    .flatMap((name) => panelOf(name, names) ?? [])
    .filter(({ lines }) => lines.some(({ column }) => moves(column as AppColumn)))
    .slice(0, MOST_APP_PANELS);
}

/** The chart that a name of a sample begins; null where it belongs to that of another name. */
function panelOf(name: AppColumn, names: ReadonlySet<AppColumn>): Panel | null {
  const base = baseOf(name, "_total", names, ["_per_second"]);
  if (base === null) return isPartOf(name, names) ? null : gauge(name);
  for (const unit of [MILLISECONDS, ""]) {
    const [mean, most] = [`_mean${unit}`, `_p95${unit}`].map((end): AppColumn => `${base}${end}`);
    if (!names.has(mean) || !names.has(most)) continue;
    return made(base, unit === "" ? "of each interval" : "of each interval, in milliseconds", "average", {
      unit: unit === "" ? "number" : "milliseconds",
      lines: [{ column: most, label: "95 %" }, { column: mean, label: "mean" }],
    });
  }
  return made(base, "a second", "average", {
    unit: "number_per_second",
    lines: [{ column: `${base}_per_second`, label: base }],
  });
}

function gauge(name: AppColumn): Panel {
  const unit = name.endsWith("_bytes") ? "bytes" : name.endsWith("_percent") ? "percent" : "number";
  const isSet = name.endsWith("_unique");
  return made(
    name,
    isSet ? "different ones in each interval" : "at the moment of the sample",
    isSet ? "average" : "level",
    {
      unit,
      lines: [{ column: name, label: name }],
    },
  );
}

function made(
  base: AppColumn,
  hint: string,
  kind: Panel["kind"],
  { unit, lines }: { readonly unit: PanelUnit; readonly lines: readonly PanelLine[] },
): Panel {
  return { id: base, title: base, hint: `reported by the program; ${hint}`, unit, kind, lines };
}

/** Whether a name is one of several that a counter, a timer or a distribution has. */
function isPartOf(name: AppColumn, names: ReadonlySet<AppColumn>): boolean {
  const ends = ["_per_second", ...["_mean", "_p95", "_max"].flatMap((end) => [end, end + MILLISECONDS])];
  return ends.some((end) => baseOf(name, end, names, ["_total", "_per_second"]) !== null);
}

/** A name without its end, where the others that belong to it are there. */
function baseOf(
  name: AppColumn,
  end: string,
  names: ReadonlySet<AppColumn>,
  others: readonly string[],
): AppColumn | null {
  if (!name.endsWith(end)) return null;
  const base = name.slice(0, -end.length) as AppColumn;
  return others.every((other) => names.has(`${base}${other}`)) ? base : null;
}

function hasChanged(values: Float64Array | undefined): boolean {
  const first = values?.find((value) => !Number.isNaN(value));
  return first !== undefined && values!.some((value) => !Number.isNaN(value) && value !== first);
}
