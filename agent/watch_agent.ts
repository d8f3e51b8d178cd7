import { ProctorError } from "../core/error.ts";
import { SUBJECTS } from "../core/measure/metrics.ts";
import type { TaskMessage } from "../core/schema/task_message.ts";
import type { TaskProcessRecord } from "../core/schema/task_process.ts";
import { jsonl } from "../records/formats/jsonl.ts";
import { RecordWriter } from "../records/record_writer.ts";
import { MonitorManager } from "../monitor/tasks/manager.ts";
import type { MetricsSubscription } from "../monitor/tasks/metrics_listener.ts";
import { Watcher } from "./watcher.ts";
import type { WatchedTask } from "./watcher.ts";
import type { WatchTarget } from "./watch_target.ts";
import type { Platform, WorkloadNames } from "../platform/mod.ts";
import { outputLost } from "../io/terminal/output.ts";
import { openOutput } from "../records/record_output.ts";
import { LiveExporters } from "./live_exporters.ts";
import type { AgentSettings } from "./settings.ts";
import { waitAtMost } from "../io/deadline.ts";
import { LoopTimers, StillTimers } from "../io/still_timers.ts";
import type { LoopNeed, Timer, Timers } from "../io/still_timers.ts";
import { isRoot, loadWorkloadNames } from "../platform/mod.ts";

/** The last messages may take so long to leave. */
const CLOSE_WITHIN_MS = 5_000;
/** A disk that is full may have room again. */
const RETRY_RECORDS_MS = 5_000;

/** What is written: messages, and the processes that have ended meanwhile. */
type AgentRecord = TaskMessage | TaskProcessRecord;
type Records = RecordWriter<AgentRecord>;

/** Watches the targets of its settings, which may change, and has their messages leave. */
export class Agent {
  readonly #names: WorkloadNames;
  #settings: AgentSettings;
  #manager!: MonitorManager;
  #watcher!: Watcher;
  #subscription!: MetricsSubscription;
  #exporters!: LiveExporters;
  #records: Records | undefined;
  readonly #timers: Timers;
  #discovering: Timer | undefined;
  #isReloading = false;
  /** Whether something is watched that is told by sockets, or asked for. */
  #needsLoop = false;
  readonly #toldOfLimits = new Set<string>();
  /** Since when each task is counted: later than its process runs, and from anew with each agent. */
  readonly #countedFrom = new Map<string, string>();
  /** What a manager has asked for, by task: intervals in milliseconds. */
  #denser: ReadonlyMap<string, number> = new Map();
  #toldOfProcesses: string | null = null;
  #isClosed = false;
  #finish: () => void = () => {};
  /** Resolves when nothing is left to watch, or after {@link close}. */
  readonly done: Promise<void>;

  private constructor(
    settings: AgentSettings,
    readonly platform: Platform,
    readonly notice: (line: string) => void,
    readonly onMessage: ((message: TaskMessage) => void) | undefined,
    names: WorkloadNames,
  ) {
    this.#names = names;
    // Who is told of each message has more to do than to wait for the next.
    const still = onMessage ? null : platform.standStill();
    this.#timers = still ? new StillTimers(still) : new LoopTimers();
    this.#settings = settings;
    this.done = new Promise((resolve) => {
      this.#finish = () => {
        if (this.#timers instanceof StillTimers) this.#timers.end();
        resolve();
      };
    });
  }

