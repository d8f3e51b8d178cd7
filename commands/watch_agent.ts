import { performance } from "node:perf_hooks";
import type { HealthMessage } from "../core/health_message.ts";
import type { TaskMessage } from "../core/task_message.ts";
import { jsonl } from "../exporters/jsonl.ts";
import { openExporters } from "../exporters/open.ts";
import type { ExporterSet } from "../exporters/exporter_set.ts";
import { RecordWriter } from "../exporters/record_writer.ts";
import { MonitorManager } from "../monitor/manager.ts";
import type { MetricsSubscription } from "../monitor/metrics_listener.ts";
import type { FoundProcess } from "../monitor/discovery.ts";
import { Watcher } from "../monitor/watcher.ts";
import type { Platform } from "../platform/mod.ts";
import { openOutput } from "./record_output.ts";
import { AgentHealth } from "./watch_health.ts";
import type { AgentSettings } from "./watch_settings.ts";

/** The last messages may take so long to leave. */
const CLOSE_WITHIN_MS = 5_000;
/** A disk that is full may have room again. */
const RETRY_RECORDS_MS = 5_000;
/** Messages that wait while the exporters are changed. */
const MOST_HELD = 10_000;

type Records = RecordWriter<TaskMessage | HealthMessage>;

/** Watches the targets of its settings, which may change, and has their messages leave. */
export class Agent {
  #settings: AgentSettings;
  #manager!: MonitorManager;
  #watcher!: Watcher;
  #subscription!: MetricsSubscription;
  #exporters: ExporterSet | undefined;
  #records: Records | undefined;
  #discovering: ReturnType<typeof setTimeout> | undefined;
  #telling: ReturnType<typeof setTimeout> | undefined;
  readonly #health: AgentHealth;
  /** What is told while the exporters are changed. */
  #held: TaskMessage[] | undefined;
  readonly #toldOfLimits = new Set<string>();
  #isClosed = false;
  #finish: () => void = () => {};
  /** Resolves when nothing is left to watch, or after {@link close}. */
  readonly done: Promise<void>;

