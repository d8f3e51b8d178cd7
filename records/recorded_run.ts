import type { ProcessRecord, ProcessRow, StartRecord, SummaryRecord } from "../core/schema/record.ts";
import type { SampleColumns } from "./sample_columns.ts";

/** A process that was seen in samples and not seen to end. */
export interface UnendedProcess {
  /** Its row in the last sample that had it. */
  readonly row: ProcessRow;
  /** When it was seen last, in seconds since the start of the run. */
  readonly elapsedSeconds: number;
  /** The highest seen; null when unknown. */
  readonly peakMemoryBytes: number | null;
}

/** One run as it was recorded. */
export interface RecordedRun {
  /** Where it was read: the file as it was named, or `standard input`. */
  readonly file: string;
  /** The line of its start record. */
  readonly line: number;
  /** Its first record. */
  readonly start: StartRecord;
  /** Its samples, a column for each metric. */
  readonly samples: SampleColumns;
  /** The processes that were seen to end, in the order of their ends. */
  readonly processes: readonly ProcessRecord[];
  /** Known only where samples have rows per process. */
  readonly unended: readonly UnendedProcess[];
  /** Null when the run was cut off, or goes on. */
  readonly summary: SummaryRecord | null;
  /** What a reader should know: sentences. */
  readonly notes: readonly string[];
}
