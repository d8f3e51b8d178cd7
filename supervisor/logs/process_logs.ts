import type { ChildStreams } from "./child_streams.ts";
import type { LogEntry } from "./entry.ts";
import { logLineOf } from "./format.ts";
import { Follower } from "./follower.ts";
import type { LineSink } from "./follower.ts";
import { LineWatch } from "./line_watch.ts";
import type { LineRule } from "./line_watch.ts";
import type { LogLine, LogQuery, LogStream } from "./log_line.ts";
import type { LogOutput } from "./log_output.ts";
import { RateLimit } from "./rate_limit.ts";
import type { Dropped } from "./rate_limit.ts";
import { demandReadable, readBack, told } from "./read_back.ts";
import type { LogPlan } from "./resolve.ts";
import { StreamPipeline } from "./stream_pipeline.ts";
import type { EntryContext } from "./stream_pipeline.ts";
import type { RunningProcess } from "../../group/running_process.ts";

/** How the output of a process comes to us: by a file, or by pipes. */
export interface Capture {
  /**
   * Opens what a child is to write to, before it is started.
   * @throws StreamTrouble where a file cannot be opened
   */
  openStreams(): ChildStreams;
  /** The child writes to these streams now. */
  started(child: RunningProcess): void;
  /** Collects everything written so far. @param isOver no process writes now */
  drain(isOver: boolean): Promise<void>;
  /** Nothing more is collected; what was not is left for the next supervisor, where it can be. */
  close(): Promise<void>;
  /** Forget what is kept for the next supervisor. */
  remove(): void;
}

/** What the logs of one process need of the log service. */
export interface LogContext {
  /** Outputs of all processes together. */
  readonly shared: readonly LogOutput[];
  readonly metadata: EntryContext["metadata"];
  readonly now: () => number;
  /** Lines were dropped: a sentence. */
  readonly onDropped: (id: string, sentence: string) => void;
}

/**
 * The output of one managed process, through all its lives: collected, written to where the configuration says, and
 * read back.
 */
export class ProcessLogs {
  readonly #context: LogContext;
  readonly #entries: EntryContext;
  /** The first is for what is started from now on; another one may hold what is left of earlier times. */
  readonly #captures: readonly Capture[];
  readonly #followers = new Set<LineSink>();
  readonly #watches: LineWatch[] = [];
  /** One thing at a time is written. */
  #writing: Promise<void> = Promise.resolve();
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Made by `LogService.open`. */
  constructor(
    readonly id: string,
    readonly plan: LogPlan,
    readonly outputs: readonly LogOutput[],
    context: LogContext,
    capturesOf: (logs: ProcessLogs) => readonly Capture[],
  ) {
    this.#context = context;
    this.#entries = {
      id,
      rateLimit: plan.rateLimit && new RateLimit(plan.rateLimit, performance.now()),
      now: context.now,
      monotonicMs: () => performance.now(),
      metadata: context.metadata,
      seen: (stream, bytes) => {
        for (const watch of this.#watches) watch.take(stream, bytes);
      },
    };
    this.#captures = capturesOf(this);
  }

  /** The files being written. */
  get files(): string[] {
    return this.outputs.flatMap(({ file }) => file ? [file.path] : []);
  }

  /**
   * Opens the streams for the next life of the process; {@link started} follows once it runs.
   * @throws StreamTrouble where a file cannot be opened
   */
  openStreams(): ChildStreams {
    return this.#captures[0].openStreams();
  }

  /** Look for a line in all that is collected from now on. */
  watch(rule: LineRule, onSeen: () => void): LineWatch {
    const watch = new LineWatch(rule, onSeen);
    this.#watches.push(watch);
    return watch;
  }

  /** The process runs with the streams opened last. */
  started(child: RunningProcess): void {
    this.#captures[0].started(child);
  }

  /** The tree is empty: collect what is left of its output. Resolves when it is written. */
  async ended(): Promise<void> {
    for (const capture of this.#captures) await capture.drain(true);
    await this.#writing;
  }

  /** Let go of everything; a process that goes on is collected by the next supervisor, where its output is a file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What cannot be written is left for the next supervisor, if it can be.
    for (const capture of this.#captures) await capture.drain(false).catch(() => {});
    for (const capture of this.#captures) await capture.close();
    this.#tellDropped(true);
    await this.#writing;
    clearTimeout(this.#noticeTimer);
    for (const follower of this.#followers) follower.end();
    await Promise.all(this.outputs.map((output) => output.close?.()));
  }

  /** Close, and forget what is kept for the next supervisor. The logs stay, but for empty ones. */
  async remove(): Promise<void> {
    await this.close();
    for (const { file } of this.outputs) file?.removeEmpty();
    for (const capture of this.#captures) capture.remove();
  }

  /**
   * Read back what was collected, the oldest first.
   * @throws ControlError `conflict` when there is no file to read, or it has no times to go by
   */
  read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    demandReadable(this, query);
    if (!query.follow || this.#isClosed) return told(this.id, () => readBack(this, query, signal));
    return this.#follow(query, signal);
  }

  /** For the service: what time asks of the files. */
  maintain(nowMs: number): void {
    this.#writing = this.#writing.then(() => {
      for (const { file } of this.outputs) file?.maintain(nowMs);
    }).catch(() => {}); // A disk in trouble: the next write tells.
  }

