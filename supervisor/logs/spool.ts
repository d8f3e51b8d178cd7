import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import type { ReleaseFileSpace } from "../../group/file_space.ts";

/** Given back in pieces of this size: a file system gives back whole blocks. */
const RELEASE_BYTES = 1_048_576;
const MODE = 0o600;

/**
 * The file that a process writes one of its streams to, and we read. It is as a pipe that outlives us: what was written
 * stays until it is collected. What was collected is given back to the file system as a hole, while the process goes on
 * appending; so nothing is copied, no writer is switched, and nothing can be lost between a copy and a cut.
 */
export class Spool {
  readonly #descriptor: number;
  #releasedBytes = 0;

  /** @throws an error with a `code` of the file system */
  constructor(readonly path: string, public offset: number, readonly releaseFileSpace: ReleaseFileSpace) {
    // Made here, so that there is something to read before the process has begun.
    closeSync(openSync(path, "a", MODE));
    this.#descriptor = openSync(path, "r");
    if (offset > fstatSync(this.#descriptor).size) this.offset = 0;
    this.#releasedBytes = this.offset - this.offset % RELEASE_BYTES;
  }

  /** A descriptor for a child to append to; to be closed by the caller when the child has it. */
  openForAppending(): number {
    return openSync(this.path, "a", MODE);
  }

  /** What has been written and not been read yet, at most a bufferful; it lies in the buffer. */
  read(buffer: Uint8Array): Uint8Array {
    const length = readSync(this.#descriptor, buffer, 0, buffer.length, this.offset);
    this.offset += length;
    return buffer.subarray(0, length);
  }

  /** Whether there is something to read. */
  get hasMore(): boolean {
    return fstatSync(this.#descriptor).size > this.offset;
  }

  /** Everything before an offset has been collected for good. */
  release(offset: number): void {
    const end = offset - offset % RELEASE_BYTES;
    if (end <= this.#releasedBytes) return;
    // Where the file system cannot do that, the file grows until the process is started anew.
    this.releaseFileSpace(this.path, this.#releasedBytes, end - this.#releasedBytes);
    this.#releasedBytes = end;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Close and remove it: nobody writes to it any more and everything has been collected. */
  remove(): void {
    this.close();
    try {
      unlinkSync(this.path);
    } catch { /* It is gone already. */ }
  }
}
