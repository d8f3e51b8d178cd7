import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import { readdirSync, readSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SpoolMeans } from "./spool_means.ts";
import { pause } from "../../io/deadline.ts";
import { removeQuietly } from "../../io/private_file.ts";

/** Given back in pieces of this size: a file system gives back whole blocks. */
const RELEASE_BYTES = 1_048_576;
const MODE = 0o600;
/** A process outside of the tree may still write: that is waited for no longer than this. */
const PATIENCE_MS = 1_000;
/**
 * Whoever has inherited the FIFO as its output, whatever user it has become, may open it anew (/dev/stdout). By its
 * name nobody else gets there: the directory is ours alone.
 */
const FIFO_MODE = 0o622;

/**
 * One stream of a process on its way to us: it writes to a FIFO, a process of one page moves that to a file, and we
 * read the file. So what was written stays until it is collected, whoever is killed meanwhile, and the process has no
 * descriptor of the file: `echo > /dev/stderr` would cut it off, with all that nobody has read yet.
 *
 * What was collected is given back to the file system as a hole, while the file grows; so nothing is copied, no writer
 * is switched, and nothing can be lost between a copy and a cut.
 */
export class Spool {
  readonly #descriptor: number;
  readonly #fifo: string;
  #hasFifo: boolean;
  /**
   * The FIFO, open for reading: what is in it is gone with its last descriptor, should mover and writers end
   * together.
   */
  #held: number | undefined;
  #releasedBytes = 0;

  /**
   * @param title what its mover is called in lists of processes
   * @throws an error with a `code` of the file system
   */
  constructor(
    readonly path: string,
    public offset: number,
    readonly means: SpoolMeans,
    readonly title: readonly string[],
  ) {
    this.#fifo = join(means.fifoDirectory, basename(path));
    this.#hasFifo = existsSync(this.#fifo);
    // Made here, so that there is something to read before the process has begun.
    closeSync(openSync(path, "a", MODE));
    this.#descriptor = openSync(path, "r");
    try {
      if (this.#hasFifo) this.#hold();
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
    if (this.isTruncated) this.offset = 0;
    this.#releasedBytes = this.offset - this.offset % RELEASE_BYTES;
  }

  /** A descriptor for a child to write to; to be closed by the caller when the child has it. */
  openForChild(): number {
    const { pump } = this.means;
    if (!pump) return openSync(this.path, "a", MODE);
    pump.makeFifo(this.#fifo, FIFO_MODE);
    this.#hasFifo = true;
    // For reading too: a writer that is also a reader gets no SIGPIPE should the mover be killed.
    const descriptor = openSync(this.#fifo, "r+");
    try {
      this.#hold();
      pump.startPump(this.#fifo, this.path, this.title);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return descriptor;
  }

  /** What has been written and not been read yet, at most a bufferful; it lies in the buffer. */
  read(buffer: Uint8Array): Uint8Array {
    const length = readSync(this.#descriptor, buffer, 0, buffer.length, this.offset);
    this.offset += length;
    return buffer.subarray(0, length);
  }

  /** Whether there is something to read, or the file has been cut off. */
  get hasChanged(): boolean {
    try {
      return fstatSync(this.#descriptor).size !== this.offset;
    } catch {
      // The next read reports what is wrong.
      return true;
    }
  }

  /** Whether the file is shorter than what was read of it: a process that writes to the file itself has cut it off. */
  get isTruncated(): boolean {
    return fstatSync(this.#descriptor).size < this.offset;
  }

  /** The file has been cut off: begin at its beginning. */
  rewind(): void {
    this.offset = 0;
    this.#releasedBytes = 0;
  }

  /** The FIFO, for who asks of many in one call whether something is in them. */
  get held(): number | undefined {
    return this.#held;
  }

  /** Whether output is being moved to the file; when that is over, all is in the file. */
  get isPumped(): boolean {
    return this.means.pump?.isPumped(this.path) ?? false;
  }

  /** Whether anything that was written is not in the file yet. */
  get isBehind(): boolean {
    return this.isPumped || this.hasRest;
  }

  /** Whether something is in the FIFO still. */
  get hasRest(): boolean {
    return this.#hasFifo && (this.means.pump?.hasInput(this.#fifo, this.#held) ?? false);
  }

  /** Should the mover have been killed, another one takes its place; nothing is lost, the writers wait. */
  revive(): void {
    const { pump } = this.means;
    if (!pump || !this.hasRest || pump.isPumped(this.path)) return;
    pump.startPump(this.#fifo, this.path, this.title);
  }

  /** Everything before an offset has been collected for good. */
  release(offset: number): void {
    const end = offset - offset % RELEASE_BYTES;
    if (end <= this.#releasedBytes) return;
    // Where the file system cannot do that, the file grows until the process is started again.
    this.means.releaseFileSpace(this.path, this.#releasedBytes, end - this.#releasedBytes);
    this.#releasedBytes = end;
  }

  close(): void {
    closeSync(this.#descriptor);
    if (this.#held !== undefined) closeSync(this.#held);
    this.#held = undefined;
  }

  #hold(): void {
    this.#held ??= openSync(this.#fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Close and remove it: no process writes to it, and everything has been collected. */
  remove(): void {
    this.close();
    for (const path of [this.path, this.#fifo]) removeQuietly(path);
  }
}

/** Wait until all that was written is in the files, or that no longer matters. */
export async function allMoved(spools: readonly Spool[], isStale: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pauseMs = 1; performance.now() < deadline && !isStale(); pauseMs = Math.min(50, 2 * pauseMs)) {
    for (const spool of spools) spool.revive();
    if (!spools.some(({ isBehind }) => isBehind)) return;
    await pause(pauseMs);
  }
}

/**
 * Remove the spools of other lives, which a supervisor that was killed had no time to do: all of theirs is collected.
 * @param path what the names of the spools begin with
 * @param generation the generation to keep; null: none
 */
export function removeStrays(path: string, fifoDirectory: string, generation: number | null): void {
  const begins = `${basename(path)}.`;
  for (const directory of [dirname(path), fifoDirectory]) {
    // Of one that is over, what was made in this turn goes, too.
    for (const name of generation === null ? readdirSync(directory) : namesIn(directory)) {
      if (!name.startsWith(begins)) continue;
      const match = /^(\d+)\.(?:stdout|stderr)$/.exec(name.slice(begins.length));
      if (!match || Number(match[1]) === generation) continue;
      listed.delete(directory);
      unlinkSync(join(directory, name));
    }
  }
}

/** Of directories that were listed in this turn of the event loop, the names. */
const listed = new Map<string, readonly string[]>();

/** A thousand processes that are made in one go have the same directories; what one of them adds is no stray. */
function namesIn(directory: string): readonly string[] {
  let names = listed.get(directory);
  if (names) return names;
  if (listed.size === 0) queueMicrotask(() => listed.clear());
  listed.set(directory, names = readdirSync(directory));
  return names;
}
