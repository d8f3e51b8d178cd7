import type { LogStream } from "./log_line.ts";

/** What is logged as one: a line, a piece of one that was too long, or several that belong together. */
export interface LogEntry {
  readonly id: string;
  readonly stream: LogStream;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  /** As the process wrote them, without the last newline. */
  readonly bytes: Uint8Array;
  /** Of the first byte behind it in its stream, counted from where its capture counts. */
  readonly endOffset: number;
  /** Whether the line goes on in the next entry. */
  readonly isPartial: boolean;
  /** Said by proctor, not by the process: what was dropped. */
  readonly isNotice: boolean;
  /** More about it, where the configuration asks for more. */
  readonly metadata: Readonly<Record<string, string | number>> | null;
}

/** What a format adds to a line, about. */
const HEAD_BYTES = 100;

/** The end of a piece of entries from an index on: of a number of bytes at most, and one entry at least. */
export function endOfPiece(entries: readonly LogEntry[], at: number, mostBytes: number): number {
  let bytes = 0;
  let end = at;
  do bytes += entries[end++].bytes.length + HEAD_BYTES; while (
    end < entries.length && bytes + entries[end].bytes.length + HEAD_BYTES <= mostBytes
  );
  return end;
}
