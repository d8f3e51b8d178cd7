import type { RunningProcess } from "../../group/running_process.ts";
import type { LogEntry } from "./entry.ts";
import type { LogStream } from "./log_line.ts";
import type { Capture, ChildStreams, ProcessLogs } from "./process_logs.ts";
import type { StreamPipeline } from "./stream_pipeline.ts";

/** Somebody outside of the tree may hold a pipe open: its end is not waited for longer than this. */
const PATIENCE_MS = 1_000;

/** Collects from pipes: nothing is written twice, and what is in a pipe is lost when the supervisor is killed. */
export class PipeCapture implements Capture {
  readonly #logs: ProcessLogs;
  readonly #reading = new Set<Reading>();

  constructor(logs: ProcessLogs) {
    this.#logs = logs;
  }

  launch(start: (stdio: ChildStreams) => RunningProcess): RunningProcess {
    const stdio = (stream: LogStream) => this.#logs.plan.streams.includes(stream) ? "pipe" : "null";
    const running = start({ stdout: stdio("stdout"), stderr: stdio("stderr") });
    for (const stream of ["stdout", "stderr"] as const) {
      const source = running[stream];
      if (!source) continue;
      const reading = new Reading(this.#logs, this.#logs.pipeline(stream, 0), source);
      this.#reading.add(reading);
      void reading.ended.then(() => this.#reading.delete(reading));
    }
    return running;
  }

  async drain(isOver: boolean): Promise<void> {
    if (!isOver) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE_MS));
    await Promise.race([Promise.all([...this.#reading].map(({ ended }) => ended)), late]);
    clearTimeout(timer);
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
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** Resolves when everything is written. */
  readonly ended: Promise<void>;

  constructor(logs: ProcessLogs, pipeline: StreamPipeline, source: ReadableStream<Uint8Array>) {
    this.#logs = logs;
    this.#pipeline = pipeline;
    this.#reader = source.getReader();
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
        clearTimeout(this.#settling);
        if (done) break;
        // Waiting for the write is what keeps a flood from filling the memory.
        await this.#write(this.#pipeline.push(value));
        this.#settleLater();
      }
    } catch { /* The pipe was taken away: what came of it is kept. */ }
    await this.#write(this.#pipeline.end());
  }

  #settleLater(): void {
    const { multiline } = this.#logs.plan;
    if (!multiline || !this.#pipeline.isJoining) return;
    this.#settling = setTimeout(() => void this.#write(this.#pipeline.settle()), multiline.timeoutMs);
  }

  async #write(entries: readonly LogEntry[]): Promise<void> {
    await this.#logs.write(entries).catch(() => {});
  }
}
