import { CursorFile } from "./cursor.ts";
import type { Offsets } from "./cursor.ts";
import { endOfPiece } from "./entry.ts";
import type { LogEntry } from "./entry.ts";
import type { OnWriteFailure } from "./log_output.ts";
import { NotedSizes } from "./noted_sizes.ts";
import { childStreams } from "./child_streams.ts";
import type { ChildStreams } from "./child_streams.ts";
import type { Capture, ProcessLogs } from "./process_logs.ts";
import { allMoved, removeStrays } from "./spool.ts";
import type { SpoolMeans } from "./spool_means.ts";
import { offsetsOf, openTracks, reviveMovers } from "./track.ts";
import type { Track } from "./track.ts";
import { WaitingLines } from "./waiting_lines.ts";
import { isDiskTrouble } from "./write_trouble.ts";

/** What is read at once; shared, since nothing of it is kept across a turn. */
const buffer = new Uint8Array(65_536);
/** After a file has changed, wait for what comes with it. */
const GATHER_MS = 5;
/** After something was collected, look once more unasked: the runtimes tell of quick changes once. */
const AGAIN_MS = 25;
/** How much is written before the cursor is saved. */
const PIECE_BYTES = 65_536;

/**
 * Collects from files that the output is moved to. The offsets and the lengths of the logs are noted after each write;
 * after a kill, the next supervisor cuts off what was not noted, and writes it again: each line exactly once.
 */
export class SpoolCapture implements Capture {
  readonly #logs: ProcessLogs;
  readonly #path: string;
  readonly #isForNew: boolean;
  readonly #cursor: CursorFile;
  readonly #means: SpoolMeans;
  readonly #onFailure: OnWriteFailure;
  #generation = 0;
  /** What holds of logs and spools together, between two writes. */
  #offsets: Offsets = { stdout: 0, stderr: 0 };
  readonly #sizes: NotedSizes;
  readonly #pieceBytes: number;
  #tracks: Track[] = [];
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  readonly #waiting: WaitingLines;
  #launches = 0;
  #isClosed = false;
  #isStuck = false;
  /** Whether a failed read has been reported. */
  #isUnread = false;

  /**
   * Go on where the last supervisor has left off, if one has.
   * @param path what the names of its files begin with
   * @param isForNew whether it collects what is started from now on, too
   * @param onFailure waits, when the disk has failed, until it is to be tried again
   * @throws an error with a `code` of the file system
   */
  constructor(
    logs: ProcessLogs,
    path: string,
    means: SpoolMeans,
    isForNew: boolean,
    onFailure: OnWriteFailure,
  ) {
    this.#logs = logs;
    this.#isForNew = isForNew;
    this.#path = path;
    this.#cursor = new CursorFile(`${path}.cursor`);
    this.#means = means;
    this.#onFailure = onFailure;
    const pipelines = () => this.#tracks.map(({ pipeline }) => pipeline);
    this.#waiting = new WaitingLines(
      logs.plan.multiline,
      pipelines,
      (take) => this.#alone(() => this.#write(take())),
    );
    const saved = this.#cursor.load();
    const files = logs.outputs.flatMap(({ file }) => file?.isFile ? [file] : []);
    this.#pieceBytes = Math.min(PIECE_BYTES, ...files.map(({ rotation }) => rotation.maxBytes));
    this.#sizes = new NotedSizes(files, saved?.files ?? [], () => this.#save());
    this.#begin(saved?.generation ?? 0, saved?.offsets ?? { stdout: 0, stderr: 0 });
    try {
      this.#save();
    } catch (error) {
      // A full disk keeps no supervisor from starting: it is noted before the first launch, and the first write.
      if (!isDiskTrouble(error as NodeJS.ErrnoException)) throw error;
    }
    removeStrays(this.#path, this.#means.fifoDirectory, this.#generation);
    this.wake();
  }

