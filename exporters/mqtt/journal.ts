import { close, mkdirSync, open, readdirSync, readFileSync, write } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { ProctorError, usageError } from "../../core/error.ts";
import { reasonOf } from "../record_writer.ts";
import { DirectoryLock } from "./directory_lock.ts";
import type { Waiting } from "./waiting.ts";

const SEGMENT_BYTES = 1024 * 1024;
const SEGMENT_NAME = /^(\d{15})\.queue$/;

interface Segment {
  readonly path: string;
  /** No entry of the files before has this one or a later one. */
  readonly sequence: number;
}

/**
 * What waits, on disk: files that only grow, a line for each entry and one for how far entries are gone. A line is
 * `CHECKSUM [sequence,"topic",message]` or `CHECKSUM [sequence]`: everything before that one is gone. Files of which
 * nothing is left are deleted.
 *
 * It is written behind the back of the program, at once and without making it wait: what was handed over a few
 * milliseconds before a SIGKILL may be missing, and what was delivered then is delivered again. It is not flushed to
 * the device: a machine that loses its power may lose the newest of it.
 */
export class Journal {
  readonly #segments: Segment[] = [];
  #lines: string[] = [];
  /** Of the first of the lines. */
  #linesSequence: number | undefined;
  #goneBefore = 0;
  #goneWritten = 0;
  #next = 0;
  #writing: Promise<void> | undefined;
  /** A descriptor. */
  #file: number | undefined;
  #fileBytes = 0;
  #hasFailed = false;

  private constructor(
    readonly directory: string,
    readonly lock: DirectoryLock,
    readonly notice: (line: string) => void,
  ) {}

  /**
   * Take a directory, which is made if need be, and read what was left in it.
   * @param where the setting that names the directory
   * @throws ProctorError of kind `usage` when it cannot be used, or is in use
   */
  static open(
    directory: string,
    where: string,
    notice: (line: string) => void,
  ): { journal: Journal; entries: Waiting[] } {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const lock = DirectoryLock.take(directory, where);
      const journal = new Journal(directory, lock, notice);
      try {
        return { journal, entries: journal.#read() };
      } catch (error) {
        lock.release();
        throw error;
      }
    } catch (error) {
      if (error instanceof ProctorError) throw error;
      throw usageError(`${where}: cannot use ${directory}: ${reasonOf(error as NodeJS.ErrnoException)}`);
    }
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#next;
  }

  /** Write an entry down, whose number is {@link next}. */
  append({ sequence, topic, payload }: Waiting): void {
    this.#next = sequence + 1;
    this.#linesSequence ??= sequence;
    this.#lines.push(line(`[${sequence},${JSON.stringify(topic)},${payload}]`));
    this.#write();
  }

  /** Everything before this one is delivered or dropped. */
  forgetBefore(sequence: number): void {
    if (sequence <= this.#goneBefore) return;
    this.#goneBefore = sequence;
    this.#write();
  }

  /** Finish writing and let others have the directory. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#endSegment().catch(() => {});
    // Nothing waits: nothing needs to be known.
    if (this.#goneBefore === this.#next) {
      await Promise.all(this.#segments.map(({ path }) => unlink(path).catch(() => {})));
    }
    this.lock.release();
  }

  #read(): Waiting[] {
    const entries = new Map<number, Waiting>();
    let damagedCount = 0;
    const names = readdirSync(this.directory).filter((name) => SEGMENT_NAME.test(name)).sort();
    for (const name of names) {
      const path = join(this.directory, name);
      this.#segments.push({ path, sequence: Number.parseInt(name) });
      const lines = readFileSync(path, "utf8").split("\n");
      // What stands behind the last line break is cut off.
      damagedCount += lines.pop() === "" ? 0 : 1;
      for (const text of lines) {
        const values = valuesOf(text);
        if (!values) damagedCount++;
        else if (values.length === 1) this.#goneBefore = Math.max(this.#goneBefore, values[0]);
        else {
          const [sequence, topic, message] = values;
          entries.set(sequence, { sequence, topic, payload: JSON.stringify(message) });
        }
      }
    }
    if (damagedCount > 0) {
      this.notice(
        `mqtt: ${damagedCount} damaged ${damagedCount === 1 ? "line" : "lines"} in ${this.directory} skipped`,
      );
    }
    this.#goneWritten = this.#goneBefore;
    this.#next = this.#goneBefore;
    for (const sequence of entries.keys()) this.#next = Math.max(this.#next, sequence + 1);
    return [...entries.values()].filter(({ sequence }) => sequence >= this.#goneBefore)
      .sort((one, other) => one.sequence - other.sequence);
  }

  #write(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What is handed over in one go is written in one go.
    await Promise.resolve();
    while (this.#lines.length > 0 || this.#goneWritten < this.#goneBefore) {
      const lines = this.#lines;
      const sequence = this.#linesSequence ?? this.#next;
      this.#lines = [];
      this.#linesSequence = undefined;
      if (this.#goneWritten < this.#goneBefore) lines.push(line(`[${this.#goneBefore}]`));
      this.#goneWritten = this.#goneBefore;
      const bytes = Buffer.from(lines.join(""));
      try {
        this.#file ??= await this.#newSegment(sequence);
        for (let at = 0; at < bytes.length;) at += await writeSome(this.#file, bytes.subarray(at));
        this.#fileBytes += bytes.length;
        if (this.#fileBytes >= SEGMENT_BYTES) await this.#endSegment();
        await this.#deleteGone();
      } catch (error) {
        await this.#fail(error as NodeJS.ErrnoException);
      }
    }
    // Here and now: what is handed over next must find nobody writing.
    this.#writing = undefined;
  }

  /** Never one that is there: its end may be cut off. */
  async #newSegment(sequence: number): Promise<number> {
    const number = Math.max(sequence, (this.#segments.at(-1)?.sequence ?? -1) + 1);
    const path = join(this.directory, `${String(number).padStart(15, "0")}.queue`);
    const file = await openFile(path, "ax", 0o600);
    this.#segments.push({ path, sequence: number });
    this.#fileBytes = 0;
    return file;
  }

  async #endSegment(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await closeFile(file);
  }

  async #deleteGone(): Promise<void> {
    while (this.#segments.length > 1 && this.#segments[1].sequence <= this.#goneWritten) {
      await unlink(this.#segments.shift()!.path);
    }
  }

  /** The messages stay in memory; what is written may have a torn end, so that the next goes to another file. */
  async #fail(error: NodeJS.ErrnoException): Promise<void> {
    if (!this.#hasFailed) {
      this.notice(
        `mqtt: cannot write to ${this.directory}: ${reasonOf(error)}; what waits now would not outlive us`,
      );
    }
    this.#hasFailed = true;
    await this.#endSegment().catch(() => {});
  }
}

const openFile = promisify(open) as (path: string, flags: string, mode: number) => Promise<number>;
const closeFile = promisify(close);

function writeSome(file: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file, bytes, (error, count) => error ? reject(error) : resolve(count));
  });
}

function line(text: string): string {
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

// deno-lint-ignore no-explicit-any
function valuesOf(text: string): any[] | undefined {
  const json = text.slice(9);
  if (text.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