  private constructor(
    settings: AgentSettings,
    readonly platform: Platform,
    readonly notice: (line: string) => void,
  ) {
    this.#settings = settings;
    this.#health = new AgentHealth(platform);
    this.done = new Promise((resolve) => this.#finish = resolve);
  }

  /**
   * Open what messages leave by, and begin to watch.
   * @param notice gets lines worth telling a user
   * @throws ProctorError of kind `usage` when the settings make no sense or name a file that cannot be read
   */
  static async start(
    settings: AgentSettings,
    platform: Platform,
    notice: (line: string) => void,
  ): Promise<Agent> {
    const agent = new Agent(settings, platform, notice);
    agent.#exporters = await agent.#openExporters(settings);
    agent.#records = await agent.#openRecords(settings);
    await agent.#watch(settings);
    agent.#discover();
    agent.#tellHealth();
    return agent;
  }

  /**
   * Go on by other settings; only what has changed is begun anew.
   * @throws ProctorError of kind `usage` when they make no sense; nothing has changed then
   */
  async reload(settings: AgentSettings): Promise<void> {
    const before = this.#settings;
    const isNew = (key: keyof AgentSettings) => JSON.stringify(settings[key]) !== JSON.stringify(before[key]);
    const changesExporters = isNew("exports") || (isNew("propletId") && settings.exports !== undefined);
    if (changesExporters) await this.#changeExporters(before, settings);
    if (this.#isClosed) return;
    this.#settings = settings;
    if (isNew("records") || isNew("rotation")) {
      if (this.#records) await this.#records.close();
      this.#records = await this.#openRecords(settings);
    }
    if (isNew("propletId")) {
      this.#manager[Symbol.dispose]();
      this.#subscription.cancel();
      await this.#watch(settings);
    } else this.#watcher.update(settings.targets);
    this.#discover();
    if (isNew("healthMs")) this.#tellHealth();
  }

  /** Tell the last of every task, have everything leave within a bound, and end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#discovering);
    clearTimeout(this.#telling);
    this.#manager[Symbol.dispose]();
    await Promise.all([this.#exporters?.close(CLOSE_WITHIN_MS), this.#closeRecords()]);
    this.#finish();
  }

  /**
   * The old ones go first: the new may want the same port, directory or name at the broker. What is told meanwhile waits.
   * @throws ProctorError when the new ones cannot be had; then there are the old ones again
   */
  async #changeExporters(before: AgentSettings, after: AgentSettings): Promise<void> {
    const held: TaskMessage[] = this.#held = [];
    const old = this.#exporters;
    this.#exporters = undefined;
    await old?.close(CLOSE_WITHIN_MS);
    try {
      this.#exporters = await this.#openExporters(after);
    } catch (error) {
      this.#exporters = await this.#openExporters(before);
      throw error;
    } finally {
      this.#held = undefined;
      for (const { taskId, process } of this.#watcher.tasks) this.#begin(taskId, process);
      for (const message of held) this.#exporters?.message(message);
      // Closed in between.
      if (this.#isClosed) await this.#exporters?.close(CLOSE_WITHIN_MS);
    }
  }

  #take(message: TaskMessage): void {
    this.#tellOfLimits(message);
    if (!this.#held) this.#exporters?.message(message);
    else if (this.#held.length < MOST_HELD) this.#held.push(message);
    this.#records?.write(message);
  }

  /** Of other users' processes some files are closed to us: told once of each target. */
  #tellOfLimits({ metrics, process: of, state }: TaskMessage): void {
    if (!of || state !== "running" || this.#toldOfLimits.has(of.target)) return;
    const missing = [
      metrics.disk_read_bytes === null && "disk and I/O",
      metrics.file_descriptor_count === null && "descriptors",
    ].filter((what) => what !== false);
    if (missing.length === 0 || process.geteuid?.() === 0) return;
    this.#toldOfLimits.add(of.target);
    this.notice(
      `${of.target}: ${
        missing.join(" and ")
      } of process ${of.pid} may not be read; that takes root or CAP_SYS_PTRACE`,
    );
  }

  #begin(taskId: string, process: FoundProcess): void {
    this.#exporters?.begin({
      task_id: taskId,
      name: process.name,
      command: process.arguments(),
      pid: process.pid,
      start_time: new Date(process.startTimeMs).toISOString(),
    });
  }

  async #openExporters({ exports }: AgentSettings): Promise<ExporterSet | undefined> {
    return exports && await openExporters(exports, { onNotice: this.notice });
  }

  async #openRecords({ records, rotation }: AgentSettings): Promise<Records | undefined> {
    const output = records &&
      await openOutput(records, this.platform, this.notice, { append: true, rotation });
    if (!output) return undefined;
    const isFile = records !== undefined && "path" in records;
    return new RecordWriter(output, jsonl, this.notice, {
      isDispensable: () => true,
      retryMs: isFile ? RETRY_RECORDS_MS : undefined,
    });
  }

  async #closeRecords(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const bound = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_WITHIN_MS));
    await Promise.race([this.#records?.close(), bound]);
    clearTimeout(timer);
  }

  async #watch({ propletId, targets }: AgentSettings): Promise<void> {
    this.#manager = await MonitorManager.create({ propletId, onNotice: this.notice });
    this.#subscription = this.#manager.onMetrics((message) => this.#take(message));
    this.#watcher = new Watcher(this.#manager, this.platform.lookUp(), targets, {
      onNotice: this.notice,
      onTask: (taskId, process) => {
        this.notice(`${taskId}: watching process ${process.pid} (${process.name})`);
        this.#begin(taskId, process);
      },
    });
  }

  /** Look for processes now, and again and again. */
  #discover(): void {
    clearTimeout(this.#discovering);
    if (this.#isClosed) return;
    this.#watcher.look();
    if (this.#watcher.isOver) return this.#finish();
    const { discoverMs } = this.#settings;
    // On the grid that the manager wakes up by: one wake-up serves both.
    const sleepMs = Math.ceil(discoverMs - performance.now() % discoverMs);
    this.#discovering = setTimeout(() => this.#discover(), sleepMs);
  }

  #tellHealth(): void {
    clearTimeout(this.#telling);
    const { healthMs, propletId } = this.#settings;
    if (healthMs === null || !this.#exporters || this.#isClosed) return;
    this.#telling = setTimeout(async () => {
      const message = await this.#health.message({
        propletId,
        taskCount: this.#watcher.tasks.length,
        reports: this.#exporters?.reports ?? [],
      });
      if (this.#isClosed) return;
      this.#exporters?.health(message);
      this.#tellHealth();
    }, healthMs);
  }
}
