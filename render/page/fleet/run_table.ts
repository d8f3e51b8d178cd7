import { humanBytes, humanCount } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import type { Run } from "./server.ts";
import { nothing, tableOf } from "./table.ts";
import { cpuTimeWords } from "./task_list.ts";

/** The runs of a task with what each has cost in all, and what all of them have. */
export function runTable(runs: readonly Run[]): HTMLElement {
  if (runs.length === 0) return nothing("No run has ended yet.");
  const table = tableOf(
    [
      ["Began"],
      ["Took", "number"],
      ["Ended"],
      ["CPU time", "number"],
      ["Peak memory", "number"],
      ["Read", "number"],
      ["Written", "number"],
      ["Totals"],
    ],
    runs.map(({ started, ended, state, error, figures, quality }) => [
      momentWords(started),
      uptimeWords((ended - started) / 1_000),
      error === null ? state : `${state}: ${error}`,
      exact(cpuTimeWords(figures.cpu_seconds), figures.cpu_seconds, "s"),
      exact(humanBytes(figures.max_memory_bytes), figures.max_memory_bytes, "B"),
      exact(humanBytes(figures.disk_read_bytes), figures.disk_read_bytes, "B"),
      exact(humanBytes(figures.disk_write_bytes), figures.disk_write_bytes, "B"),
      qualityWords(quality),
    ]),
  );
  const sum = (name: string) => {
    const known = runs.map(({ figures }) => figures[name]).filter((value) =>
      value !== null && value !== undefined
    );
    return known.length === 0 ? null : known.reduce((all, value) => all + value, 0);
  };
  const took = runs.reduce((all, { started, ended }) => all + ended - started, 0);
  const cell = (text: string) => make("td", { class: "number" }, text);
  const all = make(
    "tr",
    {},
    make("td", {}, `${humanCount(runs.length)} ${runs.length === 1 ? "run" : "runs"} in all`),
    cell(uptimeWords(took / 1_000)),
    make("td", {}, ""),
    cell(cpuTimeWords(sum("cpu_seconds"))),
    cell(""),
    cell(humanBytes(sum("disk_read_bytes"))),
    cell(humanBytes(sum("disk_write_bytes"))),
    make("td", {}, ""),
  );
  table.append(make("tfoot", {}, all));
  return table;
}

/** A total in round words, and to its last digit for who points at it. */
function exact(words: string, value: number | null | undefined, unit: string): HTMLElement {
  const title = value === null || value === undefined
    ? "not known"
    : `${value.toLocaleString("en-US")} ${unit}`;
  return make("span", { title }, words);
}

/** How well totals are known: `exact`, or what is not. */
function qualityWords(quality: Readonly<Record<string, string>>): string {
  const entries = Object.entries(quality);
  if (entries.length === 0) return "–";
  const other = entries.filter(([, word]) => word !== "exact");
  return other.length === 0
    ? "exact"
    : other.map(([name, word]) => `${name}: ${word.replaceAll("_", " ")}`).join(", ");
}
