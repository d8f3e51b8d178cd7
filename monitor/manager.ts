import { performance } from "node:perf_hooks";
import { usageError } from "../core/error.ts";
import { profileFromEnvironment } from "../core/monitoring_environment.ts";
import type { Variables } from "../core/monitoring_environment.ts";
import { profiles } from "../core/profile.ts";
import type { MonitoringProfile, ProfileName } from "../core/profile.ts";
import type { Environment } from "../core/record.ts";
import type {
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
} from "../core/task_message.ts";
import { onChildEnd } from "../group/child_signal.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { MetricsListener } from "./metrics_listener.ts";
import type { MetricsCallback, MetricsSubscription } from "./metrics_listener.ts";
import { checkMs, chosenProfile } from "./options.ts";
import { Task } from "./task.ts";
import { TimerWheel } from "./timer_wheel.ts";
import { watchTarget } from "./monitor_target.ts";
import type { MonitorTarget } from "./monitor_target.ts";

/** How a manager is made. */
export interface ManagerOptions {
  /** The `proplet_id` of its messages; default: the host's name. */
  propletId?: string;
  /** How many tasks that have ended are remembered, the newest; default 100. */
  keepEnded?: number;
  /** Where `PROCTOR_METRICS_INTERVAL` and `PROCTOR_ENABLE_MONITORING` are looked up; default: the environment. */
  variables?: Variables;
  /** Called with a line worth telling a user; default: a warning of the process. */
  onNotice?: (line: string) => void;
}

/** How it stands with one task. */
export interface TaskStatus {
  readonly taskId: string;
  readonly state: TaskState;
  readonly profile: MonitoringProfile;
  /** The last message, whether it was exported or not; null before the first. */
  readonly latest: TaskMessage | null;
  readonly sampleCount: number;
  /** Ticks that came too late by an interval or more, and were skipped. */
  readonly missedTickCount: number;
}

/** The end of what is not ours, and the closing of a group, tell nobody: looked for this often. */
const LOOK_EVERY_MS = 200;
/** Where all are told of at long intervals, nobody waits for an end either: waking up costs more than looking. */
const LOOK_SELDOM_MS = 1_000;
const LONG_INTERVAL_MS = 5_000;
/** setTimeout counts in 31 bits; waking up once an hour costs nothing. */
const LONGEST_SLEEP_MS = 3_600_000;
const LONGEST_HISTORY = 10_000_000;
const DEFAULT_KEEP_ENDED = 100;

/**
 * Watches many targets, each under a name and by a profile, on one timer (docs/monitoring.md). It keeps neither the
 * program nor a group alive.
 *
 * ```ts
 * using manager = await MonitorManager.create();
 * manager.onMetrics((message) => console.log(JSON.stringify(message)));
 * manager.start("build", group, "intensive");
 * ```
 */
export class MonitorManager implements Disposable {
  readonly #tasks = new Map<string, Task>();
  readonly #running = new Set<Task>();
  readonly #wheel = new TimerWheel<Task>();
  readonly #listeners = new Set<MetricsListener>();
  readonly #platform: Platform;
  readonly #environment: Environment;
  readonly #options: ManagerOptions;
  readonly #tell: (line: string) => void;
  #startedCount = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedForMs = Infinity;
  #lookDueMs = Infinity;
  #stopListening: (() => void) | undefined;
  #isLookDue = false;

  private constructor(platform: Platform, options: ManagerOptions) {
    this.#platform = platform;
    this.#environment = platform.environment();
    this.#options = options;
    this.#tell = options.onNotice ?? ((line) => process.emitWarning(line, "ProctorWarning"));
  }

  /**
   * Make a manager that watches nothing yet.
   * @throws ProctorError of kind `system` where processes cannot be watched
   */
  static async create(options: ManagerOptions = {}): Promise<MonitorManager> {
    return new MonitorManager(await loadPlatform(), options);
  }

