import { closeSync, fstatSync, ftruncateSync, lstatSync } from "node:fs";
import { openSync, readSync, renameSync, statSync, write } from "node:fs";
import { basename, dirname } from "node:path";
import { compressFile } from "../../io/compress_file.ts";
import { removeQuietly } from "../../io/private_file.ts";
import { HeldDirectory } from "../../platform/mod.ts";
import { placeOf } from "./log_place.ts";
import type { LogPlace } from "./log_place.ts";
import { inDirectory, openToAppend } from "./open_log.ts";
import type { Rotation } from "./resolve.ts";
import { listSetAside, nameAside, surplusOf } from "./set_aside.ts";
import type { SetAside } from "./set_aside.ts";

const DIRECTORY_MODE = 0o750;
/** Interval between two checks of the age of rotated files. */
const TIDY_MS = 30_000;
const NEWLINE = 10;
/** What a held directory is refused with that is reached through a link by now. */
const LINKED: ReadonlySet<string | undefined> = new Set(["ENOTDIR", "ELOOP", "EPLACE"]);

/**
 * A log that is appended to, set aside by size and time, compressed, and thrown away at last. A device is written to,
 * and nothing else.
 */
export class LogFile {
  readonly #name: string;
  #path = "";
  #kind: LogPlace["kind"] = "file";
  #descriptor = -1;
  #size = 0;
  #device = 0;
  #inode = 0;
  /** When what is in the file now began, in milliseconds since the epoch. */
  #begunMs = 0;
  #tidiedMs = 0;
  /** Whether there is anything to throw away or to compress at all: a listing takes long where many logs lie. */
  #hasSetAside = false;
  /** Of what was set aside last. */
  #lastSequence = 0;
  #compressing: Promise<void> = Promise.resolve();
  /** What waits to be compressed. */
  readonly #uncompressed = new Set<string>();
  /** Called when a new file has been begun; should it throw, again before anything is written to that. */
  onRotated: () => void = () => {};
  #isTold = true;
  /** Whether a part of something lies behind the last entry, which could not be cut off. */
  #isRagged = false;

  private constructor(name: string, readonly rotation: Rotation) {
    this.#name = name;
  }

  /**
   * Open a log, with the directories above it.
   * @throws an error with a `code`: of the file system, or of a place that no log can go to
   */
  static open(name: string, rotation: Rotation, nowMs: number): LogFile {
    const file = new LogFile(name, rotation);
    file.#open(nowMs);
    file.#tidy(nowMs);
    return file;
  }

  /** Where it lies, without links. */
  get path(): string {
    return this.#path;
  }

  /** Whether it can be read back, cut off and set aside. */
  get isFile(): boolean {
    return this.#kind === "file";
  }

  /** Bytes in the file, all of which are whole entries; 0 of a device. */
  get size(): number {
    return this.#size;
  }

  get inode(): number {
    return this.#inode;
  }

