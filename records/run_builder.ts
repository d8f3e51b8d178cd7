import { usageError } from "../core/error.ts";
import type {
  ProcessRecord,
  ProctorRecord,
  SampleRecord,
  StartRecord,
  SummaryRecord,
} from "../core/schema/record.ts";
import type { ReadOptions } from "./read_options.ts";
import type { RecordedRun, UnendedProcess } from "./recorded_run.ts";
import { COLUMN_NAMES, SampleColumns } from "./sample_columns.ts";

/** Gathers the records of one run. */
export class RunBuilder {
  readonly #samples = new SampleColumns();
  readonly #processes: ProcessRecord[] = [];
  readonly #unended = new Map<string, UnendedProcess>();
  readonly #notes: string[] = [];
  #summary: SummaryRecord | null = null;
  #elapsed = 0;

  constructor(
    readonly start: StartRecord,
    readonly file: string,
    readonly line: number,
    readonly options: ReadOptions,
  ) {}

  /** Take a record that follows; `line` is for messages. */
  take(record: ProctorRecord, line: number): void {
    const at = `${this.file}:${line}`;
    if (this.#summary) {
      throw usageError(`${at}: a ${record.kind} record after the summary; are two runs mixed in this file?`);
    }
    if (record.kind === "sample") this.#takeSample(record, at);
    else if (record.kind === "process") this.#takeProcess(record);
    else if (record.kind === "summary") this.#summary = record;
  }

  /** Add a sentence that a reader should know. */
  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  /** The run as far as it was recorded. */
  finish(): RecordedRun {
    if (!this.#summary) {
      this.note(
        "the records end before the run does: there is no summary, and its totals are those of the last sample",
      );
    }
    return {
      file: this.file,
      line: this.line,
      start: this.start,
      samples: this.#samples,
      processes: this.#processes,
      unended: [...this.#unended.values()],
      summary: this.#summary,
      notes: this.#notes,
    };
  }

  #takeSample(sample: SampleRecord, at: string): void {
    if (sample.elapsed_seconds < this.#elapsed) {
      throw usageError(
        `${at}: time goes back from ${this.#elapsed}s to ${sample.elapsed_seconds}s; are two runs mixed in this file?`,
      );
    }
    this.#elapsed = sample.elapsed_seconds;
    if (this.options.samples !== false) {
      this.#samples.add();
      for (const name of COLUMN_NAMES) {
        const value = sample[name];
        if (typeof value === "number") this.#samples.set(name, value);
      }
      if (sample.app) this.#samples.setTold(sample.app);
    }
    if (this.options.processes !== false) this.#noteRows(sample);
  }

  #noteRows(sample: SampleRecord): void {
    for (const row of sample.processes ?? []) {
      const key = `${row.pid} ${row.start_time}`;
      const before = this.#unended.get(key)?.peakMemoryBytes ?? null;
      const now = row.memory_bytes ?? null;
      const peakMemoryBytes = before === null || (now !== null && now > before) ? now : before;
      this.#unended.set(key, { row, elapsedSeconds: sample.elapsed_seconds, peakMemoryBytes });
    }
  }

  #takeProcess(record: ProcessRecord): void {
    this.#unended.delete(`${record.pid} ${record.start_time}`);
    if (this.options.processes !== false) this.#processes.push(record);
  }
}
