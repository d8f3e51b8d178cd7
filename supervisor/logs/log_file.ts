import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  write,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Rotation } from "./resolve.ts";

/** What was set aside is named after the moment: `web.log.20260131T120000.000Z`, and `.gz` behind it. */
const STAMP = /^\.(\d{8}T\d{6}\.\d{3}Z)(\.gz)?$/;
const UNFINISHED = ".unfinished";
const FILE_MODE = 0o640;

/** A log that is appended to, set aside by size and time, compressed, and thrown away at last. */
export class LogFile {
  #descriptor = -1;
  #size = 0;
  #inode = 0;
  /** When what is in the file now began, in milliseconds since the epoch. */
  #begunMs = 0;
  #lastStampMs = 0;
  /** Whether there is anything to throw away or to compress at all: a listing takes long where many logs lie. */
  #hasSetAside = false;
  #compressing: Promise<void> = Promise.resolve();
  /** Called when a new file has been begun. */
  onRotated: () => void = () => {};

  private constructor(readonly path: string, readonly rotation: Rotation) {}

  /**
   * Open a log, with the directories above it.
   * @throws an error with a `code` of the file system
   */
  static open(path: string, rotation: Rotation, nowMs: number): LogFile {
    const file = new LogFile(path, rotation);
    file.#open(nowMs);
    file.#tidy(nowMs);
    return file;
  }

  /** Bytes in the file, all of which are whole entries. */
  get size(): number {
    return this.#size;
  }

  get inode(): number {
    return this.#inode;
  }

  /**
   * Append whole entries; set the file aside first where they would make it too large.
   * @throws an error with a `code` when not all of it could be written; then nothing was
   */
  async append(bytes: Uint8Array, nowMs: number): Promise<void> {
    if (this.#size > 0 && this.#size + bytes.length > this.rotation.maxBytes) this.rotate(nowMs);
    try {
      for (let at = 0; at < bytes.length;) at += await writeSome(this.#descriptor, bytes, at);
    } catch (error) {
      // No half entries: a full disk may have taken a part.
      try {
        ftruncateSync(this.#descriptor, this.#size);
      } catch { /* What is left over is told from an entry by its missing head. */ }
      throw error;
    }
    this.#size += bytes.length;
  }

  /** Cut off what lies beyond a length: it was written and never noted down, and is to be written again. */
  cutTo(size: number): void {
    if (size >= this.#size) return;
    ftruncateSync(this.#descriptor, size);
    this.#size = size;
  }

  /** What time asks for: set aside, thrown away; a file that somebody has moved is made anew. */
  maintain(nowMs: number): void {
    const { intervalMs } = this.rotation;
    if (statSync(this.path, { throwIfNoEntry: false })?.ino !== this.#inode) this.reopen(nowMs);
    if (this.#size === 0) this.#begunMs = nowMs;
    if (intervalMs !== null && nowMs - this.#begunMs >= intervalMs) this.rotate(nowMs);
    else if (this.#hasSetAside) this.#tidy(nowMs);
  }

  /** Set the file aside and begin a new one. */
  rotate(nowMs: number): void {
    // Two within a millisecond must not have one name.
    this.#lastStampMs = Math.max(nowMs, this.#lastStampMs + 1);
    while (this.#isTaken(this.#lastStampMs)) this.#lastStampMs++;
    try {
      renameSync(this.path, `${this.path}.${stampOf(this.#lastStampMs)}`);
    } catch (error) {
      // Somebody has taken it away: then there is nothing to set aside.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    this.reopen(nowMs);
    this.#tidy(nowMs);
  }

  /** Go on with whatever lies at the path now. */
  reopen(nowMs: number): void {
    closeSync(this.#descriptor);
    this.#open(nowMs);
    this.onRotated();
  }

  /** What was set aside, the oldest first. */
  setAside(): string[] {
    const directory = dirname(this.path);
    return readdirSync(directory).filter((name) => stampIn(name, this.path) !== null)
      .sort().map((name) => join(directory, name));
  }

  /** Let go of the file; what is being compressed is finished first. */
  async close(): Promise<void> {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
    await this.#compressing;
  }

  /** Take the file away where nothing stands in it; only what is a plain file. */
  removeEmpty(): void {
    const found = lstatSync(this.path, { throwIfNoEntry: false });
    if (found?.isFile() && found.size === 0) removeQuietly(this.path);
  }

  #open(nowMs: number): void {
    mkdirSync(dirname(this.path), { recursive: true });
    this.#descriptor = openSync(this.path, "a", FILE_MODE);
    const { size, ino, birthtimeMs, mtimeMs } = fstatSync(this.#descriptor);
    this.#size = size;
    this.#inode = ino;
    this.#begunMs = size === 0 ? nowMs : birthtimeMs || mtimeMs;
  }

  #isTaken(stampMs: number): boolean {
    const path = `${this.path}.${stampOf(stampMs)}`;
    return [path, `${path}.gz`].some((name) => statSync(name, { throwIfNoEntry: false }) !== undefined);
  }

  #tidy(nowMs: number): void {
    const { maxFiles, maxAgeMs, compress } = this.rotation;
    const files = this.setAside();
    this.#hasSetAside = files.length > 0;
    const isOld = (path: string) => maxAgeMs !== null && nowMs - stampMsOf(path, this.path) > maxAgeMs;
    const surplus = Math.max(0, files.length - maxFiles);
    const kept = files.filter((path, index) => {
      if (index >= surplus && !isOld(path)) return true;
      removeQuietly(path);
      return false;
    });
    if (!compress) return;
    for (const path of kept.filter((path) => !path.endsWith(".gz"))) {
      this.#compressing = this.#compressing.then(() => compressFile(path)).catch(() => {
        // It stays as it is: nothing is lost, and the next time it is tried again.
        removeQuietly(`${path}.gz${UNFINISHED}`);
      });
    }
  }
}

function writeSome(descriptor: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

async function compressFile(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return;
  const unfinished = `${path}.gz${UNFINISHED}`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: FILE_MODE }));
  utimesSync(unfinished, found.atime, found.mtime);
  // Retention may have thrown it away meanwhile.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return removeQuietly(unfinished);
  renameSync(unfinished, `${path}.gz`);
  removeQuietly(path);
}

function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, "");
}

/** The stamp in the name of what was set aside of a log; null for any other file. */
function stampIn(name: string, path: string): string | null {
  const log = basename(path);
  return name.startsWith(log) ? STAMP.exec(name.slice(log.length))?.[1] ?? null : null;
}

function stampMsOf(file: string, path: string): number {
  const stamp = stampIn(basename(file), path)!;
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(.*)$/, "$1-$2-$3T$4:$5:$6"));
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch { /* It is gone, or tried again the next time. */ }
}
