import type { ProctorRecord } from "../../core/schema/record.ts";

/** Turns records into the text of one format, piece by piece. */
export interface Exporter<T = ProctorRecord> {
  /** The text for a record, line breaks included; empty when the format has no place for it. */
  format(record: T): string;
}
