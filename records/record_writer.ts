import type { ProctorRecord } from "../core/schema/record.ts";
import { reasonOf } from "../io/errno_words.ts";
import type { Output } from "../io/output.ts";
import { LoopTimers } from "../io/still_timers.ts";
import type { Timer, Timers } from "../io/still_timers.ts";
import type { Exporter } from "./formats/exporter.ts";

/** A reader that stands still must not make us eat the machine's memory: beyond this, samples are dropped. */
const LONGEST_QUEUE_BYTES = 16 * 1024 * 1024;
/** A pipe that somebody has made non-blocking may be full: then it is tried again after this long. */
const RETRY_MS = 5;

/** Records gather for this long before they are written: every write has a price of its own. */
const GATHER_MS = 200;

const NO_ROOM = Buffer.alloc(0);
const LEAST_ROOM_BYTES = 16 * 1024;
/** Room beyond this, which it took once, is let go of. */
const MOST_KEPT_BYTES = 1024 * 1024;
/** UTF-8 of a character of JavaScript has at most so many bytes. */
const WIDEST_CHARACTER = 3;

/** How a writer goes on. */
export interface WriterOptions<T> {
  /** Whether a record may be left out when writing falls behind; default: samples may. */
  readonly isDispensable?: (record: T) => boolean;
  /** Records that are left out when half of the room is taken, so that the others go on; what they are of. */
  readonly minor?: { readonly is: (record: T) => boolean; readonly words: string };
  /** Try again after so long when writing fails (a full disk), and keep what comes meanwhile; default: give up. */
  readonly retryMs?: number;
  /** Those of a program that does not leave its thread to the event loop. */
  readonly timers?: Timers;
  /** Told instead of a warning when writing has failed for good. */
  readonly onFailure?: (error: NodeJS.ErrnoException) => void;
}

/**
 * Writes records without ever making the run wait, and without ever harming it: the first failure (a full disk,
 * a closed pipe) is told once, then writing ends, unless it is to be tried again.
 */
export class RecordWriter<T = ProctorRecord> {
  /** What waits to be written, in the first bytes of a room that is used again and again. */
  #room = NO_ROOM;
  #waitingBytes = 0;
  /** What is being written. */
  #writingBytes = 0;
  #writing: Promise<void> | undefined;
  #failed = false;
  /** What has been told to be left out. */
  readonly #warnedOf = new Set<string>();
  #lastWriteMs = -Infinity;
  readonly #timers: Timers;
  #timer: Timer | undefined;

  /** Whether more follows at once, and whether nothing waited before. */
  #isGathering = false;
  #wasEmpty = false;
  #isClosing = false;
  #isRetrying = false;
  #endRetry: () => void = () => {};

  /** @param warn told once, in one line, when writing fails or falls behind */
  constructor(
    readonly output: Output,
    readonly exporter: Exporter<T>,
    readonly warn: (line: string) => void,
    readonly options: WriterOptions<T> = {},
  ) {
    this.#timers = options.timers ?? new LoopTimers();
  }

  /** Whether nothing is written any more. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Whether everything is written: nothing waits for the event loop. */
  get isIdle(): boolean {
    return this.#writing === undefined && this.#waitingBytes === 0;
  }

  /** Whether another thread is waited for, which writes. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /** Whether a write is tried again after a while, by a timer of the event loop. */
  isPausing = false;

  /** Records that were left out, because writing fell behind or failed. */
  droppedCount = 0;

