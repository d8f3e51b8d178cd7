import { existsSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ProctorError } from "../../core/error.ts";
import { isNamed } from "../instance_rows.ts";
import type { LogCollectionConfig, SupervisorLogConfig } from "./config.ts";
import { DISPLAYED, NameColumn } from "./display.ts";
import type { Display } from "./display.ts";
import { FileOutput, OwnStreamOutput } from "./log_output.ts";
import type { LogOutput, WriteFailure } from "./log_output.ts";
import { metadataOf } from "./metadata.ts";
import { OwnStream } from "./own_stream.ts";
import type { OwnOutput } from "./own_stream.ts";
import { PathOwners } from "./path_owners.ts";
import { PipeCapture } from "./pipe_capture.ts";
import { ProcessLogs } from "./process_logs.ts";
import type { Capture } from "./process_logs.ts";
import { RemoteOutput } from "./remote/remote_output.ts";
import { RemoteQueues } from "./remote/remote_queues.ts";
import { fileNameOf, planOf, targetsOf } from "./resolve.ts";
import type { LogPlan, LogTarget } from "./resolve.ts";
import { PacedRound } from "./paced_round.ts";
import { SpoolCapture } from "./spool_capture.ts";
import { loadSpoolMeans } from "./spool_means.ts";
import type { SpoolMeans } from "./spool_means.ts";
import { troubleWith, whyUnwritten } from "./write_trouble.ts";
import { waitAtMost } from "../../io/deadline.ts";
import { everyBeat } from "../../group/every_beat.ts";

/** Words of changes may get lost, logs be removed, and movers be killed: looks at these intervals find out. */
const LOOK_MS = 1_000;
const DEAF_LOOK_MS = 500;
const REVIVE_MS = 2_000;
/**
 * Of many each comes less often, and what the kernel tells of is seen to at once. Up to a thousand processes, all come
 * within ten seconds.
 */
const LOOK_PACE = { share: 10, longest: 10 };
/** The same of those whose movers are looked for. */
const REVIVE_PACE = { share: 50, longest: Infinity };
/** A file that could not be written is tried again after this. */
const RETRY_MS = 1_000;

/** What all logs together need. */
export interface LogServiceOptions {
  /** Where files with relative paths lie. */
  readonly directory: string;
  /** Where what processes write waits to be collected: local, private to this supervisor, and kept for the next. */
  readonly spoolDirectory: string;
  /** `log_collection` of the supervisor. */
  readonly config?: SupervisorLogConfig;
  /** Default `process.stdout` and `process.stderr`. */
  readonly stdout?: OwnOutput;
  readonly stderr?: OwnOutput;
  /** Whether colours may be used on a terminal. */
  readonly colorsWelcome?: boolean;
  /** Whose lines are shown on our standard output as well; default: nobody's. */
  readonly display?: Display;
  /** Lines were dropped by a rate limit or a full pipe's disk: which process, and a sentence. */
  readonly onDropped?: (id: string | null, sentence: string) => void;
  /** A log cannot be written, or can be again: a sentence. */
  readonly onTrouble?: (id: string | null, sentence: string) => void;
  /** Milliseconds since the epoch; default the wall clock. */
  readonly now?: () => number;
  /** false: processes write to spools themselves, as where nothing else can be had; they can cut them off then. */
  readonly pumped?: boolean;
}

/** The logs of all processes of a supervisor. */
export class LogService {
  readonly #options: LogServiceOptions;
  #means!: SpoolMeans;
  readonly #now: () => number;
  readonly #shared: LogOutput[] = [];
  readonly #open = new Map<string, ProcessLogs>();
  readonly #spools = new Map<string, SpoolCapture>();
  readonly #paths = new PathOwners();
  readonly #remotes: RemoteQueues;
  readonly #own: { stdout: OwnStream; stderr: OwnStream };
  readonly #stopLooking: (() => void)[] = [];
  #watcher: FSWatcher | undefined;
  readonly #names = new NameColumn();
  #turn = 0;
  #sequence = 0;
  #isClosing = false;
  /** Whether the kernel tells of no changes. */
  #isDeaf = false;
  #closing: () => void = () => {};
  readonly #closed: Promise<void> = new Promise((resolve) => this.#closing = resolve);