  /**
   * Open what messages leave by, and begin to watch.
   * @param notice gets lines worth telling a user
   * @param onMessage gets every message, besides where they leave to
   * @throws ProctorError of kind `usage` when the settings make no sense or name a file that cannot be read
   */
  static async start(
    settings: AgentSettings,
    platform: Platform,
    notice: (line: string) => void,
    onMessage?: (message: TaskMessage) => void,
  ): Promise<Agent> {
    const agent = new Agent(settings, platform, notice, onMessage, await loadWorkloadNames());
    agent.#exporters = await LiveExporters.open({
      platform,
      onNotice: notice,
      taskCount: () => agent.#watcher.tasks.length,
      ticks: () => agent.#manager.ticks,
      healthMs: () => agent.#settings.healthMs,
      onChange: () => {
        for (const task of agent.#watcher.tasks) agent.#begin(task);
      },
      onDenser: (intervals) => {
        agent.#denser = intervals;
        // Asked for before anything is watched, it holds from the beginning.
        agent.#watcher?.repace();
      },
    }, settings.exports);
    agent.#records = await agent.#openRecords(settings);
    if (settings.records && !agent.#records && !agent.#exporters.areThere) {
      throw new ProctorError("system", "watch: there is nowhere left for messages to go");
    }
    await agent.#watch(settings);
    agent.#discover();
    agent.#exporters.tellHealth();
    return agent;
  }

  /**
   * Go on by other settings; only what has changed is begun anew.
   * @throws ProctorError of kind `usage` when they make no sense; nothing has changed then
   */
  async reload(settings: AgentSettings): Promise<void> {
    this.#isReloading = true;
    try {
      await this.#reload(settings);
    } finally {
      this.#isReloading = false;
    }
  }

  async #reload(settings: AgentSettings): Promise<void> {
    const before = this.#settings;
    const isNew = (key: keyof AgentSettings) => JSON.stringify(settings[key]) !== JSON.stringify(before[key]);
    await this.#exporters.change(() => Promise.resolve(settings.exports));
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
    } else {
      await this.#listen(settings.targets);
      if (this.#isClosed) return;
      this.#watcher.update(settings.targets);
    }
    this.#discover();
    if (isNew("healthMs")) this.#exporters.tellHealth();
  }

  /**
   * Go on until the end: what is due is done meanwhile on the thread of this program, which stands still where nothing
   * is.
   */
  async run(): Promise<void> {
    if (this.#timers instanceof StillTimers) await this.#timers.run(() => this.#needOfLoop());
    await this.done;
  }

  /** Tell the last of every task, have everything leave within a bound, and end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#discovering?.clear();
    this.#manager[Symbol.dispose]();
    const records = this.#records && waitAtMost(CLOSE_WITHIN_MS, this.#records.close());
    await Promise.all([this.#exporters.close(), records]);
    this.#finish();
  }

  #take(message: TaskMessage): void {
    this.#tellOfLimits(message);
    if (message.state !== "running") this.#countedFrom.delete(message.task_id);
    this.#exporters.hand((set) => set.message(message));
    this.#records?.write(message);
    this.onMessage?.(message);
  }

  /** Of other users' processes some files are closed to us: told once of each target. */
  #tellOfLimits({ metrics, process: of, state }: TaskMessage): void {
    if (!of || state !== "running" || this.#toldOfLimits.has(of.target)) return;
    const missing = [
      // Where a system does not tell of disks at all, it is none of our rights that is missing.
      metrics.disk_read_bytes === null && metrics.io_read_bytes === null &&
      `${SUBJECTS.disk.label} and ${SUBJECTS.io.label}`,
      metrics.file_descriptor_count === null && SUBJECTS.file_descriptors.label,
    ].filter((what) => what !== false);
    if (missing.length === 0 || isRoot()) return;
    this.#toldOfLimits.add(of.target);
    this.notice(
      `${of.target}: ${
        missing.join(" and ")
      } of process ${of.pid} may not be read; that takes root or CAP_SYS_PTRACE`,
    );
  }

  #needOfLoop(): LoopNeed {
    const isStill = !this.#needsLoop && !this.#isReloading && !this.#isClosed && !this.#exporters.areThere &&
      !this.#names.isAsking && !(this.#records?.isPausing ?? false);
    if (!isStill) return "all";
    return this.#records?.isWriting ? "turn" : "none";
  }

  #begin({ taskId, process, labels }: WatchedTask): void {
    const begun = {
      task_id: taskId,
      name: process.name,
      command: process.arguments(),
      pid: process.pid,
      start_time: new Date(process.startTimeMs).toISOString(),
      counted_from: this.#countedFrom.get(taskId),
      workload: labels,
    };
    this.#exporters.hand((set) => set.begin(begun));
  }

  async #openRecords({ records, rotation }: AgentSettings): Promise<Records | undefined> {
    const output = records &&
      await openOutput(records, this.platform, this.notice, {
        append: true,
        atOnce: true,
        rotation,
      });
    if (!output) return undefined;
    const isFile = records !== undefined && "path" in records;
    return new RecordWriter<AgentRecord>(output, jsonl, this.notice, {
      isDispensable: () => true,
      // Of thousands in a second, and those of a task are counted in its messages.
      minor: { is: (record) => "kind" in record, words: "processes" },
      retryMs: isFile ? RETRY_RECORDS_MS : undefined,
      timers: this.#timers,
      // Nobody would hear of anything any more.
      onFailure: this.#exporters.areThere ? undefined : (error) => {
        outputLost(error);
        this.#finish();
      },
    });
  }

  async #watch({ propletId, targets }: AgentSettings): Promise<void> {
    this.#manager = await MonitorManager.create({ propletId, onNotice: this.notice }, {
      timers: this.#timers,
    });
    await this.#listen(targets);
    this.#subscription = this.#manager.onMetrics((message) => this.#take(message), {
      // Whoever else is told needs the message itself.
      isEnough: () =>
        this.#records !== undefined && !this.#exporters.areThere && this.onMessage === undefined,
      take: (line) => this.#records?.writeLine(line),
      begin: () => this.#records?.gather(),
      end: () => this.#records?.release(),
    });
    this.#manager.onProcess((record) => this.#records?.write(record));
    this.#watcher = new Watcher(this.#manager, this.platform.lookUp(), targets, {
      onNotice: this.notice,
      names: this.#names,
      denserOf: (taskId) => this.#denser.get(taskId),
      onTask: (task) => {
        const { taskId, what } = task;
        this.notice(`${taskId}: watching ${what}`);
        this.#countedFrom.set(taskId, new Date().toISOString());
        this.#begin(task);
      },
    });
    await this.#watcher.settle();
  }

  /** Hear of every process from now on, where a target asks for that, and of none where none does: told once. */
  async #listen(targets: readonly WatchTarget[]): Promise<void> {
    this.#needsLoop = targets.some(({ processes, network, scrape }) => processes || network || scrape);
    if (!targets.some(({ processes }) => processes)) {
      this.#manager.ignoreProcesses();
      return;
    }
    const limitation = await this.#manager.listenToProcesses();
    if (limitation !== null && limitation !== this.#toldOfProcesses) this.notice(`processes: ${limitation}`);
    this.#toldOfProcesses = limitation;
  }

  /** Look for processes now, and again and again. */
  #discover(): void {
    this.#discovering?.clear();
    if (this.#isClosed) return;
    this.#watcher.look();
    if (this.#watcher.isOver) return this.#finish();
    const { discoverMs } = this.#settings;
    // On the grid that the manager wakes up by: one wake-up serves both.
    const dueMs = (Math.floor(performance.now() / discoverMs) + 1) * discoverMs;
    this.#discovering = this.#timers.set(dueMs, () => this.#discover());
  }
}
