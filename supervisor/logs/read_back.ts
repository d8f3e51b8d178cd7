import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { reasonOf } from "../../io/errno_words.ts";
import { ControlError } from "../control.ts";
import { EntryReader } from "./format.ts";
import type { LogFile } from "./log_file.ts";
import { noticeLine } from "./log_line.ts";
import type { LineFilter, LogLine, LogQuery, LogStream } from "./log_line.ts";
import type { LogOutput } from "./log_output.ts";
import { merge } from "./merge.ts";
import type { LogTarget } from "./resolve.ts";

/** What reading back needs of a process's logs. */
export interface ReadableLogs {
  readonly id: string;
  readonly plan: { readonly streams: readonly LogStream[] };
  readonly outputs: readonly LogOutput[];
}

/** A log to be read, and the streams that are taken from it. */
interface Source {
  readonly id: string;
  readonly file: LogFile;
  readonly target: LogTarget;
  readonly streams: readonly LogStream[];
}

/** A query, and how much of a file is read at once. */
type Reading = LogQuery & { readonly pieceBytes: number };

/** A file as it was when reading began. */
interface Part {
  readonly path: string;
  /** Of the file that is still written to: open, up to a length. */
  readonly open: { readonly descriptor: number; readonly size: number } | null;
}

const PIECE_BYTES = 65_536;
const NEWLINE = 10;

/**
 * Lines that were collected, the oldest first, up to what is there at the moment of the call.
 * @param pieceBytes read at once; of many logs together less, since each holds a piece
 * @throws ControlError `conflict`
 */
export function readBack(
  logs: ReadableLogs,
  query: LogQuery,
  signal: AbortSignal,
  pieceBytes = PIECE_BYTES,
): AsyncIterable<LogLine> {
  demandReadable(logs, query);
  const sources = sourcesOf(logs, query.stream);
  const parts = sources.map((source) => partsOf(source, query.sinceMs));
  return readSources(sources, parts, { ...query, pieceBytes }, signal);
}

/** Lines of a log that is opened when they are asked for; where it cannot be read, a line that says so. */
export async function* told(
  id: string,
  open: () => AsyncIterable<LogLine> | Promise<AsyncIterable<LogLine>>,
): AsyncGenerator<LogLine> {
  try {
    yield* await open();
  } catch (error) {
    yield noticeLine(id, `its log cannot be read: ${reasonOf(error)}`);
  }
}

/** @throws ControlError `conflict` when the query cannot be answered from the files */
export function demandReadable(logs: ReadableLogs, query: LogQuery): void {
  const sources = sourcesOf(logs, query.stream);
  if (sources.length === 0 && !query.follow) {
    throw new ControlError(
      "conflict",
      `${logs.id}: its output is kept in no file; follow it, or give it a file`,
    );
  }
  if (query.sinceMs !== undefined && sources.some(({ target }) => target.format === "plain")) {
    throw new ControlError(
      "conflict",
      `${logs.id}: its log is plain and has no times to go by; use format enhanced_plain or json`,
    );
  }
}

/** One file for each stream, those with times first; a file for both stands for both. */
function sourcesOf({ id, plan, outputs }: ReadableLogs, wanted: LogStream | undefined): Source[] {
  const files = outputs.filter(({ file }) => file?.isFile)
    .toSorted((a, b) => Number(a.target.format === "plain") - Number(b.target.format === "plain"));
  const chosen = new Map<LogOutput, LogStream[]>();
  for (const stream of plan.streams) {
    if (wanted !== undefined && stream !== wanted) continue;
    const output = files.find(({ target }) => target.streams.includes(stream));
    if (output) chosen.set(output, [...(chosen.get(output) ?? []), stream]);
  }
  return [...chosen].map(([{ file, target }, streams]) => ({ id, file: file!, target, streams }));
}

function partsOf({ file }: Source, sinceMs: number | undefined): Part[] {
  const aside = file.setAside();
  // What was set aside before the time holds nothing later, nor does what is before it.
  const old = aside.findLastIndex(({ stampMs }) => sinceMs !== undefined && stampMs < sinceMs);
  return [
    ...aside.slice(old + 1).map(({ path }) => ({ path, open: null })),
    { path: file.path, open: { descriptor: openSync(file.path, "r"), size: file.size } },
  ];
}

async function* readSources(
  sources: readonly Source[],
  parts: readonly (readonly Part[])[],
  query: Reading,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  try {
    const { tail } = query;
    const streams = sources.map((source, index) =>
      tail === undefined
        ? readForward(source, parts[index], query)
        : fromArray(readLast(source, parts[index], { ...query, tail }))
    );
    const merged = merge(streams);
    if (tail === undefined) {
      for await (const line of merged) {
        if (signal.aborted) return;
        yield line;
      }
      return;
    }
    const last: LogLine[] = [];
    for await (const line of merged) {
      last.push(line);
      if (last.length > tail * sources.length) last.shift();
    }
    yield* tail === 0 ? [] : last.slice(-tail);
  } finally {
    for (const { open } of parts.flat()) if (open) closeSync(open.descriptor);
  }
}