  /** Queue a record. */
  write(record: T): void {
    if (this.#failed) return void this.droppedCount++;
    const queuedBytes = this.#waitingBytes + this.#writingBytes;
    if (queuedBytes > LONGEST_QUEUE_BYTES / 2) {
      const { isDispensable = isSample, minor } = this.options;
      if (minor?.is(record)) return this.#drop(minor.words);
      if (queuedBytes > LONGEST_QUEUE_BYTES && isDispensable(record)) return this.#drop("samples");
    }
    const text = this.exporter.format(record);
    if (text !== "") this.#take(text);
  }

  /** Queue a sample that is formatted already, its line break included. */
  writeLine(line: Uint8Array): void {
    if (this.#failed) return void this.droppedCount++;
    if (this.#waitingBytes + this.#writingBytes > LONGEST_QUEUE_BYTES) return this.#drop("samples");
    const isFirst = this.#isEmpty;
    this.#makeRoom(line.length);
    this.#room.set(line, this.#waitingBytes);
    this.#waitingBytes += line.length;
    if (!this.#isGathering) this.#send(isFirst);
  }

  /** Many records follow, until {@link release}: they are written together. */
  gather(): void {
    this.#isGathering = true;
    this.#wasEmpty = this.#isEmpty;
  }

  /** What has gathered is written. */
  release(): void {
    this.#isGathering = false;
    if (this.#waitingBytes > 0) this.#send(this.#wasEmpty);
  }

  get #isEmpty(): boolean {
    return !this.#writing && this.#waitingBytes === 0;
  }

  #take(text: string): void {
    const isFirst = this.#isEmpty;
    this.#append(text);
    if (!this.#isGathering) this.#send(isFirst);
  }

  #send(isFirst: boolean): void {
    // What waits is written all together.
    if (isFirst && !this.output.gathers) this.#offer();
    if (this.#waitingBytes > 0) this.#schedule();
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

  #append(text: string): void {
    this.#makeRoom(text.length * WIDEST_CHARACTER);
    this.#waitingBytes += this.#room.write(text, this.#waitingBytes);
  }

  #makeRoom(bytes: number): void {
    const most = this.#waitingBytes + bytes;
    if (most <= this.#room.length) return;
    const room = Buffer.allocUnsafeSlow(Math.max(LEAST_ROOM_BYTES, most, 2 * this.#room.length));
    room.set(this.#room.subarray(0, this.#waitingBytes));
    this.#room = room;
  }

  /** A pipe that has room takes a record in a microsecond, and its reader has it at once; what is left waits. */
  #offer(): void {
    if (!this.output.writeAtOnce || this.#failed) return;
    try {
      const written = this.output.writeAtOnce(this.#room.subarray(0, this.#waitingBytes)) ?? 0;
      this.#room.copyWithin(0, written, this.#waitingBytes);
      this.#waitingBytes -= written;
      if (this.#waitingBytes === 0 && this.#room.length > MOST_KEPT_BYTES) this.#room = NO_ROOM;
    } catch (error) {
      // One that can be tried again fails again where that is seen to.
      if (this.options.retryMs === undefined) this.#fail(error as NodeJS.ErrnoException);
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
    if (this.#timer) return;
    const dueMs = this.#lastWriteMs + GATHER_MS;
    if (dueMs <= performance.now()) this.#flush();
    else this.#timer = this.#timers.set(dueMs, () => this.#flush());
  }

  #flush(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    // The write before may have taken along what the timer was set for.
    if (this.#waitingBytes === 0 || this.#writing) return;
    if (this.output.gathers) {
      this.#lastWriteMs = performance.now();
      this.#offer();
    }
    if (this.#waitingBytes > 0) this.#writing = this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#waitingBytes > 0) {
      const bytes = this.#room.subarray(0, this.#waitingBytes);
      // It belongs to the write until that is over.
      this.#room = NO_ROOM;
      this.#waitingBytes = 0;
      this.#writingBytes = bytes.length;
      this.#lastWriteMs = performance.now();
      await this.#writeWhole(bytes);
    }
    this.#writing = undefined;
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#failed;) {
      try {
        const written = await this.output.write(bytes.subarray(at));
        this.#writingBytes -= written;
        at += written;
        if (this.#isRetrying) this.warn(`records: ${this.output.label} can be written to again`);
        this.#isRetrying = false;
      } catch (error) {
        const failure = error as NodeJS.ErrnoException;
        this.isPausing = true;
        if (failure.code === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        else if (this.options.retryMs === undefined || this.#isClosing) this.#fail(failure);
        else await this.#pause(failure, this.options.retryMs);
        this.isPausing = false;
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
    this.#waitingBytes = this.#writingBytes = 0;
    if (this.options.onFailure) return this.options.onFailure(error);
    this.warn(
      `records: cannot write to ${this.output.label}: ${reasonOf(error)}; the run goes on without them`,
    );
  }
}

function isSample(record: unknown): boolean {
  return (record as ProctorRecord).kind === "sample";
}
