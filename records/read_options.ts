import type { ProctorRecord } from "../core/schema/record.ts";

/** What is to be read of a file. */
export interface ReadOptions {
  /** False leaves the columns of samples empty: whoever wants totals only saves the memory. */
  readonly samples?: boolean;
  /** False leaves out the processes. */
  readonly processes?: boolean;
  /** Shown every record as it is read, samples with all they say; `run` counts the runs from 0. */
  readonly visit?: (record: ProctorRecord, run: number) => void;
}
