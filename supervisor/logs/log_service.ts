import { existsSync, mkdirSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ProctorError } from "../../core/error.ts";
import { loadReleaseFileSpace } from "../../group/file_space.ts";
import type { ReleaseFileSpace } from "../../group/file_space.ts";
import type { LogCollectionConfig, SupervisorLogConfig } from "./config.ts";
import { FileOutput, OwnStreamOutput } from "./log_output.ts";
import type { LogOutput, WriteFailure } from "./log_output.ts";
import { OwnStream } from "./own_stream.ts";
import type { OwnOutput } from "./own_stream.ts";
import { PathOwners } from "./path_owners.ts";
import { PipeCapture } from "./pipe_capture.ts";
import { ProcessLogs } from "./process_logs.ts";
import type { Capture } from "./process_logs.ts";
import { fileNameOf, planOf, targetsOf } from "./resolve.ts";
import type { LogPlan, LogTarget } from "./resolve.ts";
import { SpoolCapture } from "./spool_capture.ts";
import { reasonOf, troubleWith } from "./write_trouble.ts";

/** Words of changes may get lost: then a look at this interval finds them. */
const LOOK_MS = 30_000;
/** The same where no words come at all. */
const LOOK_UNWATCHED_MS = 500;
/** How often time is asked whether files are to be set aside or thrown away. */
const MAINTAIN_MS = 30_000;
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
  /** Whether colours may be used where somebody looks. */
  readonly colorsWelcome?: boolean;
  /** Lines were dropped by a rate limit or a full pipe's disk: which process, and a sentence. */
  readonly onDropped?: (id: string | null, sentence: string) => void;
  /** A log cannot be written, or can be again: a sentence. */
  readonly onTrouble?: (id: string | null, sentence: string) => void;
  /** Milliseconds since the epoch; default the wall clock. */
  readonly now?: () => number;
}

/** The logs of all processes of a supervisor. */
export class LogService {
  readonly #options: LogServiceOptions;
  readonly #releaseFileSpace: ReleaseFileSpace;
  readonly #now: () => number;
  readonly #shared: LogOutput[] = [];
  readonly #open = new Map<string, ProcessLogs>();
  readonly #spools = new Map<string, SpoolCapture>();
  readonly #paths = new PathOwners();
  readonly #own: { stdout: OwnStream; stderr: OwnStream };
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #watcher: FSWatcher | undefined;
  #turn = 0;
  #sequence = 0;
  #isClosing = false;
  #closing: () => void = () => {};
  readonly #closed: Promise<void> = new Promise((resolve) => this.#closing = resolve);

