import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { reasonOf } from "./errno_words.ts";
import type { Output } from "./output.ts";
import type { Rotation } from "./rotation.ts";

/** How a file is written to; each fails with an error that has a `code`. */
export interface FileWriter {
  open(path: string, append: boolean): Promise<number>;
  write(descriptor: number, bytes: Uint8Array): Promise<number>;
  close(descriptor: number): void;
  /** How to write without anybody waiting for it, where that can be had. */
  atOnce?(descriptor: number): ((bytes: Uint8Array) => number) | null;
}

const NEWLINE = 10;

/**
 * A file of lines that begins anew when it has become large. No line is lost, and none stands in two files. What cannot
 * be renamed goes on growing: that is told once.
 */
export class RotatingFile implements Output {
  #descriptor: number;
  #size: number;
  #isLineOpen = false;
  #compressing: Promise<void> = Promise.resolve();
  #warned = false;
  #writeNow: ((bytes: Uint8Array) => number) | null = null;
  /** It is seen to where the name leads before each write. */
  readonly gathers = true;
  /** Which file it is; undefined for a device or a pipe, which nobody moves away. */
  #identity: string | undefined;

  private constructor(
    readonly label: string,
    readonly writer: FileWriter,
    readonly rotation: Rotation | undefined,
    readonly warn: (line: string) => void,
    descriptor: number,
    size: number,
  ) {
    this.#descriptor = descriptor;
    this.#size = size;
    this.#identity = identityOf(label);
    this.#writeNow = writer.atOnce?.(descriptor) ?? null;
  }

  /**
   * Open a file, to be added to or made anew. A line that its last writer did not finish is ended.
   * @throws an error with the `code` of the failed open
   */
  static async open(
    path: string,
    writer: FileWriter,
    options: { append: boolean; rotation?: Rotation; warn: (line: string) => void },
  ): Promise<RotatingFile> {
    const descriptor = await writer.open(path, options.append);
    const size = options.append ? await endLastLine(path, descriptor, writer) : 0;
    return new RotatingFile(path, writer, options.rotation, options.warn, descriptor, size);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (!this.#isLineOpen && this.#identity !== undefined) await this.#follow();
    const length = this.rotation ? await this.#room(bytes, this.rotation) : bytes.length;
    return this.#note(bytes, await this.writer.write(this.#descriptor, bytes.subarray(0, length)));
  }

  /** What is to go on in the file that it was, and fits there; null for anything else. */
  writeAtOnce(bytes: Uint8Array): number | null {
    if (!this.#writeNow || this.#isLineOpen) return null;
    if (this.#identity !== undefined && !this.#isInPlace()) return null;
    if (this.rotation && this.#size + bytes.length > this.rotation.maxBytes) return null;
    return this.#note(bytes, this.#writeNow(bytes));
  }

  #note(bytes: Uint8Array, written: number): number {
    if (written > 0) {
      this.#size += written;
      this.#isLineOpen = bytes[written - 1] !== NEWLINE;
    }
    return written;
  }

  close(): void {
    this.writer.close(this.#descriptor);
  }

  /** When old files have been compressed. */
  async settled(): Promise<void> {
    await this.#compressing;
  }

  /** Others move it away (logrotate), remove or empty it: what comes next goes where its name leads. */
  async #follow(): Promise<void> {
    if (this.#isInPlace()) return;
    const found = statSync(this.label, { throwIfNoEntry: false });
    const descriptor = await this.writer.open(this.label, true);
    this.writer.close(this.#descriptor);
    this.#begin(descriptor, found?.isFile() ? found.size : 0);
    this.warn(`records: ${this.label} was moved or removed by others; it goes on in a file of that name`);
  }

  /** Whether its name leads to it; how large others have made it meanwhile is then known. */
  #isInPlace(): boolean {
    const found = statSync(this.label, { throwIfNoEntry: false });
    if (!found || this.#identity !== identityIn(found)) return false;
    this.#size = found.size;
    return true;
  }

  #begin(descriptor: number, size: number): void {
    this.#descriptor = descriptor;
    this.#writeNow = this.writer.atOnce?.(descriptor) ?? null;
    this.#size = size;
    this.#identity = identityOf(this.label);
  }

  /** How much of the bytes belongs into this file, which may be another one afterwards: whole lines. */
  async #room(bytes: Uint8Array, rotation: Rotation): Promise<number> {
    const lineEnd = bytes.indexOf(NEWLINE) + 1 || bytes.length;
    if (this.#isLineOpen) return lineEnd;
    if (this.#size > 0 && this.#size + lineEnd > rotation.maxBytes) await this.#rotate(rotation);
    const fitting = bytes.subarray(0, Math.max(0, rotation.maxBytes - this.#size)).lastIndexOf(NEWLINE) + 1;
    return Math.max(lineEnd, fitting);
  }

  async #rotate(rotation: Rotation): Promise<void> {
    await this.#compressing;
    try {
      await this.#shift(rotation);
      const descriptor = await this.writer.open(this.label, true);
      this.writer.close(this.#descriptor);
      this.#begin(descriptor, 0);
      this.#warned = false;
      if (rotation.gzip && rotation.keep > 0) this.#compressing = this.#compress(`${this.label}.1`);
    } catch (error) {
      // A disk that is full or a directory that is not ours: the file goes on growing, and nothing is lost.
      this.#warnOnce(
        `${this.label} cannot be rotated: ${reasonOf(error)}; it goes on growing`,
      );
    }
  }

  /** Rename the files from the oldest on; one that is missing leaves a gap. */
  async #shift({ keep }: Rotation): Promise<void> {
    const names = (number: number) => [`${this.label}.${number}`, `${this.label}.${number}.gz`];
    for (const name of names(keep)) await rm(name, { force: true });
    for (let number = keep - 1; number > 0; number--) {
      for (const [index, name] of names(number).entries()) {
        await rename(name, names(number + 1)[index]).catch((error) => {
          if (error.code !== "ENOENT") throw error;
        });
      }
    }
    if (keep > 0) await rename(this.label, `${this.label}.1`);
    else await rm(this.label);
  }

  async #compress(path: string): Promise<void> {
    try {
      const { compressFile } = await import("./compress_file.ts");
      await compressFile(path, true);
    } catch (error) {
      this.#warnOnce(`${path} cannot be compressed: ${reasonOf(error)}`);
    }
  }

  #warnOnce(what: string): void {
    if (!this.#warned) this.warn(`records: ${what}`);
    this.#warned = true;
  }
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? identityIn(found) : undefined;
}

function identityIn({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Its size, after a line break where the last line had none. */
async function endLastLine(path: string, descriptor: number, writer: FileWriter): Promise<number> {
  // By its path: not every runtime knows a descriptor that it has not opened itself.
  const stats = statSync(path);
  if (!stats.isFile() || stats.size === 0) return 0;
  const last = new Uint8Array(1);
  // The descriptor is for writing alone.
  const reading = openSync(path, "r");
  try {
    readSync(reading, last, 0, 1, stats.size - 1);
  } finally {
    closeSync(reading);
  }
  if (last[0] === NEWLINE) return stats.size;
  return stats.size + await writer.write(descriptor, Uint8Array.of(NEWLINE));
}
