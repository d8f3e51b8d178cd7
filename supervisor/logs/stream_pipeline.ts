import { LineCutter } from "../../io/lines/line_cutter.ts";
import type { LogEntry } from "./entry.ts";
import { LineJoiner } from "./line_joiner.ts";
import type { LogStream } from "./log_line.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { LogPlan } from "./resolve.ts";

/** A line that is not complete after this is shown as far as it has come: a prompt, a progress bar. */
const PARTIAL_AFTER_MS = 500;
const NOTHING = new Uint8Array(0);

/** What a pipeline needs to know for every entry. */
export interface EntryContext {
  readonly id: string;
  /** One for both streams of a process. */
  readonly rateLimit: RateLimit | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly metadata: ((lineNumber: number) => LogEntry["metadata"]) | null;
  /** Called with every line, also with one that the rate limit drops. */
  readonly seen: (stream: LogStream, bytes: Uint8Array) => void;
}

/** The bytes of one stream on their way to entries: cut into lines, joined, and let through or dropped. */
export class StreamPipeline {
  readonly #context: EntryContext;
  readonly #cutter: LineCutter;
  readonly #joiner: LineJoiner | null;
  #lineNumber = 0;
  #lines = 0;
  #wasPartial = false;
  #entries: LogEntry[] = [];
  /** When the line that waits for its end has begun or was shown last; null: none waits. */
  #waitingSinceMs: number | null = null;
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
    const lines = this.#lines;
    this.#cutter.push(chunk, this.#takeLine);
    if (this.#cutter.pendingBytes === 0) this.#waitingSinceMs = null;
    else if (this.#lines > lines) this.#waitingSinceMs = this.#context.monotonicMs();
    else this.#waitingSinceMs ??= this.#context.monotonicMs();
    return this.#taken();
  }

  /** In how many milliseconds {@link showPartial} will have something to show; null when no line waits for its end. */
  get partialInMs(): number | null {
    if (this.#waitingSinceMs === null) return null;
    return Math.max(0, this.#waitingSinceMs + PARTIAL_AFTER_MS - this.#context.monotonicMs());
  }

  /** What has waited for the end of its line for long enough, as a piece of it. */
  showPartial(): LogEntry[] {
    if (this.partialInMs !== 0) return [];
    this.#waitingSinceMs = null;
    this.#cutter.flush(this.#takeLine);
    return this.#taken();
  }

  /** Nothing has come for a while: what waits to be joined is complete. */
  settle(): LogEntry[] {
    this.#joiner?.flush(this.#takeEntry);
    return this.#taken();
  }

  /** The stream is over: what waits for its end gets none. */
  end(): LogEntry[] {
    this.#waitingSinceMs = null;
    this.#cutter.end(this.#takeLine);
    // A piece was shown, and the rest of its line never came.
    if (this.#wasPartial) this.#takeLine(NOTHING, this.endOffset, false);
    return this.settle();
  }

  readonly #takeLine = (line: Uint8Array, endOffset: number, isPartial: boolean): void => {
    this.#lines++;
    const goesOn = this.#wasPartial;
    this.#wasPartial = isPartial;
    if (this.#joiner && !goesOn) this.#joiner.push(line, endOffset, isPartial, this.#takeEntry);
    else this.#takeEntry(line, endOffset, isPartial);
  };

  readonly #takeEntry = (bytes: Uint8Array, endOffset: number, isPartial: boolean): void => {
    const { id, rateLimit, now, monotonicMs, metadata, seen } = this.#context;
    this.endOffset = endOffset;
    this.#lineNumber++;
    seen(this.stream, bytes);
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
