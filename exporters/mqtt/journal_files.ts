import { readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readRegularFile, UnfitFile } from "../../io/regular_file.ts";
import type { Waiting } from "./waiting.ts";

/*
 * A line is `CHECKSUM [sequence,"topic",message]`, or `CHECKSUM [sequence]`: everything before that one is gone.
 */

/** A file has a mebibyte and what was handed over in one go. */
const MOST_BYTES = 1024 * 1024 * 1024;
const NAME = /^(\d{15})\.queue$/;

/** A file of the journal. */
export interface Segment {
  readonly path: string;
  /** No entry of the files before has this one or a later one. */
  readonly sequence: number;
}

/** What a journal was found with. */
export interface FoundJournal {
  readonly segments: readonly Segment[];
  /** Those that are not gone, the oldest first. */
  readonly entries: Waiting[];
  readonly goneBefore: number;
  /** The number of the next entry. */
  readonly next: number;
}

/** Read a directory; damaged and foreign files are skipped, with a notice. */
export function readJournal(directory: string, notice: (line: string) => void): FoundJournal {
  const segments: Segment[] = [];
  const entries = new Map<number, Waiting>();
  let damagedCount = 0;
  let goneBefore = 0;
  let afterSkipped = 0;
  for (const name of readdirSync(directory).filter((one) => NAME.test(one)).sort()) {
    const path = join(directory, name);
    const content = contentOf(path, notice);
    if (content === undefined) {
      // Nor is its name for one of ours.
      afterSkipped = Number.parseInt(name) + 1;
      continue;
    }
    segments.push({ path, sequence: Number.parseInt(name) });
    const lines = content.split("\n");
    // What stands behind the last line break is cut off.
    damagedCount += lines.pop() === "" ? 0 : 1;
    for (const text of lines) {
      const values = valuesOf(text);
      if (!values) damagedCount++;
      else if (values.length === 1) goneBefore = Math.max(goneBefore, values[0]);
      else {
        const [sequence, topic, message] = values;
        entries.set(sequence, { sequence, topic, payload: JSON.stringify(message) });
      }
    }
  }
  if (damagedCount > 0) {
    notice(`mqtt: ${damagedCount} damaged ${damagedCount === 1 ? "line" : "lines"} in ${directory} skipped`);
  }
  let next = Math.max(goneBefore, afterSkipped);
  for (const sequence of entries.keys()) next = Math.max(next, sequence + 1);
  const left = [...entries.values()].filter(({ sequence }) => sequence >= goneBefore)
    .sort((one, other) => one.sequence - other.sequence);
  return { segments, entries: left, goneBefore, next };
}

/** The line of an entry. */
export function entryLine({ sequence, topic, payload }: Waiting): string {
  return line(`[${sequence},${JSON.stringify(topic)},${payload}]`);
}

/** The line that says that everything before an entry is gone. */
export function goneLine(sequence: number): string {
  return line(`[${sequence}]`);
}

/** @returns undefined for a FIFO or a device, with a notice */
function contentOf(path: string, notice: (line: string) => void): string | undefined {
  try {
    return Buffer.from(readRegularFile(path, MOST_BYTES).bytes).toString();
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    notice(`mqtt: ${path} is skipped: ${error.message}`);
    return undefined;
  }
}

function line(text: string): string {
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

// deno-lint-ignore no-explicit-any
function valuesOf(text: string): any[] | undefined {
  const json = text.slice(9);
  if (text.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