  private constructor(options: LogServiceOptions, releaseFileSpace: ReleaseFileSpace) {
    this.#options = options;
    this.#releaseFileSpace = releaseFileSpace;
    this.#now = options.now ?? Date.now;
    this.#own = {
      stdout: new OwnStream(options.stdout ?? process.stdout),
      stderr: new OwnStream(options.stderr ?? process.stderr),
    };
  }

  /** @throws ProctorError when a directory or a common file cannot be made */
  static async create(options: LogServiceOptions): Promise<LogService> {
    const service = new LogService(options, await loadReleaseFileSpace());
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
    } catch (error) {
      for (const { file } of outputs) void file?.close();
      this.#paths.release(id);
      throw error;
    }
    this.#turn++;
    const surroundings = {
      shared: this.#shared,
      metadata: this.#metadata(),
      now: this.#now,
      onDropped: this.#options.onDropped ?? (() => {}),
    };
    const used: LogPlan = isCollected ? plan : { ...plan, streams: [] };
    const logs = new ProcessLogs(
      id,
      used,
      outputs,
      surroundings,
      (made) => this.#captures(id, made, isCollected),
    );
    this.#open.set(id, logs);
    return logs;
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
    for (const timer of this.#timers) clearInterval(timer);
    this.#watcher?.close();
    await Promise.all([...this.#open.values()].map((logs) => this.release(logs, false)));
    await Promise.all(this.#shared.map(({ file }) => file?.close()));
  }

  #begin(): void {
    const { spoolDirectory, directory, config } = this.#options;
    try {
      mkdirSync(spoolDirectory, { recursive: true, mode: 0o700 });
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
    this.#timers.push(
      setInterval(() => {
        for (const spool of this.#spools.values()) spool.look();
      }, this.#watcher ? LOOK_MS : LOOK_UNWATCHED_MS),
      setInterval(() => this.#maintain(), MAINTAIN_MS),
    );
    for (const timer of this.#timers) timer.unref();
  }

  /** One watch for all: the kernel names the file. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#options.spoolDirectory, { persistent: false }, (_, name) => {
        const match = /^(.*)\.\d+\.(?:stdout|stderr)$/.exec(String(name));
        if (match) this.#spools.get(match[1])?.wake();
      });
      this.#watcher.on("error", () => {});
    } catch { /* No watches are left on this machine: the regular look has to do. */ }
  }

  #maintain(): void {
    const nowMs = this.#now();
    for (const logs of this.#open.values()) logs.maintain(nowMs);
    for (const output of this.#shared) if (output instanceof FileOutput) output.maintain(nowMs);
  }

  #captures(id: string, logs: ProcessLogs, isCollected: boolean): Capture[] {
    const path = join(this.#options.spoolDirectory, fileNameOf(id));
    const isFile = isCollected && logs.plan.mode === "file";
    const spool = isFile || existsSync(`${path}.cursor`)
      ? new SpoolCapture(logs, path, this.#releaseFileSpace, isFile)
      : null;
    if (spool) this.#spools.set(fileNameOf(id), spool);
    if (isFile) return [spool!];
    return [new PipeCapture(logs), ...(spool ? [spool] : [])];
  }

  #outputOf(target: LogTarget, id: string | null, mode: LogPlan["mode"]): LogOutput {
    if (target.type !== "file") {
      return new OwnStreamOutput(
        target,
        this.#own[target.type],
        this.#turn,
        this.#options.colorsWelcome ?? false,
      );
    }
    try {
      return new FileOutput(
        target,
        (failure) => this.#failed(id, mode, failure),
        this.#now(),
      );
    } catch (error) {
      throw troubleWith(id ?? "logs", error);
    }
  }

  /** A file cannot be written: what waits in a file of its own is tried again; what is in a pipe cannot wait. */
  async #failed(id: string | null, mode: LogPlan["mode"], failure: WriteFailure): Promise<boolean> {
    const { error, path, lines, isFirst } = failure;
    const trouble = `cannot write "${path}": ${reasonOf(error)}`;
    if (mode === "pipe") {
      this.#options.onDropped?.(id, `${lines} lines dropped: ${trouble}`);
      return false;
    }
    if (isFirst) {
      this.#options.onTrouble?.(id, `${trouble}; it is tried again, and nothing is lost meanwhile`);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#closed, new Promise((resolve) => timer = setTimeout(resolve, RETRY_MS))]);
    clearTimeout(timer);
    if (this.#isClosing) throw error;
    return true;
  }

  #metadata() {
    const wanted = this.#options.config?.enhancement;
    if (!wanted?.enabled) return null;
    const { add_hostname, add_sequence, add_line_number, add_process_manager_id } = wanted.metadata;
    if (!add_hostname && !add_sequence && !add_line_number && !add_process_manager_id) return null;
    const host = hostname();
    return (lineNumber: number) => ({
      ...(add_process_manager_id ? { process_manager_id: process.pid } : {}),
      ...(add_hostname ? { hostname: host } : {}),
      ...(add_sequence ? { sequence: ++this.#sequence } : {}),
      ...(add_line_number ? { line_number: lineNumber } : {}),
    });
  }
}

function pathsOf(targets: readonly LogTarget[]): string[] {
  return targets.flatMap((target) => target.type === "file" ? [target.path] : []);
}
