import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As it was first: a test may set another, in which nothing may be left. */
const DIRECTORY = tmpdir();

/**
 * A file without a name, to which a process writes what it says. When the process has ended, all of it can be read:
 * of a pipe some may come later, and its end not at all while what the process left running holds it.
 */
export class OutputFile {
  /** To be given to the process. */
  readonly descriptor: number;
  /** Bytes that have been skipped. */
  #begin = 0;

  constructor() {
    const directory = mkdtempSync(join(DIRECTORY, "proctor-output-"));
    this.descriptor = openSync(join(directory, "file"), "w+");
    rmSync(directory, { recursive: true });
  }

  /** What was written so far, and not skipped. */
  text(): string {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(this.descriptor).size - this.#begin));
    return bytes.toString("utf8", 0, readSync(this.descriptor, bytes, 0, bytes.length, this.#begin));
  }

  /** Pass over what was written so far. */
  leaveOut(): void {
    this.#begin = fstatSync(this.descriptor).size;
  }

  /** Give it back; nothing can be read then. */
  close(): void {
    closeSync(this.descriptor);
  }
}