  /** For captures: a pipeline whose entries are handed to {@link write}. */
  pipeline(stream: LogStream, offset: number): StreamPipeline {
    return new StreamPipeline(stream, this.plan, this.#entries, offset);
  }

  /** For captures: write entries to everywhere, in the order of the calls. Resolves when they are written. */
  write(entries: readonly LogEntry[]): Promise<void> {
    const done = this.#writing.then(() => this.#writeNow(this.#withNotice(entries)));
    // The caller of this write learns of its failure; the next one does not.
    this.#writing = done.catch(() => {});
    return done;
  }

  /**
   * Have what is collected from now on go to a follower.
   * @returns what was collected before that, without a gap or a double, and how to end it
   * @throws an error with a `code` of the file system
   */
  async join(
    follower: LineSink,
    query: LogQuery,
    signal: AbortSignal,
    pieceBytes?: number,
  ): Promise<{ before: AsyncIterable<LogLine>; leave: () => void }> {
    let leave = () => {};
    // Between two writes: what is in the files by then comes from there, and what is not from the follower.
    const joined = this.#writing.then(() => {
      const before = readBack(this, query, signal, pieceBytes);
      leave = this.attach(follower, query);
      return before;
    });
    this.#writing = joined.then(() => {}, () => {});
    return { before: await joined, leave };
  }

  /** Have lines that are collected from now on go to a follower; the function returned ends that. */
  attach(follower: LineSink, { stream, filter }: LogQuery): () => void {
    const passes = filter?.();
    const isWanted = (line: LogLine) =>
      (stream === undefined || line.stream === null || line.stream === stream) && (passes?.(line) ?? true);
    const sink: LineSink = {
      push: (lines) => follower.push(lines.filter(isWanted)),
      end: () => follower.end(),
    };
    this.#followers.add(sink);
    if (this.#isClosed) sink.end();
    return () => this.#followers.delete(sink);
  }

  async *#follow(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const follower = new Follower(this.id);
    let leave: (() => void) | null = null;
    try {
      yield* told(this.id, async () => {
        const joined = await this.join(follower, query, signal);
        leave = joined.leave;
        return joined.before;
      });
      // What could not be read keeps nobody from following.
      leave ??= this.attach(follower, query);
      yield* follower.lines(signal);
    } finally {
      leave?.();
    }
  }

  async #writeNow(entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const nowMs = this.#context.now();
    // A file that cannot be written keeps the others of this process waiting, but not those of others.
    for (const output of [...this.outputs, ...this.#context.shared]) await output.write(entries, nowMs);
    if (this.#followers.size === 0) return;
    const lines = entries.map(logLineOf);
    for (const follower of this.#followers) follower.push(lines);
  }

  /** Lines that were dropped are reported before the next line. */
  #withNotice(entries: readonly LogEntry[]): readonly LogEntry[] {
    const { rateLimit } = this.#entries;
    if (!rateLimit?.isDropping) return entries;
    const dropped = rateLimit.takeDropped(performance.now(), false);
    this.#noticeTimer ??= setTimeout(() => {
      this.#noticeTimer = undefined;
      this.#tellDropped(false);
    }, rateLimit.rule.perMs);
    return dropped ? [this.#noticeOf(dropped, entries[0]?.stream ?? "stderr"), ...entries] : entries;
  }

  #tellDropped(inAnyCase: boolean): void {
    const { rateLimit } = this.#entries;
    const dropped = rateLimit?.takeDropped(performance.now(), inAnyCase);
    if (!dropped) return;
    const notice = this.#noticeOf(dropped, this.plan.streams[0]);
    this.#writing = this.#writing.then(() => this.#writeNow([notice])).catch(() => {});
  }

  #noticeOf({ lines, bytes, sinceMs }: Dropped, stream: LogStream): LogEntry {
    const { rule } = this.#entries.rateLimit!;
    const seconds = ((performance.now() - sinceMs) / 1_000).toFixed(1);
    const sentence =
      `${lines} lines (${bytes} bytes) dropped in ${seconds} s: more than ${rule.lines} lines in ${
        rule.perMs / 1_000
      } s`;
    this.#context.onDropped(this.id, sentence);
    const bytesOf = new TextEncoder().encode(sentence);
    return {
      id: this.id,
      stream,
      timestampMs: this.#context.now(),
      bytes: bytesOf,
      endOffset: 0,
      isPartial: false,
      isNotice: true,
      metadata: null,
    };
  }
}
