import type { AppMetricRecord, AppSummary } from "../../core/schema/app_schema.ts";
import { counted, humanCount, humanNumber } from "../words/units.ts";

/** Metrics that are told one by one. */
const MOST_ROWS = 20;

/**
 * What the watched program has told of itself, as text for people.
 * @param color whether ANSI escapes are welcome
 * @param all the option by which all of it is told
 */
export function appTable(app: AppSummary, color: boolean, all = "--summary json"): string {
  const paint = (code: string, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const shown = app.metrics.slice(0, MOST_ROWS);
  const rows = [["total", "a second", "last", "mean", "95 %", "max", "metric"], ...shown.map(cells)];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => {
    const figures = row.slice(0, -1).map((cell, column) => cell.padStart(widths[column])).join("  ");
    return `  ${figures}  ${row.at(-1)}`;
  });
  const [head, ...body] = lines;
  const others = app.metrics.length - shown.length;
  const notes = appNotes(app);
  return [
    "",
    `  ${paint("1", "reported by the program")}${notes === "" ? "" : `  ${paint("2", notes)}`}`,
    ...(shown.length > 0 ? [paint("2", head), ...body] : []),
    ...(others > 0 ? [`  ${paint("2", `and ${others} more, which ${all} tells`)}`] : []),
    "",
  ].join("\n");
}

function cells({ name, kind, total, per_second, last, mean, p95, max }: AppMetricRecord): string[] {
  const figures = [total, per_second, last, mean, p95, max].map((value) =>
    value === undefined ? "" : humanNumber(value)
  );
  return [...figures, kind === "timer" ? `${name} (ms)` : name];
}

/** What is missing, and why. */
export function appNotes(app: AppSummary): string {
  const {
    line_count,
    malformed_line_count,
    unselected_line_count,
    omitted_name_count,
    omitted_series_count,
  } = app;
  const lost = app.dropped_datagram_count ?? 0;
  return [
    app.metrics.length === 0 && line_count === 0 ? "nothing" : "",
    malformed_line_count > 0 ? `${counted(malformed_line_count, "line")} made no sense` : "",
    unselected_line_count > 0 ? `${counted(unselected_line_count, "line")} of names not asked for` : "",
    omitted_name_count > 0 ? `${counted(omitted_name_count, "name")} too many` : "",
    omitted_series_count > 0 ? `${humanCount(omitted_series_count)} series too many` : "",
    lost > 0 ? `${counted(lost, "datagram")} ${lost === 1 ? "was" : "were"} dropped` : "",
  ].filter(Boolean).join(", ");
}
