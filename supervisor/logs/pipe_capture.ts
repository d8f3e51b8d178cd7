import type { RunningProcess } from "../../group/running_process.ts";
import type { LogEntry } from "./entry.ts";
import type { LogStream } from "./log_line.ts";
import type { ChildStreams } from "./child_streams.ts";
import type { Capture, ProcessLogs } from "./process_logs.ts";
import type { StreamPipeline } from "./stream_pipeline.ts";
import { WaitingLines } from "./waiting_lines.ts";
import { waitAtMost } from "../../io/deadline.ts";

/** A process outside of the tree may hold a pipe open: its end is waited for no longer than this. */
const PATIENCE_MS = 1_000;

/** Collects from pipes: nothing is written twice, and what is in a pipe is lost when the supervisor is killed. */
export class PipeCapture implements Capture {
  readonly #logs: ProcessLogs;
  readonly #reading = new Set<Reading>();

  constructor(logs: ProcessLogs) {
    this.#logs = logs;
  }

  openStreams(): ChildStreams {
    const stdio = (stream: LogStream) => this.#logs.plan.streams.includes(stream) ? "pipe" : "null";
    return { stdout: stdio("stdout"), stderr: stdio("stderr"), [Symbol.dispose]: () => {} };
  }

  started(child: RunningProcess): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const source = child[stream];
      if (!source) continue;
      const reading = new Reading(this.#logs, this.#logs.pipeline(stream, 0), source);
      this.#reading.add(reading);
      void reading.ended.then(() => this.#reading.delete(reading));
    }
  }

  async drain(isOver: boolean): Promise<void> {
    if (!isOver) return;
    await waitAtMost(PATIENCE_MS, Promise.all([...this.#reading].map(({ ended }) => ended)));
    await this.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#reading].map((reading) => reading.stop()));
  }

  remove(): void {}
}

/** One pipe, read to its end. */
class Reading {
  readonly #logs: ProcessLogs;
  readonly #pipeline: StreamPipeline;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #waiting: WaitingLines;
  /** Resolves when everything is written. */
  readonly ended: Promise<void>;

  constructor(logs: ProcessLogs, pipeline: StreamPipeline, source: ReadableStream<Uint8Array>) {
    this.#logs = logs;
    this.#pipeline = pipeline;
    this.#reader = source.getReader();
    this.#waiting = new WaitingLines(logs.plan.multiline, () => [pipeline], async (take) => {
      await this.#write(take());
      this.#waiting.later();
    });
    this.ended = this.#readAll();
  }

  async stop(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.ended;
  }

  async #readAll(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        this.#waiting.stop();
        if (done) break;
        // Waiting for the write is what keeps a flood from filling the memory.
        await this.#write(this.#pipeline.push(value));
        this.#waiting.later();
      }
    } catch { /* The pipe was taken away: what came of it is kept. */ }
    this.#waiting.stop();
    await this.#write(this.#pipeline.end());
  }

  async #write(entries: readonly LogEntry[]): Promise<void> {
    await this.#logs.write(entries).catch(() => {});
  }
}
