import { createReadStream } from "node:fs";
import process from "node:process";
import { usageError } from "../core/error.ts";
import { CALLBACK, checkOptions, checkValue, FLAG, PATH } from "../core/option.ts";
import type { ProctorRecord } from "../core/schema/record.ts";
import { reasonOf } from "../io/errno_words.ts";
import { textLines } from "../io/lines/text_lines.ts";
import { parseRecord } from "./parse_record.ts";
import type { ReadOptions } from "./read_options.ts";
import type { RecordedRun } from "./recorded_run.ts";
import { RunBuilder } from "./run_builder.ts";

const PIECE_BYTES = 1024 * 1024;

/**
 * Read the runs of a records file (JSON lines), one after another, as a stream: samples end up in typed columns, and
 * no more of the text than a megabyte and a line is held at a time.
 *
 * @param path `-` is standard input
 * @throws ProctorError of kind `usage`, which says file, line and what is wrong
 */
export async function readRuns(path: string, options: ReadOptions = {}): Promise<RecordedRun[]> {
  checkValue("path", path, PATH);
  checkOptions(options, { samples: FLAG, processes: FLAG, visit: CALLBACK });
  const label = path === "-" ? "standard input" : path;
  const pieces = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    return await readRunsFrom(pieces, label, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === "string" && /^E[A-Z]+$/.test(code)) {
      throw usageError(`cannot read ${label}: ${reasonOf(error)}`);
    }
    throw error;
  }
}

/** As {@link readRuns}, of any bytes; `label` names them in messages. */
export async function readRunsFrom(
  pieces: AsyncIterable<Uint8Array>,
  label: string,
  options: ReadOptions = {},
): Promise<RecordedRun[]> {
  const runs: RunBuilder[] = [];
  let unknown = 0;
  let empty = true;
  let cutLine: number | undefined;
  for await (const { first, lines, complete } of textLines(pieces, label)) {
    empty = false;
    for (let index = 0; index < lines.length; index++) {
      const line = first + index;
      if (lines[index].trim() === "") continue;
      const record = parseRecord(lines[index], label, line, complete || runs.length === 0);
      if (record === "cut_off") {
        cutLine = line;
      } else if (record === "unknown") {
        unknown++;
      } else if (record.kind === "start") {
        runs.push(new RunBuilder(record, label, line, options));
        options.visit?.(record, runs.length - 1);
      } else {
        if (runs.length === 0) throw usageError(noStart(record, label, line));
        runs[runs.length - 1].take(record, line);
        options.visit?.(record, runs.length - 1);
      }
    }
  }
  if (runs.length === 0) {
    throw usageError(empty ? `${label} is empty; there are no records` : `${label} has no records`);
  }
  const last = runs[runs.length - 1];
  if (cutLine !== undefined) last.note(`line ${cutLine}, the last, is cut off and was left out`);
  if (unknown > 0) {
    last.note(
      `${unknown} ${unknown === 1 ? "record" : "records"} of a kind that this proctor does not know left out`,
    );
  }
  return runs.map((run) => run.finish());
}

function noStart(record: ProctorRecord, label: string, line: number): string {
  const alone = record.kind === "summary" && line === 1;
  return alone
    ? `${label}:${line}: a summary alone; pictures and comparisons need the records of the run (run --records FILE)`
    : `${label}:${line}: a ${record.kind} record, and no start record before it; is the beginning missing?`;
}
