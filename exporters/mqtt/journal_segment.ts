import { close, fstatSync, ftruncate, open, write } from "node:fs";
import { promisify } from "node:util";

/** One file of a {@link Journal}, which only grows, by whole lines. */
export class JournalSegment {
  /** The length of its whole lines. */
  bytes = 0;
  /** Whether nothing else is in it. */
  isWhole = true;

  private constructor(readonly descriptor: number) {}

  /** Make one. @throws an error with the `code` of the failed open, also when there is such a file */
  static async create(path: string): Promise<JournalSegment> {
    return new JournalSegment(await openFile(path, "ax", 0o600));
  }

  /**
   * Write lines. What a full disk took of a line that it did not take whole, is taken back.
   * @returns how many are in the file, and why not all
   */
  async write(lines: readonly string[]): Promise<{ count: number; error?: NodeJS.ErrnoException }> {
    const texts = lines.map((line) => Buffer.from(line));
    const all = Buffer.concat(texts);
    let written = 0;
    try {
      while (written < all.length) written += await writeSome(this.descriptor, all.subarray(written));
      this.bytes += written;
      return { count: lines.length };
    } catch (error) {
      // How much of it went before, not every runtime tells.
      let left = Math.max(0, this.#sizeBytes() - this.bytes);
      let count = 0;
      for (; count < texts.length && texts[count].length <= left; count++) {
        left -= texts[count].length;
        this.bytes += texts[count].length;
      }
      await truncate(this.descriptor, this.bytes).catch(() => this.isWhole = false);
      return { count, error: error as NodeJS.ErrnoException };
    }
  }

  #sizeBytes(): number {
    try {
      return fstatSync(this.descriptor).size;
    } catch {
      return this.bytes;
    }
  }

  async close(): Promise<void> {
    await closeFile(this.descriptor).catch(() => {});
  }
}

const openFile = promisify(open) as (path: string, flags: string, mode: number) => Promise<number>;
const closeFile = promisify(close);
const truncate = promisify(ftruncate) as (descriptor: number, length: number) => Promise<void>;

function writeSome(file: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file, bytes, (error, count) => error ? reject(error) : resolve(count));
  });
}
