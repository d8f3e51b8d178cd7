import { mkdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { ProctorError, usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { takeOwnerFile } from "../owner_file.ts";
import type { Lock } from "../../platform/mod.ts";
import { entryLine, goneLine, readJournal } from "./journal_files.ts";
import type { Segment } from "./journal_files.ts";
import { JournalSegment } from "./journal_segment.ts";
import type { Waiting } from "./waiting.ts";

const SEGMENT_BYTES = 1024 * 1024;
/** A disk that is full may have room again. */
const RETRY_MS = 1_000;
const OWNER_NAME = "owner";

/**
 * What waits, on disk: files that only grow, a line for each entry and one for how far entries are gone. Files of
 * which nothing is left are deleted.
 *
 * It is written behind the back of the program, at once and without making it wait: what was handed over a few
 * milliseconds before a SIGKILL may be missing, and what was delivered then is delivered again. It is not flushed to
 * the device: a machine that loses its power may lose the newest of it. What a full disk does not take is written
 * once it has room.
 */
export class Journal {
  readonly #segments: Segment[] = [];
  /** What is not on disk yet, the oldest first. */
  #unwritten: Waiting[] = [];
  #goneBefore = 0;
  #goneWritten = 0;
  #next = 0;
  #writing: Promise<void> | undefined;
  #segment: JournalSegment | undefined;
  #hasFailed = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    readonly directory: string,
    readonly lock: Lock,
    readonly notice: (line: string) => void,
  ) {}

  /**
   * Take a directory, which is made if need be, and read what was left in it.
   * @param where the setting that names the directory
   * @param lockFile locks a file as the platform does
   * @throws ProctorError of kind `usage` when it cannot be used, or is in use
   */
  static open(
    directory: string,
    where: string,
    notice: (line: string) => void,
    lockFile: (path: string) => Lock | null,
  ): { journal: Journal; entries: Waiting[] } {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const lock = takeOwnerFile(join(directory, OWNER_NAME), `${where}: ${directory}`, lockFile);
      const journal = new Journal(directory, lock, notice);
      try {
        return { journal, entries: journal.#read() };
      } catch (error) {
        lock.release();
        throw error;
      }
    } catch (error) {
      if (error instanceof ProctorError) throw error;
      throw usageError(
        `${where}: cannot use ${directory}: ${reasonOf(error, { EEXIST: "it is not a directory" })}`,
      );
    }
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#next;
  }

  /** Write an entry down, whose number is {@link next}. */
  append(entry: Waiting): void {
    this.#next = entry.sequence + 1;
    this.#unwritten.push(entry);
    this.#write();
  }

  /** How many of those that are not forgotten are not on disk. */
  get unwrittenCount(): number {
    this.#prune();
    return this.#unwritten.length;
  }

  /** Everything before this one is delivered or dropped. */
  forgetBefore(sequence: number): void {
    if (sequence <= this.#goneBefore) return;
    this.#goneBefore = sequence;
    this.#write();
  }

  /** Finish writing, as far as there is room. */
  async flush(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#write();
    await this.#writing;
  }

  /** Finish writing and let others have the directory. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#retryTimer);
    await this.#segment?.close();
    // Nothing waits: nothing needs to be known.
    if (this.#goneBefore === this.#next) {
      await Promise.all(this.#segments.map(({ path }) => unlink(path).catch(() => {})));
    }
    this.lock.release();
  }

  #read(): Waiting[] {
    const found = readJournal(this.directory, this.notice);
    this.#segments.push(...found.segments);
    this.#goneWritten = this.#goneBefore = found.goneBefore;
    this.#next = found.next;
    return found.entries;
  }

  #write(): void {
    // While the disk is full, its next try takes everything.
    if (this.#retryTimer === undefined) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What is handed over in one go is written in one go.
    await Promise.resolve();
    for (;;) {
      this.#prune();
      if (this.#unwritten.length === 0 && this.#goneWritten >= this.#goneBefore) break;
      try {
        // First of all, since it makes room.
        await this.#deleteGone();
        await this.#writeSome();
        if (this.#hasFailed) this.notice(`mqtt: ${this.directory} is written to again`);
        this.#hasFailed = false;
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException);
        break;
      }
    }
    // Synchronous: the next message must not find a write under way.
    this.#writing = undefined;
  }

  async #writeSome(): Promise<void> {
    const goneBefore = this.#goneBefore;
    const lines: string[] = goneBefore > this.#goneWritten ? [goneLine(goneBefore)] : [];
    const sequences: number[] = lines.map(() => goneBefore - 1);
    let length = 0;
    for (const entry of this.#unwritten) {
      if (length >= SEGMENT_BYTES) break;
      lines.push(entryLine(entry));
      sequences.push(entry.sequence);
      length += entry.payload.length;
    }
    this.#segment ??= await this.#newSegment();
    const segment = this.#segment;
    const { count, error } = await segment.write(lines);
    if (count > 0) {
      this.#goneWritten = goneBefore;
      const last = sequences[count - 1];
      while (this.#unwritten.length > 0 && this.#unwritten[0].sequence <= last) this.#unwritten.shift();
    }
    if (segment.bytes >= SEGMENT_BYTES || (error && !segment.isWhole)) await this.#endSegment();
    if (segment.bytes === 0 && error) await this.#dropSegment();
    if (error) throw error;
  }

  /** Never one that is there: its end may be cut off. */
  async #newSegment(): Promise<JournalSegment> {
    const sequence = this.#unwritten[0]?.sequence ?? this.#next;
    const number = Math.max(sequence, (this.#segments.at(-1)?.sequence ?? -1) + 1);
    const path = join(this.directory, `${String(number).padStart(15, "0")}.queue`);
    const segment = await JournalSegment.create(path);
    this.#segments.push({ path, sequence: number });
    return segment;
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.close();
  }

  /** An empty file is of no use. */
  async #dropSegment(): Promise<void> {
    await this.#endSegment();
    const { path } = this.#segments.pop()!;
    await unlink(path).catch(() => {});
  }

  async #deleteGone(): Promise<void> {
    while (this.#segments.length > 1 && this.#segments[1].sequence <= this.#goneBefore) {
      await unlink(this.#segments.shift()!.path).catch(() => {});
    }
  }

  /** What is gone need not be written. */
  #prune(): void {
    const first = this.#unwritten.findIndex(({ sequence }) => sequence >= this.#goneBefore);
    this.#unwritten.splice(0, first < 0 ? this.#unwritten.length : first);
  }

  /** The messages stay in memory, and are written later. */
  #fail(error: NodeJS.ErrnoException): void {
    if (!this.#hasFailed) {
      this.notice(
        `mqtt: cannot write to ${this.directory}: ${reasonOf(error)}; ` +
          "until that ends, what waits would not outlive us",
      );
    }
    this.#hasFailed = true;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#write();
    }, RETRY_MS);
    this.#retryTimer.unref();
  }
}
