import type { LogEntry } from "./entry.ts";
import { LineCutter } from "./line_cutter.ts";
import { LineJoiner } from "./line_joiner.ts";
import type { LogStream } from "./log_line.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { LogPlan } from "./resolve.ts";

/** What a pipeline asks of its surroundings for every entry. */
export interface EntryContext {
  readonly id: string;
  /** One for both streams of a process. */
  readonly rateLimit: RateLimit | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly metadata: ((lineNumber: number) => LogEntry["metadata"]) | null;
}

/** The bytes of one stream on their way to entries: cut into lines, joined, and let through or dropped. */
export class StreamPipeline {
  readonly #context: EntryContext;
  readonly #cutter: LineCutter;
  readonly #joiner: LineJoiner | null;
  #lineNumber = 0;
  #wasPartial = false;
  #entries: LogEntry[] = [];
  /** Everything before it has become an entry or was dropped. */
  endOffset: number;

  constructor(readonly stream: LogStream, plan: LogPlan, context: EntryContext, offset: number) {
    this.#context = context;
    this.#cutter = new LineCutter(plan.maxLineBytes, offset);
    this.#joiner = plan.multiline && new LineJoiner(plan.multiline);
    this.endOffset = offset;
  }

  /** Whether lines wait for others that may belong to them. */
  get isJoining(): boolean {
    return this.#joiner?.isWaiting ?? false;
  }

  push(chunk: Uint8Array): LogEntry[] {
    this.#cutter.push(chunk, this.#takeLine);
    return this.#taken();
  }

  /** Nothing has come for a while: what waits to be joined is complete. */
  settle(): LogEntry[] {
    this.#joiner?.flush(this.#takeEntry);
    return this.#taken();
  }

  /** The stream is over: what waits for its end gets none. */
  end(): LogEntry[] {
    this.#cutter.end(this.#takeLine);
    return this.settle();
  }

  readonly #takeLine = (line: Uint8Array, endOffset: number, isPartial: boolean): void => {
    const goesOn = this.#wasPartial;
    this.#wasPartial = isPartial;
    if (this.#joiner && !goesOn) this.#joiner.push(line, endOffset, isPartial, this.#takeEntry);
    else this.#takeEntry(line, endOffset, isPartial);
  };

  readonly #takeEntry = (bytes: Uint8Array, endOffset: number, isPartial: boolean): void => {
    const { id, rateLimit, now, monotonicMs, metadata } = this.#context;
    this.endOffset = endOffset;
    this.#lineNumber++;
    if (rateLimit && !rateLimit.admits(bytes.length, monotonicMs())) return;
    const { stream } = this;
    const more = metadata?.(this.#lineNumber) ?? null;
    const timestampMs = now();
    const isNotice = false;
    this.#entries.push({ id, stream, timestampMs, bytes, endOffset, isPartial, isNotice, metadata: more });
  };

  #taken(): LogEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}
