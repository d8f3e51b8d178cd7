import { closeSync, constants, openSync, writeSync } from "node:fs";
import { z } from "zod";
import { readTextFile } from "../../io/text_file.ts";
import type { LogStream } from "./log_line.ts";
import { removeQuietly } from "../../io/private_file.ts";

/** Written in one piece of one length, so that a reader never sees half of an old one behind a new one. */
const LENGTH = 4_096;
/** One that lists very many logs is longer. */
const MOST_BYTES = 1_048_576;

const cursorSchema = z.object({
  generation: z.int().min(0).describe("of the spools, one for each time the process was started"),
  offsets: z.object({ stdout: z.int().min(0), stderr: z.int().min(0) }).describe(
    "how far the spools are collected",
  ),
  files: z.array(z.object({ path: z.string(), inode: z.number(), size: z.int().min(0) })).describe(
    "how long the logs were then: what lies beyond was written and not noted down",
  ),
});

/** How far the output of a process has been collected. */
export type Cursor = z.infer<typeof cursorSchema>;
export type Offsets = Record<LogStream, number>;

/** Keeps a cursor in a file, for the next supervisor to go on from. */
export class CursorFile {
  #descriptor: number | null = null;
  #isSaved = false;

  constructor(readonly path: string) {}

  /**
   * What was saved; null when nothing was, or it makes no sense.
   * @throws an error with a `code` where the disk cannot be read: to begin from zero would be to write everything again
   */
  load(): Cursor | null {
    try {
      return cursorSchema.parse(JSON.parse(readTextFile(this.path, MOST_BYTES)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EIO") throw error;
      return null;
    }
  }

  /** Whether anything has been saved since it was opened. */
  get isSaved(): boolean {
    return this.#isSaved;
  }

  /** @throws an error with a `code` of the file system */
  save(cursor: Cursor): void {
    // O_RDWR | O_CREAT, and neither cut nor appended to: the one record is written over.
    this.#descriptor ??= openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    // As bytes: with a string Deno ignores the position.
    const record = new TextEncoder().encode(`${JSON.stringify(cursor).padEnd(LENGTH - 1)}\n`);
    writeSync(this.#descriptor, record, 0, record.length, 0);
    this.#isSaved = true;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  remove(): void {
    this.close();
    removeQuietly(this.path);
  }
}
