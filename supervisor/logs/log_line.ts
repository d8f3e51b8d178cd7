import { z } from "zod";
import type { LogLine } from "./log_line_type.ts";
export type { LogLine } from "./log_line_type.ts";

/** One line that a process wrote (or several that belong together), as it is read back. */
export const logLineSchema = z.strictObject({
  timestamp: z.string().nullable().describe(
    "when it was collected, RFC 3339, UTC, milliseconds; null where its file does not say",
  ),
  id: z.string().describe("of the managed process"),
  stream: z.enum(["stdout", "stderr"]).nullable().describe("null where its file does not say"),
  message: z.string().describe("without its end; what is not UTF-8 stands as U+FFFD, the file has the bytes"),
  partial: z.boolean().optional().describe("the line was too long, and goes on in the next one"),
  notice: z.boolean().optional().describe(
    "said by proctor, not by the process: that something is missing here",
  ),
});

/** Which lines to read back. */
export interface LogQuery {
  /** Milliseconds since the epoch: only lines collected then or later. */
  readonly sinceMs?: number;
  /** Only the last lines, as many as this. */
  readonly tail?: number;
  /** Go on with what is written from now on. */
  readonly follow?: boolean;
  /** Only lines of this stream; both when left out. */
  readonly stream?: LogStream;
  /** Only lines that pass; made for each reading anew, since a line may depend on those before it. */
  readonly filter?: () => LineFilter;
}

/** Whether a line is let through, asked of one after another. */
export type LineFilter = (line: LogLine) => boolean;

/** What proctor itself says among the lines of a process. */
export function noticeLine(id: string, message: string): LogLine {
  return { timestamp: null, id, stream: null, message, notice: true };
}

/** Which of the two streams of a process. */
export type LogStream = "stdout" | "stderr";
