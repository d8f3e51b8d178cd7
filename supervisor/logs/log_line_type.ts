/* Written by scripts/build_types.ts from the schemas. */

/** One line that a process wrote, as it is read back. */
export type LogLine = {
  /** When it was collected, RFC 3339, UTC, milliseconds; null where its file does not say. */
  timestamp: string | null;
  /** Of the managed process. */
  id: string;
  /** Null where its file does not say. */
  stream: "stdout" | "stderr" | null;
  /** Without its end; what is not UTF-8 stands as U+FFFD, the file has the bytes. */
  message: string;
  /** The line was too long, and goes on in the next one. */
  partial?: boolean | undefined;
  /** Said by proctor, not by the process: that something is missing here. */
  notice?: boolean | undefined;
};
