import { timeInWords } from "../../plot/axes.ts";
import { humanBytes, humanSeconds } from "../../words/units.ts";
import type { ProcessColumn } from "../payload.ts";
import type { PageRun } from "./page_run.ts";

/**
 * What is known of a process, line by line: its name, its command, and all else.
 *
 * @param index its place among the processes of the run
 * @param span what is to be seen of the run, in seconds
 */
export function processInWords(run: PageRun, index: number, span: number): string[] {
  const { names } = run.packed;
  const value = (column: ProcessColumn) => run.process(column)[index];
  const known = (column: ProcessColumn) => Number.isNaN(value(column)) ? null : value(column);
  const from = timeInWords(Math.max(0, value("start_seconds")), span);
  const least = names.qualities[value("quality")] === "exact" ? "" : "at least ";
  const cpu = `CPU ${least}${humanSeconds(known("cpu_seconds"))}`;
  return [
    `${names.executables[value("executable")]} ${value("pid")}`,
    names.commands[value("command")] ?? "command unknown",
    `from ${from}, for ${humanSeconds(value("lived_seconds"))}`,
    `${cpu}, memory at most ${humanBytes(known("peak_memory_bytes"))}`,
    endInWords(names.ends[value("end")]),
  ];
}

function endInWords(end: string | null): string {
  if (end === null) return "how it ended is not known";
  if (end === "running") return "not seen to end";
  return /^\d/.test(end) ? `exit code ${end}` : `ended by ${end}`;
}