async function* readForward(
  source: Source,
  parts: readonly Part[],
  query: Reading,
): AsyncGenerator<LogLine> {
  const isWanted = wanted(source, query);
  for (const part of parts) {
    for await (const line of linesOf(source, bytesOf(part, 0, query.pieceBytes))) {
      if (isWanted(line)) yield line;
    }
  }
}

/** The last lines that match, from the newest file backwards, no further than has to be. */
async function readLast(
  source: Source,
  parts: readonly Part[],
  query: LogQuery & { tail: number },
): Promise<LogLine[]> {
  let found: LogLine[] = [];
  for (const part of parts.toReversed()) {
    if (found.length >= query.tail) break;
    const missing = query.tail - found.length;
    found = [...await lastOf(source, part, query, missing), ...found];
  }
  return found;
}

async function lastOf(source: Source, part: Part, query: LogQuery, count: number): Promise<LogLine[]> {
  for (let length = PIECE_BYTES;; length *= 4) {
    const start = part.open ? Math.max(0, part.open.size - length) : 0;
    let kept: LogLine[] = [];
    const isWanted = wanted(source, query);
    for await (const line of linesOf(source, bytesOf(part, start), start > 0)) {
      if (!isWanted(line)) continue;
      kept.push(line);
      if (kept.length > 2 * count) kept = kept.slice(-count);
    }
    if (start === 0 || kept.length >= count) return kept.slice(-count);
  }
}

/** Says of lines of a source, one after another, whether they are asked for. */
function wanted({ streams }: Source, { sinceMs, filter }: LogQuery): LineFilter {
  const passes = filter?.();
  return (line) => {
    if (line.stream !== null && !streams.includes(line.stream)) return false;
    // What is too old may still say of what level its continuation is.
    const isLet = passes?.(line) ?? true;
    return isLet &&
      (sinceMs === undefined || line.timestamp === null || Date.parse(line.timestamp) >= sinceMs);
  };
}

/** @param isCut whether the first line may be only the end of one */
async function* linesOf(
  { id, target }: Source,
  pieces: AsyncIterable<Uint8Array>,
  isCut = false,
): AsyncGenerator<LogLine> {
  const reader = new EntryReader(id, target.format, target.prefix, target.streams);
  let rest: Uint8Array = new Uint8Array(0);
  let isFirst = isCut;
  // The middle of an entry cannot be told from a line without a head: begin at the first that has one.
  let isSkipping = isCut && target.format !== "plain";
  const isWhole = (line: LogLine | null): line is LogLine => {
    if (line && line.timestamp !== null) isSkipping = false;
    return line !== null && !isSkipping;
  };
  for await (const piece of pieces) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = isFirst ? null : reader.push(bytes.subarray(start, end));
      isFirst = false;
      start = end + 1;
      if (isWhole(line)) yield line;
    }
    rest = bytes.slice(start);
  }
  // Of a plain log: a line that has not come to its end.
  const open = rest.length > 0 && target.format === "plain" ? reader.push(rest) : null;
  if (isWhole(open)) yield open;
  const last = reader.end();
  if (isWhole(last)) yield rest.length > 0 && target.format === "plain" ? { ...last, partial: true } : last;
}

async function* bytesOf(
  { path, open }: Part,
  start = 0,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array> {
  if (open) {
    for (let at = start; at < open.size;) {
      const piece = new Uint8Array(Math.min(pieceBytes, open.size - at));
      const length = readSync(open.descriptor, piece, 0, piece.length, at);
      if (length === 0) return;
      at += length;
      yield piece.subarray(0, length);
      // A large file must not block all other work.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return;
  }
  const opened = openEither(path);
  if (!opened) return;
  const file = createReadStream("", { fd: opened.descriptor });
  try {
    yield* opened.isCompressed ? file.pipe(createGunzip()) : file;
  } finally {
    file.destroy();
  }
}

/** What was set aside may have been compressed meanwhile, or thrown away: null. */
function openEither(path: string): { descriptor: number; isCompressed: boolean } | null {
  for (const name of [path, `${path}.gz`]) {
    try {
      return { descriptor: openSync(name, "r"), isCompressed: name.endsWith(".gz") };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}

async function* fromArray(lines: Promise<LogLine[]>): AsyncGenerator<LogLine> {
  yield* await lines;
}
