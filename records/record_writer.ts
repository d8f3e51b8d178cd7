import type { ProctorRecord } from "../core/schema/record.ts";
import { reasonOf } from "../io/errno_words.ts";
import type { Output } from "../io/output.ts";
import type { Exporter } from "./formats/exporter.ts";

/** A reader that stands still must not make us eat the machine's memory: beyond this, samples are dropped. */
const LONGEST_QUEUE_BYTES = 16 * 1024 * 1024;
/** A pipe that somebody has made non-blocking may be full: then it is tried again after this long. */
const RETRY_MS = 5;

/** Records gather for this long before they are written: every write wakes up another thread. */
const GATHER_MS = 200;

/** How a writer goes on. */
export interface WriterOptions<T> {
  /** Whether a record may be left out when writing falls behind; default: samples may. */
  readonly isDispensable?: (record: T) => boolean;
  /** Records that are left out when half of the room is taken, so that the others go on; what they are of. */
  readonly minor?: { readonly is: (record: T) => boolean; readonly words: string };
  /** Try again after so long when writing fails (a full disk), and keep what comes meanwhile; default: give up. */
  readonly retryMs?: number;
  /** Told instead of a warning when writing has failed for good. */
  readonly onFailure?: (error: NodeJS.ErrnoException) => void;
}

/**
 * Writes records without ever making the run wait, and without ever harming it: the first failure (a full disk,
 * a closed pipe) is told once, then writing ends, unless it is to be tried again.
 */
export class RecordWriter<T = ProctorRecord> {
  /** Texts, behind what is left of one that was offered. */
  readonly #queue: (Uint8Array | string)[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #failed = false;
  /** What has been told to be left out. */
  readonly #warnedOf = new Set<string>();
  #lastWriteMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  #isClosing = false;
  #isRetrying = false;
  #endRetry: () => void = () => {};

  /** @param warn told once, in one line, when writing fails or falls behind */
  constructor(
    readonly output: Output,
    readonly exporter: Exporter<T>,
    readonly warn: (line: string) => void,
    readonly options: WriterOptions<T> = {},
  ) {}

  /** Whether nothing is written any more. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Whether everything is written: nothing waits for the event loop. */
  get isIdle(): boolean {
    return this.#writing === undefined && this.#queue.length === 0;
  }

  /** Records that were left out, because writing fell behind or failed. */
  droppedCount = 0;

  /** Queue a record. */
  write(record: T): void {
    if (this.#failed) return void this.droppedCount++;
    if (this.#queuedBytes > LONGEST_QUEUE_BYTES / 2) {
      const { isDispensable = isSample, minor } = this.options;
      if (minor?.is(record)) return this.#drop(minor.words);
      if (this.#queuedBytes > LONGEST_QUEUE_BYTES && isDispensable(record)) return this.#drop("samples");
    }
    const text = this.exporter.format(record);
    if (text === "") return;
    const rest = this.#offer(text);
    if (rest.length === 0) return;
    this.#queue.push(rest);
    // Of a text its length, until it is made bytes.
    this.#queuedBytes += rest.length;
    this.#schedule();
  }

  /** Wait until everything is written (or has failed), then close. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#endRetry();
    this.#flush();
    await this.#writing;
    this.output.close();
    await this.output.settled?.();
  }

  /** A pipe that has room takes a record in a microsecond, and its reader has it at once; what is left comes back. */
  #offer(text: string): Uint8Array | string {
    // What waits is made bytes of all together.
    if (!this.output.writeAtOnce || this.#writing || this.#queue.length > 0) return text;
    const bytes = Buffer.from(text);
    try {
      return bytes.subarray(this.output.writeAtOnce(bytes) ?? 0);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
      return bytes.subarray(bytes.length);
    }
  }

  #drop(words: string): void {
    this.droppedCount++;
    if (!this.#warnedOf.has(words)) {
      this.warn(`records: ${this.output.label} does not take them fast enough; ${words} are dropped`);
    }
    this.#warnedOf.add(words);
  }

  /** The first record after a pause goes out at once, for whoever is looking on; a stream of them in batches. */
  #schedule(): void {
    const pause = this.#lastWriteMs + GATHER_MS - performance.now();
    if (pause <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), Math.ceil(pause));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // The write before may have taken along what the timer was set for.
    if (this.#queue.length > 0) this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const bytes = this.#takeQueued();
      this.#lastWriteMs = performance.now();
      await this.#writeWhole(bytes);
    }
    this.#writing = undefined;
  }

  #takeQueued(): Uint8Array {
    const [first] = this.#queue;
    const rest = typeof first === "string" ? undefined : first;
    const texts = Buffer.from((rest ? this.#queue.slice(1) : this.#queue).join(""));
    this.#queue.length = 0;
    const bytes = rest ? Buffer.concat([rest, texts]) : texts;
    this.#queuedBytes = bytes.length;
    return bytes;
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#failed;) {
      try {
        const written = await this.output.write(bytes.subarray(at));
        this.#queuedBytes -= written;
        at += written;
        if (this.#isRetrying) this.warn(`records: ${this.output.label} can be written to again`);
        this.#isRetrying = false;
      } catch (error) {
        const failure = error as NodeJS.ErrnoException;
        if (failure.code === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        else if (this.options.retryMs === undefined || this.#isClosing) this.#fail(failure);
        else await this.#pause(failure, this.options.retryMs);
      }
    }
  }

  async #pause(error: NodeJS.ErrnoException, retryMs: number): Promise<void> {
    if (!this.#isRetrying) {
      this.warn(`records: cannot write to ${this.output.label}: ${reasonOf(error)}; trying again`);
    }
    this.#isRetrying = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      this.#endRetry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failed = true;
    this.#queue.length = 0;
    if (this.options.onFailure) return this.options.onFailure(error);
    this.warn(
      `records: cannot write to ${this.output.label}: ${reasonOf(error)}; the run goes on without them`,
    );
  }
}

function isSample(record: unknown): boolean {
  return (record as ProctorRecord).kind === "sample";
}
