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
