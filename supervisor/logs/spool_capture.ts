import { closeSync, readdirSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ReleaseFileSpace } from "../../group/file_space.ts";
import type { RunningProcess } from "../../group/running_process.ts";
import { CursorFile } from "./cursor.ts";
import type { Offsets } from "./cursor.ts";
import type { LogEntry } from "./entry.ts";
import type { LogFile } from "./log_file.ts";
import type { LogStream } from "./log_line.ts";
import type { Capture, ChildStreams, ProcessLogs } from "./process_logs.ts";
import { Spool } from "./spool.ts";
import type { StreamPipeline } from "./stream_pipeline.ts";

/** What is read at once; one for all, since nothing of it is kept across a turn. */
const buffer = new Uint8Array(65_536);
/** After a file has changed, wait for what comes with it. */
const GATHER_MS = 5;
/** After something was collected, look once more unasked: the runtimes tell of quick changes once. */
const AGAIN_MS = 25;
/** So much is written before it is noted down. */
const PIECE_BYTES = 65_536;
/** What a format adds to a line, about. */
const HEAD_BYTES = 100;

interface Track {
  readonly spool: Spool;
  readonly pipeline: StreamPipeline;
}

/**
 * Collects from files that the process appends to. What was collected, and how long the logs were then, is noted down
 * after each write; a supervisor that was killed in between is followed by one that cuts off what was written and not
 * noted, and writes it again: each line is in the logs of its process exactly once.
 */
export class SpoolCapture implements Capture {
  readonly #logs: ProcessLogs;
  readonly #path: string;
  readonly #isForNew: boolean;
  readonly #cursor: CursorFile;
  readonly #releaseFileSpace: ReleaseFileSpace;
  #generation = 0;
  /** What holds of logs and spools together, between two writes. */
  #offsets: Offsets = { stdout: 0, stderr: 0 };
  readonly #sizes = new Map<LogFile, { inode: number; size: number }>();
  readonly #pieceBytes: number;
  #tracks: Track[] = [];
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #launches = 0;
  #isClosed = false;
  #isStuck = false;

  /**
   * Go on where the last supervisor has left off, if one has.
   * @param path what the names of its files begin with
   * @param isForNew whether it collects what is started from now on, too
   */
  constructor(logs: ProcessLogs, path: string, releaseFileSpace: ReleaseFileSpace, isForNew: boolean) {
    this.#logs = logs;
    this.#isForNew = isForNew;
    this.#path = path;
    this.#cursor = new CursorFile(`${path}.cursor`);
    this.#releaseFileSpace = releaseFileSpace;
    this.#pieceBytes = PIECE_BYTES;
    const saved = this.#cursor.load();
    for (const { file } of logs.outputs) {
      if (!file) continue;
      this.#pieceBytes = Math.min(this.#pieceBytes, file.rotation.maxBytes);
      const known = saved?.files.find(({ path, inode }) => path === file.path && inode === file.inode);
      if (known) file.cutTo(known.size);
      this.#sizes.set(file, { inode: file.inode, size: file.size });
      // The write that the new file was begun for has not been done yet: the others are as they were.
      file.onRotated = () => {
        this.#sizes.set(file, { inode: file.inode, size: 0 });
        this.#save();
      };
    }
    this.#begin(saved?.generation ?? 0, saved?.offsets ?? { stdout: 0, stderr: 0 });
    // Before the first write: what is written and not noted can only be told from a length that is.
    this.#save();
    this.#removeStrays();
    this.wake();
  }