  /** Whether what is written next begins a line. */
  get endsLine(): boolean {
    if (this.#size === 0) return true;
    const last = new Uint8Array(1);
    const descriptor = openSync(this.#path, "r");
    try {
      return readSync(descriptor, last, 0, 1, this.#size - 1) === 0 || last[0] === NEWLINE;
    } finally {
      closeSync(descriptor);
    }
  }

  /**
   * Append whole entries; set the file aside first where they would make it too large.
   * @throws an error with a `code` when not all of it could be written; then nothing was
   */
  async append(bytes: Uint8Array, nowMs: number): Promise<void> {
    const { isEnabled, maxBytes } = this.rotation;
    this.#tell();
    if (this.#isRagged) ftruncateSync(this.#descriptor, this.#size);
    this.#isRagged = false;
    if (isEnabled && this.#size > 0 && this.#size + bytes.length > maxBytes) this.rotate(nowMs);
    await this.#write(bytes);
    // It was removed before this was written, so that the line cannot be read.
    if (!this.isFile || fstatSync(this.#descriptor).nlink > 0) return;
    this.reopen(nowMs);
    await this.#write(bytes);
  }

  /** Cut off what lies beyond a length: it was written and never noted down, and is to be written again. */
  cutTo(size: number): void {
    if (size >= this.#size) return;
    ftruncateSync(this.#descriptor, size);
    this.#size = size;
  }

  /** Rotate and delete by age; create a file again that was moved or removed. */
  maintain(nowMs: number): void {
    const { isEnabled, intervalMs } = this.rotation;
    if (!this.#isInPlace()) this.reopen(nowMs);
    // A clock that was ahead must not keep it from ever growing old.
    if (this.#size === 0 || nowMs < this.#begunMs) this.#begunMs = nowMs;
    if (isEnabled && intervalMs !== null && nowMs - this.#begunMs >= intervalMs) this.rotate(nowMs);
    else if (this.#hasSetAside && Math.abs(nowMs - this.#tidiedMs) >= TIDY_MS) this.#tidy(nowMs);
  }

  /** Set the file aside and begin a new one. */
  rotate(nowMs: number): void {
    if (!this.isFile) return;
    // A file that was moved or removed counts as rotated.
    if (this.#isInPlace()) {
      const aside = nameAside(basename(this.#path), ++this.#lastSequence, nowMs);
      try {
        this.#inDirectory((directory) => renameSync(directory.at(basename(this.#path)), directory.at(aside)));
      } catch (error) {
        // Its directory was moved, and a link leads there now: the file is opened by where it is, and rotated next.
        if (!LINKED.has((error as NodeJS.ErrnoException).code)) throw error;
      }
    }
    this.reopen(nowMs);
    this.#tidy(nowMs);
  }

  /** Go on with whatever lies at the path now. */
  reopen(nowMs: number): void {
    const before = this.#descriptor;
    this.#open(nowMs);
    closeSync(before);
    this.#isTold = false;
    this.#tell();
  }

  /** What was set aside, the oldest first. */
  setAside(): SetAside[] {
    return this.isFile ? listSetAside(this.#path) : [];
  }

  /** Let go of the file; what is being compressed is finished first. */
  async close(): Promise<void> {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
    await this.#compressing;
  }

  /** Take the file away where nothing stands in it; only what is a plain file. */
  removeEmpty(): void {
    try {
      this.#inDirectory((directory) => {
        const path = directory.at(basename(this.#path));
        const found = lstatSync(path, { throwIfNoEntry: false });
        if (found?.isFile() && found.size === 0) removeQuietly(path);
      });
    } catch { /* The directory is gone, and the file with it. */ }
  }

  #tell(): void {
    if (this.#isTold) return;
    this.onRotated();
    this.#isTold = true;
  }

  #open(nowMs: number): void {
    const place = placeOf(this.#name);
    const open = (directory: HeldDirectory) => openToAppend(directory.at(basename(place.path)), place.path);
    const descriptor = inDirectory(dirname(place.path), open, DIRECTORY_MODE);
    const { size, dev, ino, birthtimeMs, mtimeMs } = fstatSync(descriptor);
    const isElsewhere = place.path !== this.#path;
    this.#path = place.path;
    this.#kind = place.kind;
    if (isElsewhere) this.#lastSequence = this.setAside().at(-1)?.sequence ?? 0;
    this.#descriptor = descriptor;
    this.#isRagged = false;
    this.#size = this.isFile ? size : 0;
    this.#device = dev;
    this.#inode = ino;
    this.#begunMs = this.#size === 0 ? nowMs : birthtimeMs || mtimeMs;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await writeSome(this.#descriptor, bytes, at);
    } catch (error) {
      // No half entries: a full disk may have taken a part.
      try {
        if (this.isFile) ftruncateSync(this.#descriptor, this.#size);
      } catch {
        this.#isRagged = true;
      }
      throw error;
    }
    if (this.isFile) this.#size += bytes.length;
  }

  #isInPlace(): boolean {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    return found?.ino === this.#inode && found.dev === this.#device;
  }

  #tidy(nowMs: number): void {
    if (!this.isFile || !this.rotation.isEnabled) return;
    const { maxFiles, maxAgeMs, compress: isCompressed } = this.rotation;
    const kept = this.#inDirectory((directory) => {
      const files = listSetAside(directory.at(basename(this.#path)));
      this.#tidiedMs = nowMs;
      this.#hasSetAside = files.length > 0;
      const surplus = surplusOf(files, maxFiles, maxAgeMs, nowMs);
      for (const { path } of files.slice(0, surplus)) removeQuietly(path);
      return files.slice(surplus);
    });
    if (!isCompressed) return;
    for (const { path, isCompressed: isDone } of kept) {
      const name = basename(path);
      if (isDone || this.#uncompressed.has(name)) continue;
      this.#uncompressed.add(name);
      // What cannot be compressed is not lost, and the next time it is tried again.
      this.#compressing = this.#compressing.then(() => this.#compress(name)).catch(() => {}).then(() => {
        this.#uncompressed.delete(name);
      });
    }
  }

  async #compress(name: string): Promise<void> {
    const directory = HeldDirectory.open(dirname(this.#path));
    try {
      await compressFile(directory.at(name));
    } finally {
      directory.close();
    }
  }

  #inDirectory<T>(deed: (directory: HeldDirectory) => T): T {
    return inDirectory(dirname(this.#path), deed);
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