  /**
   * Watch a target until it ends or is stopped. A group ends when it is closed or nothing is left of what was started
   * in it; of a `RunningProcess` only the process itself is watched; of a process that others have started, by its ID or
   * as it was found, all its descendants, too, counted from now on.
   *
   * @param taskId names it; one that has ended makes room for another of its name
   * @param profile default: `standard`, as the environment changes it
   * @param process what the messages say of the process that the task stands for
   * @throws ProctorError of kind `usage` when the name is in use, there is no such process, or the profile is none
   */
  start(
    taskId: string,
    target: MonitorTarget,
    profile?: ProfileName | MonitoringProfile,
    process?: TaskProcess,
  ): void {
    if (taskId === "") throw usageError("taskId: it is empty");
    if (this.#tasks.get(taskId)?.state === "running") {
      throw usageError(`taskId: "${taskId}" is being watched; stop it first, or choose another name`);
    }
    const chosen = this.#profile(profile);
    const watched = watchTarget(this.#platform, target);
    const { memory_limit_bytes, memory_total_bytes, cpu_quota_cores, online_cpu_count } = this.#environment;
    const capacity = {
      cpus: cpu_quota_cores ?? online_cpu_count,
      memoryBytes: Math.min(watched.memoryLimitBytes, memory_limit_bytes ?? memory_total_bytes ?? Infinity),
    };
    const propletId = this.#options.propletId ?? this.#environment.host_name;
    const number = this.#startedCount++;
    const task = new Task(taskId, propletId, watched, chosen, number, performance.now(), capacity, process);
    this.#tasks.delete(taskId); // The newest stands last.
    this.#tasks.set(taskId, task);
    this.#running.add(task);
    this.#stopListening ??= onChildEnd(() => this.#lookSoon());
    // It may be over already.
    this.#lookSoon();
    this.#schedule(task);
  }

  /**
   * Watch a task no longer, after a last message, and forget it; its target goes on.
   * @returns whether there was such a task
   */
  stop(taskId: string): boolean {
    const task = this.#tasks.get(taskId);
    if (!task) return false;
    if (task.state === "running") this.#end(task, task.watched.isOver() ? "ended" : "stopped");
    this.#tasks.delete(taskId);
    return true;
  }

  /** How it stands with a task; undefined when there is none of that name. */
  get(taskId: string): TaskStatus | undefined {
    const task = this.#tasks.get(taskId);
    return task && statusOf(task);
  }

  /** All tasks: those that run, and the newest of those that have ended. */
  list(): TaskStatus[] {
    return [...this.#tasks.values()].map(statusOf);
  }

  /**
   * The newest samples of a task, the oldest first, as many as its profile keeps.
   * @throws ProctorError of kind `usage` when there is no such task
   */
  history(taskId: string): TaskMetrics[] {
    return this.#demand(taskId).history;
  }

  /**
   * Means, maxima and totals over the whole time a task was watched.
   * @throws ProctorError of kind `usage` when there is no such task
   */
  aggregated(taskId: string): TaskAggregate {
    return this.#demand(taskId).aggregated;
  }

  /** Call a function with every message of the tasks whose profile says `export_to_mqtt`. */
  onMetrics(callback: MetricsCallback): MetricsSubscription {
    const listener = new MetricsListener(callback, this.#tell);
    this.#listeners.add(listener);
    const cancel = () => void this.#listeners.delete(listener);
    return {
      get skippedMessageCount() {
        return listener.skippedMessageCount;
      },
      get failedCallbackCount() {
        return listener.failedCallbackCount;
      },
      cancel,
      [Symbol.dispose]: cancel,
    };
  }

  /**
   * Watch a task by another profile from now on. Its history keeps what fits; what was not collected before is null
   * there.
   * @throws ProctorError of kind `usage` when there is no such task, or it has ended, or the profile is none
   */
  updateProfile(taskId: string, profile: ProfileName | MonitoringProfile): void {
    const task = this.#demand(taskId);
    if (task.state !== "running") throw usageError(`taskId: "${taskId}" has ended`);
    task.useProfile(this.#profile(profile), performance.now());
    this.#schedule(task);
  }

  /** Stop every task. */
  [Symbol.dispose](): void {
    for (const taskId of [...this.#tasks.keys()]) this.stop(taskId);
  }

  #profile(profile: ProfileName | MonitoringProfile | undefined): MonitoringProfile {
    if (profile === undefined) {
      return profileFromEnvironment(profiles.standard, this.#options.variables ?? process.env);
    }
    const chosen = chosenProfile(profile);
    if (!chosen.enabled) return chosen;
    if (chosen.interval_ms !== null) checkMs("interval_ms", chosen.interval_ms);
    const { history_size: size } = chosen;
    if (!Number.isInteger(size) || size < 0 || size > LONGEST_HISTORY) {
      throw usageError(
        `history_size: ${size} is out of range; it is a whole number up to ${LONGEST_HISTORY}`,
      );
    }
    return chosen;
  }

  #demand(taskId: string): Task {
    const task = this.#tasks.get(taskId);
    if (!task) throw usageError(`taskId: there is no task called "${taskId}"`);
    return task;
  }

  #schedule(task: Task): void {
    const { dueMs } = task;
    if (dueMs === Infinity) this.#wheel.delete(task);
    else this.#wheel.set(task, dueMs);
    this.#arm();
  }

  /** The one timer. */
  #arm(): void {
    if (this.#running.size === 0) {
      clearTimeout(this.#timer);
      this.#armedForMs = this.#lookDueMs = Infinity;
      this.#stopListening?.();
      this.#stopListening = undefined;
      return;
    }
    const now = performance.now();
    // A task that has come may be in more of a hurry than those before.
    this.#lookDueMs = Math.min(this.#lookDueMs, this.#nextLookMs(now));
    const due = Math.min(this.#wheel.nextMs(), this.#lookDueMs);
    if (due === this.#armedForMs) return;
    clearTimeout(this.#timer);
    this.#armedForMs = due;
    // Bun cuts fractions off and would wake up early.
    const sleep = Math.ceil(Math.min(Math.max(0, due - now), LONGEST_SLEEP_MS));
    this.#timer = setTimeout(() => this.#wakeUp(), sleep);
    this.#timer.unref();
  }

  #wakeUp(): void {
    this.#armedForMs = Infinity;
    const now = performance.now();
    if (now >= this.#lookDueMs) {
      this.#lookForEnds();
      this.#lookDueMs = this.#nextLookMs(now);
    }
    for (const task of this.#wheel.take(now)) {
      // A callback may have stopped it meanwhile.
      if (task.state !== "running") continue;
      const message = task.tick(performance.now());
      if (message) this.#export(task, message);
      if (task.state !== "running") continue;
      task.schedule(performance.now());
      this.#wheel.set(task, task.dueMs);
    }
    this.#arm();
  }

  /** On a grid, which ticks are on as well: one wake-up then serves both. */
  #nextLookMs(now: number): number {
    let every = LOOK_SELDOM_MS;
    for (const { profile } of this.#running) {
      if (profile.interval_ms !== null && profile.interval_ms < LONG_INTERVAL_MS) every = LOOK_EVERY_MS;
    }
    return (Math.floor(now / every) + 1) * every;
  }

  /** After a child's end: when whoever owns it has had its turn and has reaped it. */
  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      this.#lookForEnds();
    });
  }

  #lookForEnds(): void {
    for (const task of [...this.#running]) {
      if (task.state === "running" && task.watched.isOver()) this.#end(task, "ended");
    }
  }

  #end(task: Task, state: TaskState): void {
    this.#wheel.delete(task);
    this.#running.delete(task);
    task.state = state;
    const message = task.isSampled ? task.sample(performance.now()) : undefined;
    task.finish();
    if (message) this.#export(task, message);
    this.#forgetOldest();
    this.#arm();
  }

  #export(task: Task, message: TaskMessage): void {
    if (!task.profile.export_to_mqtt) return;
    for (const listener of [...this.#listeners]) listener.deliver(message);
  }

  #forgetOldest(): void {
    let excess = this.#tasks.size - this.#running.size - (this.#options.keepEnded ?? DEFAULT_KEEP_ENDED);
    for (const [id, { state }] of this.#tasks) {
      if (excess <= 0) return;
      if (state === "running") continue;
      this.#tasks.delete(id);
      excess--;
    }
  }
}

function statusOf({ id, state, profile, latest, aggregated, missedTickCount }: Task): TaskStatus {
  return { taskId: id, state, profile, latest, sampleCount: aggregated.sample_count, missedTickCount };
}