  private constructor(options: LogServiceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#remotes = new RemoteQueues({
      onLost: (id, sentence) => options.onDropped?.(id, sentence),
      onTrouble: (sentence) => options.onTrouble?.(null, sentence),
    });
    this.#own = {
      stdout: OwnStream.of(options.stdout ?? process.stdout),
      stderr: OwnStream.of(options.stderr ?? process.stderr),
    };
  }

  /** @throws ProctorError when a directory or a common file cannot be made */
  static async create(options: LogServiceOptions): Promise<LogService> {
    const service = new LogService(options);
    service.#means = await loadSpoolMeans(options.spoolDirectory, options.pumped ?? true);
    service.#begin();
    return service;
  }

  /**
   * The logs of a process, from now on to `close`. What an earlier supervisor has left to be collected is.
   * @param config its own `log_collection`; the default of the supervisor's when undefined
   * @throws ProctorError when a file cannot be made, or another process writes it
   */
  open(id: string, config?: LogCollectionConfig): ProcessLogs {
    const { config: whole, directory } = this.#options;
    const full = planOf(config ?? whole?.default, id, whole?.directory ?? directory);
    const isCollected = full.isEnabled && whole?.enabled !== false;
    const plan: LogPlan = isCollected ? full : { ...full, streams: [], targets: [] };
    if (this.#open.has(id)) throw new ProctorError("usage", `${id}: its logs are open already`);
    this.#paths.claim(id, pathsOf(plan.targets));
    const outputs: LogOutput[] = [];
    try {
      for (const target of plan.targets) outputs.push(this.#outputOf(target, id, plan.mode));
      if (isCollected && this.#isDisplayed(id, plan)) {
        this.#names.add(id);
        outputs.push(this.#ownOutput(DISPLAYED, this.#names));
      }
      this.#turn++;
      const context = {
        shared: this.#shared,
        metadata: metadataOf(this.#options.config?.enhancement, () => ++this.#sequence),
        now: this.#now,
        onDropped: this.#options.onDropped ?? (() => {}),
      };
      const logs = new ProcessLogs(
        id,
        plan,
        outputs,
        context,
        (made) => this.#captures(id, made, isCollected),
      );
      this.#open.set(id, logs);
      return logs;
    } catch (error) {
      for (const output of outputs) void output.close?.();
      this.#paths.release(id);
      throw troubleWith(id, error);
    }
  }

  /** Whether an earlier supervisor has left something of a process that may have to be collected. */
  hasLeft(id: string): boolean {
    return existsSync(`${join(this.#options.spoolDirectory, fileNameOf(id))}.cursor`);
  }

  /** Let go of the logs of a process; `forget` when it will not come back. */
  async release(logs: ProcessLogs, forget: boolean): Promise<void> {
    await (forget ? logs.remove() : logs.close());
    if (this.#open.get(logs.id) !== logs) return;
    this.#open.delete(logs.id);
    this.#spools.delete(fileNameOf(logs.id));
    this.#paths.release(logs.id);
  }

  /** Let go of everything: what was written is collected; processes that go on are collected by the next supervisor. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#closing();
    for (const stop of this.#stopLooking) stop();
    this.#watcher?.close();
    await Promise.all([...this.#open.values()].map((logs) => this.release(logs, false)));
    await Promise.all([...this.#shared.map((output) => output.close?.()), this.#remotes.close()]);
  }

  #begin(): void {
    const { directory, config } = this.#options;
    try {
      const { global_aggregation: all } = config ?? {};
      if (all?.enabled) {
        const targets = targetsOf(all.targets, ["stdout", "stderr"], config?.directory ?? directory);
        this.#paths.claim("global_aggregation", pathsOf(targets));
        for (const target of targets) this.#shared.push(this.#outputOf(target, null, "pipe"));
      }
    } catch (error) {
      throw troubleWith("logs", error);
    }
    this.#watch();
    const [looks, revivals, logs] = [
      new PacedRound(this.#spools, LOOK_PACE),
      new PacedRound(this.#spools, REVIVE_PACE),
      new PacedRound(this.#open, LOOK_PACE),
    ];
    this.#stopLooking.push(
      everyBeat(LOOK_MS, () => {
        for (const spool of looks.next()) spool.look();
        this.#maintain(logs.next());
      }),
      everyBeat(REVIVE_MS, () => {
        const share = [...revivals.next()];
        // One call for all of them: mostly nothing waits anywhere.
        const held = share.flatMap((spool) => spool.held);
        if (held.length > 0 && !this.#means.pump?.hasAnyInput(held)) return;
        for (const spool of share) spool.revive();
      }),
    );
  }

  /** One watch for all: the kernel names the file. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#options.spoolDirectory, { persistent: false }, (_, name) => {
        const match = /^(.*)\.\d+\.(?:stdout|stderr)$/.exec(String(name));
        if (match) this.#spools.get(match[1])?.wake();
      });
      this.#watcher.on("error", () => this.#lookAtAll());
    } catch {
      // No watches are left on this machine.
      this.#lookAtAll();
    }
  }

  /** Who is told nothing, or nothing any more, has to look at all of them. */
  #lookAtAll(): void {
    if (this.#isClosing || this.#isDeaf) return;
    this.#isDeaf = true;
    this.#stopLooking.push(everyBeat(DEAF_LOOK_MS, () => {
      for (const spool of this.#spools.values()) spool.look();
    }));
  }

  #maintain(share: Iterable<ProcessLogs>): void {
    const nowMs = this.#now();
    for (const logs of share) logs.maintain(nowMs);
    for (const output of this.#shared) if (output instanceof FileOutput) output.maintain(nowMs);
  }

  #captures(id: string, logs: ProcessLogs, isCollected: boolean): Capture[] {
    const path = join(this.#options.spoolDirectory, fileNameOf(id));
    const isFile = isCollected && logs.plan.mode === "file";
    const spool = isFile || existsSync(`${path}.cursor`)
      ? new SpoolCapture(logs, path, this.#means, isFile, (failure) => this.#failed(id, "file", failure))
      : null;
    if (spool) this.#spools.set(fileNameOf(id), spool);
    if (isFile) return [spool!];
    return [new PipeCapture(logs), ...(spool ? [spool] : [])];
  }

  /** Lines that go there anyway are not shown a second time. */
  #isDisplayed(id: string, { targets }: LogPlan): boolean {
    const { display } = this.#options;
    if (!display || (display.only && ![...display.only].some((name) => isNamed(name, id)))) return false;
    const all = [...targets, ...this.#shared.map(({ target }) => target)];
    return all.every(({ type }) => type !== "stdout" && type !== "stderr");
  }

  #ownOutput(target: Extract<LogTarget, { type: "stdout" | "stderr" }>, names?: NameColumn): OwnStreamOutput {
    const { colorsWelcome = false } = this.#options;
    return new OwnStreamOutput(target, this.#own[target.type], this.#turn, colorsWelcome, names);
  }

  #outputOf(target: LogTarget, id: string | null, mode: LogPlan["mode"]): LogOutput {
    if ("address" in target) return new RemoteOutput(target, this.#remotes);
    if (target.type !== "file") return this.#ownOutput(target);
    return new FileOutput(
      target,
      (failure) => this.#failed(id, mode, failure),
      this.#now(),
      id !== null,
    );
  }

  /** A file cannot be written: what waits in a file of its own is tried again; what is in a pipe cannot wait. */
  async #failed(id: string | null, mode: LogPlan["mode"], failure: WriteFailure): Promise<boolean> {
    const { error, path, lines, isFirst, deed } = failure;
    const trouble = `cannot ${deed ?? "write"} "${path}": ${whyUnwritten(error)}`;
    if (mode === "pipe") {
      this.#options.onDropped?.(id, `${lines} lines dropped: ${trouble}`);
      return false;
    }
    if (isFirst) {
      this.#options.onTrouble?.(id, `${trouble}; it is tried again, and nothing is lost meanwhile`);
    }
    await waitAtMost(RETRY_MS, this.#closed);
    if (this.#isClosing) throw error;
    return true;
  }
}

function pathsOf(targets: readonly LogTarget[]): string[] {
  return targets.flatMap((target) => target.type === "file" ? [target.path] : []);
}