  openStreams(): ChildStreams {
    this.#launches++;
    return childStreams((stream) => {
      if (!this.#cursor.isSaved) this.#save();
      const track = this.#tracks.find(({ pipeline }) => pipeline.stream === stream);
      return track?.spool.openForChild() ?? null;
    });
  }

  started(): void {}

  /** Something was written. */
  wake(): void {
    if (this.#isClosed || this.#isBusy) return;
    this.#drainIn(GATHER_MS);
  }

  /** Should the word of a change have got lost. */
  look(): void {
    if (this.#tracks.some(({ spool }) => spool.hasChanged)) this.wake();
  }

  /** The FIFOs in which something waits should a mover have been killed. */
  get held(): number[] {
    return this.#tracks.flatMap(({ spool: { held } }) => held ?? []);
  }

  /** Should a mover have been killed. */
  revive(): void {
    reviveMovers(this.#tracks);
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
      if (isOver) {
        await allMoved(this.#tracks.map(({ spool }) => spool), () => launches !== this.#launches);
      }
      while (await this.#collect());
      // The process may have been started again meanwhile, and write to these very files.
      // What cannot be moved (the disk is full) stays in the FIFO: the next life goes on behind it.
      const isRest = this.#tracks.some(({ spool }) => spool.hasRest || spool.hasChanged);
      if (isOver && launches === this.#launches && !isRest) await this.#startAnew();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    this.#waiting.stop();
    await this.#work.catch(() => {});
    try {
      if (this.#tracks.length > 0) this.#save();
    } catch { /* The next supervisor goes by what was noted last, and writes the rest again. */ }
    for (const { spool } of this.#tracks) spool.close();
    this.#tracks = [];
    this.#cursor.close();
  }

  remove(): void {
    this.#cursor.remove();
    removeStrays(this.#path, this.#means.fifoDirectory, null);
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
        if (!this.#isClosed) this.#waiting.later();
      }
    });
    this.#work = done.catch(() => {});
    return done;
  }

  /** Read a bufferful of each stream, and write it; whether there was any. */
  async #collect(): Promise<boolean> {
    let length = 0;
    const entries: LogEntry[] = [];
    let fault: { error: NodeJS.ErrnoException; path: string } | undefined;
    for (const track of this.#tracks) {
      try {
        if (track.spool.isTruncated) await this.#beginAgain(track);
        const chunk = track.spool.read(buffer);
        length += chunk.length;
        if (chunk.length > 0) entries.push(...track.pipeline.push(chunk));
      } catch (error) {
        // What the other stream had is written all the same.
        fault = { error: error as NodeJS.ErrnoException, path: track.spool.path };
      }
    }
    if (length > 0) await this.#write(entries);
    if (fault) {
      const isFirst = !this.#isUnread;
      this.#isUnread = true;
      await this.#onFailure({ ...fault, deed: "read", lines: 0, isFirst });
      throw fault.error;
    }
    this.#isUnread = false;
    return length > 0 && !this.#isClosed;
  }

  /** A process that writes to the file itself has cut it off: what it writes now stands at its beginning. */
  async #beginAgain(track: Track): Promise<void> {
    await this.#write(track.pipeline.end());
    track.spool.rewind();
    track.pipeline = this.#logs.pipeline(track.pipeline.stream, 0);
  }

  /** Write in pieces, each noted down before the next. */
  async #write(entries: readonly LogEntry[]): Promise<void> {
    // Only a noted length tells what is written and not noted.
    if (!this.#cursor.isSaved) await this.#note();
    for (let at = 0; at < entries.length;) {
      const piece = entries.slice(at, endOfPiece(entries, at, this.#pieceBytes));
      // Until it is written nothing that comes behind it may be: it would be noted down as if this were, too.
      this.#isStuck = true;
      await this.#logs.write(piece);
      this.#isStuck = false;
      for (const { stream, endOffset } of piece) this.#offsets[stream] = endOffset;
      at += piece.length;
      if (at < entries.length) await this.#note();
    }
    // Lines that were dropped are behind us, too.
    for (const { pipeline } of this.#tracks) this.#offsets[pipeline.stream] = pipeline.endOffset;
    await this.#note();
    for (const { spool, pipeline } of this.#tracks) spool.release(pipeline.endOffset);
  }

  /**
   * Nothing more is written before this is: a supervisor that is killed would be followed by one that writes it
   * again.
   */
  async #note(): Promise<void> {
    this.#sizes.update();
    this.#isStuck = true;
    for (let isFirst = true;; isFirst = false) {
      try {
        this.#save();
        break;
      } catch (error) {
        await this.#onFailure({
          error: error as NodeJS.ErrnoException,
          path: this.#cursor.path,
          lines: 0,
          isFirst,
        });
      }
    }
    this.#isStuck = false;
  }

  /** No process writes now: take the rest as it is, and give the next life of the process files of its own. */
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
    const [generation, none] = [this.#generation + 1, { stdout: 0, stderr: 0 }];
    try {
      // First: all of the old ones is collected, and new ones that are not noted down would be taken for strays.
      this.#save(generation, none);
      this.#begin(generation, none);
    } catch {
      // A disk in trouble: the next life goes on with the old ones.
      return await this.#note();
    }
    for (const { spool } of before) spool.remove();
  }

  #begin(generation: number, offsets: Offsets): void {
    const streams = this.#isForNew ? this.#logs.plan.streams : ["stdout", "stderr"] as const;
    const path = `${this.#path}.${generation}`;
    const tracks = openTracks(streams, { path, offsets, means: this.#means, logs: this.#logs });
    // All of it or, where the disk fails, nothing.
    this.#generation = generation;
    this.#offsets = offsetsOf(tracks);
    this.#tracks = tracks;
  }

  #save(generation = this.#generation, offsets = this.#offsets): void {
    this.#cursor.save({ generation, offsets, files: this.#sizes.all });
  }
}