  launch(start: (stdio: ChildStreams) => RunningProcess): RunningProcess {
    this.#launches++;
    const opened: number[] = [];
    try {
      const stdio = (stream: LogStream) => {
        const track = this.#tracks.find(({ pipeline }) => pipeline.stream === stream);
        if (!track) return "null" as const;
        opened.push(track.spool.openForAppending());
        return opened.at(-1)!;
      };
      return start({ stdout: stdio("stdout"), stderr: stdio("stderr") });
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
  }

  /** Something was written. */
  wake(): void {
    if (this.#isClosed || this.#isBusy) return;
    this.#drainIn(GATHER_MS);
  }

  /** Should the word of a change have got lost. */
  look(): void {
    if (this.#tracks.some(({ spool }) => spool.hasMore)) this.wake();
  }

  #drainIn(ms: number): void {
    this.#gathering ??= setTimeout(async () => {
      this.#gathering = undefined;
      const before = { ...this.#offsets };
      await this.drain(false).catch(() => {});
      const isMoving = before.stdout !== this.#offsets.stdout || before.stderr !== this.#offsets.stderr;
      if (isMoving && !this.#isClosed) this.#drainIn(AGAIN_MS);
    }, ms);
  }

  drain(isOver: boolean): Promise<void> {
    const launches = this.#launches;
    return this.#alone(async () => {
      while (await this.#collect());
      // Whoever did not wait for this may have started the process again: then somebody writes to these very files.
      if (isOver && launches === this.#launches) await this.#startAnew();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    clearTimeout(this.#settling);
    await this.#work.catch(() => {});
    if (this.#tracks.length > 0) this.#save();
    for (const { spool } of this.#tracks) spool.close();
    this.#tracks = [];
    this.#cursor.close();
  }

  remove(): void {
    this.#cursor.remove();
    this.#generation = -1;
    this.#removeStrays();
  }

  /** One after the other: what is read first is written first. */
  #alone(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(async () => {
      if (this.#isClosed || this.#isStuck || this.#tracks.length === 0) return;
      this.#isBusy = true;
      try {
        await work();
      } finally {
        this.#isBusy = false;
        this.#settleLater();
      }
    });
    this.#work = done.catch(() => {});
    return done;
  }

  /** Read a bufferful of each stream, and write it; whether there was any. */
  async #collect(): Promise<boolean> {
    let length = 0;
    const entries: LogEntry[] = [];
    for (const { spool, pipeline } of this.#tracks) {
      const chunk = spool.read(buffer);
      length += chunk.length;
      if (chunk.length > 0) entries.push(...pipeline.push(chunk));
    }
    if (length > 0) await this.#write(entries);
    return length > 0 && !this.#isClosed;
  }

  /** Write in pieces, each noted down before the next. */
  async #write(entries: readonly LogEntry[]): Promise<void> {
    for (let at = 0; at < entries.length;) {
      const piece = entries.slice(at, this.#endOfPiece(entries, at));
      // Until it is written nothing that comes behind it may be: it would be noted down as if this were, too.
      this.#isStuck = true;
      await this.#logs.write(piece);
      this.#isStuck = false;
      for (const { stream, endOffset } of piece) this.#offsets[stream] = endOffset;
      at += piece.length;
      if (at < entries.length) this.#note();
    }
    // Lines that were dropped are behind us, too.
    for (const { pipeline } of this.#tracks) this.#offsets[pipeline.stream] = pipeline.endOffset;
    this.#note();
    for (const { spool, pipeline } of this.#tracks) spool.release(pipeline.endOffset);
  }

  #endOfPiece(entries: readonly LogEntry[], at: number): number {
    let bytes = 0;
    let end = at;
    do bytes += entries[end++].bytes.length + HEAD_BYTES; while (
      end < entries.length && bytes + entries[end].bytes.length + HEAD_BYTES <= this.#pieceBytes
    );
    return end;
  }

  #note(): void {
    for (const [file, noted] of this.#sizes) Object.assign(noted, { inode: file.inode, size: file.size });
    this.#save();
  }

  /** Nobody writes any more: take the rest as it is, and give the next life of the process files of its own. */
  async #startAnew(): Promise<void> {
    const launches = this.#launches;
    await this.#write(this.#tracks.flatMap(({ pipeline }) => pipeline.end()));
    const before = this.#tracks;
    if (launches !== this.#launches) return;
    if (!this.#isForNew) {
      this.#tracks = [];
      for (const { spool } of before) spool.remove();
      return this.remove();
    }
    if (before.every(({ spool }) => spool.offset === 0)) return;
    this.#begin(this.#generation + 1, { stdout: 0, stderr: 0 });
    this.#save();
    for (const { spool } of before) spool.remove();
  }

  #begin(generation: number, offsets: Offsets): void {
    this.#generation = generation;
    this.#offsets = { stdout: 0, stderr: 0 };
    const streams = this.#isForNew ? this.#logs.plan.streams : ["stdout", "stderr"] as const;
    this.#tracks = streams.map((stream) => {
      const path = `${this.#path}.${generation}.${stream}`;
      const spool = new Spool(path, offsets[stream], this.#releaseFileSpace);
      this.#offsets[stream] = spool.offset;
      return { spool, pipeline: this.#logs.pipeline(stream, spool.offset) };
    });
  }

  /** What waits to be joined is complete when nothing has come for a while. */
  #settleLater(): void {
    const { multiline } = this.#logs.plan;
    clearTimeout(this.#settling);
    if (this.#isClosed || !multiline || !this.#tracks.some(({ pipeline }) => pipeline.isJoining)) return;
    this.#settling = setTimeout(() => {
      void this.#alone(() => this.#write(this.#tracks.flatMap(({ pipeline }) => pipeline.settle()))).catch(
        () => {},
      );
    }, multiline.timeoutMs);
  }

  #save(): void {
    const files = [...this.#sizes].map(([{ path }, noted]) => ({ path, ...noted }));
    this.#cursor.save({ generation: this.#generation, offsets: this.#offsets, files });
  }

  /** Files of other lives, which a supervisor that was killed had no time to remove: all of theirs is collected. */
  #removeStrays(): void {
    const directory = dirname(this.#path);
    const begins = `${basename(this.#path)}.`;
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(begins)) continue;
      const match = /^(\d+)\.(?:stdout|stderr)$/.exec(name.slice(begins.length));
      if (match && Number(match[1]) !== this.#generation) unlinkSync(join(directory, name));
    }
  }
}
