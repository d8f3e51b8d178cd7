import { usageError } from "../../core/error.ts";
import { capacityOf } from "../../core/measure/interval.ts";
import type { MonitoringProfile, ProfileName } from "../../core/measure/profile.ts";
import { NO_TICKS } from "../../core/measure/sampler.ts";
import type { TickCounts } from "../../core/measure/sampler.ts";
import { CALLBACK, checkOptions, checkValue, OBJECT, shown, TEXT } from "../../core/option.ts";
import type { Environment, ProcessRecord } from "../../core/schema/record.ts";
import type {
  TaskAggregate,
  TaskMessage,
  TaskMetrics,
  TaskProcess,
  TaskState,
} from "../../core/schema/task_message.ts";
import type { ProcessListener } from "../../group/process_listener.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";
import { onChildEnd } from "../../group/child_ends.ts";
import type { Timers } from "../../io/still_timers.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Platform } from "../../platform/mod.ts";
import { watchTarget } from "../targets/monitor_target.ts";
import type { CgroupTarget, MonitorTarget, ProcessTarget } from "../targets/monitor_target.ts";
import { EndLooks } from "./end_looks.ts";
import { MANAGER_RULES, profileOf } from "./manager_options.ts";
import type { ManagerOptions } from "./manager_options.ts";
import { MetricsListener } from "./metrics_listener.ts";
import type { LineTaker, MetricsCallback, MetricsSubscription } from "./metrics_listener.ts";
import { ProcessSubscriber } from "./process_subscriber.ts";
import type { ProcessCallback, ProcessSubscription } from "./process_subscriber.ts";
import { StillLooks } from "./still_looks.ts";
import { Task } from "./task.ts";
import type { AppReader } from "./task.ts";
import { TaskClock } from "./task_clock.ts";

/** The status of one task. */
export interface TaskStatus {
  /** The id it was started by. */
  readonly taskId: string;
  /** Where it is in its life. */
  readonly state: TaskState;
  /** What is measured of it, and how often. */
  readonly profile: MonitoringProfile;
  /** The last message, whether it was exported or not; null before the first. */
  readonly latest: TaskMessage | null;
  /** Samples taken so far. */
  readonly sampleCount: number;
  /** Ticks that came too late by an interval or more, and were skipped. */
  readonly missedTickCount: number;
}

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
  readonly #clock: TaskClock;
  readonly #ends: EndLooks;
  readonly #stills: StillLooks;
  readonly #listeners = new Set<MetricsListener>();
  readonly #processSubscribers = new Set<ProcessSubscriber>();
  readonly #platform: Platform;
  readonly #environment: Environment;
  readonly #options: ManagerOptions;
  readonly #tell: (line: string) => void;
  #startedCount = 0;
  /** Of tasks that have ended. */
  #pastTicks = NO_TICKS;
  #stopListening: (() => void) | undefined;
  #isDisposed = false;
  #listener: ProcessListener | undefined;

  private constructor(
    platform: Platform,
    options: ManagerOptions,
    endsAreTold: boolean,
    timers: Timers | undefined,
  ) {
    this.#platform = platform;
    const handlers = {
      begin: (tasks: readonly Task[]) => this.#begin(tasks),
      tick: (task: Task) => this.#tick(task),
      end: () => this.#endTicks(),
      lookForEnds: () => this.#lookForEnds(),
    };
    this.#clock = new TaskClock(this.#running, handlers, endsAreTold, timers);
    this.#ends = new EndLooks(platform);
    this.#stills = new StillLooks(platform);
    this.#environment = platform.environment();
    this.#options = options;
    const warn = (line: string) => process.emitWarning(line, "ProctorWarning");
    this.#tell = (line) => {
      try {
        (options.onNotice ?? warn)(line);
      } catch (error) {
        // What it was told of must not go unheard, nor end the program from a timer.
        warn(`${line} (and onNotice has failed: ${String(error)})`);
      }
    };
  }

  /**
   * Make a manager that watches nothing yet.
   * @param endsAreTold whether each task is stopped as soon as its target is over: no ends are looked for then
   * @param timers of a program that does not leave its thread to the event loop
   * @throws ProctorError of kind `system` where processes cannot be watched
   */
  static async create(
    options: ManagerOptions = {},
    endsAreTold = false,
    timers?: Timers,
  ): Promise<MonitorManager> {
    checkOptions(options, MANAGER_RULES);
    const manager = new MonitorManager(await loadPlatform(), options, endsAreTold, timers);
    if (options.processes) await manager.listenToProcesses();
    return manager;
  }

  /**
   * Listen to what the kernel tells of every process from now on, so that targets may ask for theirs.
   * @returns why not all is told that could be, and what would raise it; null where it is
   */
  async listenToProcesses(): Promise<string | null> {
    const { ProcessListener } = await import("../../group/process_listener.ts");
    const listener = this.#listener ?? await ProcessListener.open();
    // Disposed of meanwhile, or asked twice.
    if (this.#isDisposed || (this.#listener && this.#listener !== listener)) listener.close();
    else this.#listener = listener;
    return listener.limitation;
  }

  /** Listen no longer: new targets may not ask for theirs, and those that have go on to be told. */
  ignoreProcesses(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /**
   * Watch a target until it ends or is stopped. A group ends when it is closed or nothing is left of what was started
   * in it; of a `RunningProcess` only the process itself is watched; of a process that others have started, by its ID
   * or as it was found, all its descendants, too, counted from now on.
   *
   * @param taskId names it; one that has ended makes room for another of its name
   * @param profile default: `standard`, as the environment changes it
   * @param process what the messages say of the process that the task stands for
   * @param app what the program tells of itself; closed with the task
   * @throws ProctorError of kind `usage` when the name is in use, there is no such process, the profile is none, or
   *   the manager was disposed of
   */
  start(
    taskId: string,
    target: MonitorTarget,
    profile?: ProfileName | MonitoringProfile,
    process?: TaskProcess,
    app?: AppReader,
  ): void {
    if (this.#isDisposed) throw usageError("the manager is disposed of; make another to watch something");
    checkValue("taskId", taskId, TEXT);
    if (taskId === "") throw usageError("taskId: it is empty");
    if (process !== undefined) checkValue("process", process, OBJECT);
    if (this.#tasks.get(taskId)?.state === "running") {
      throw usageError(`taskId: "${taskId}" is being watched; stop it first, or choose another name`);
    }
    const chosen = this.#profileOf(profile);
    const listener = this.#listener;
    const listen = listener
      ? (one: ProcessTarget | CgroupTarget) => this.#listen(listener, taskId, one)
      : null;
    const watched = watchTarget(this.#platform, target, listen);
    const capacity = capacityOf(this.#environment, { memoryBytes: watched.memoryLimitBytes });
    const propletId = this.#options.propletId ?? this.#environment.host_name;
    const number = this.#startedCount++;
    const task = new Task(
      taskId,
      propletId,
      watched,
      chosen,
      number,
      performance.now(),
      capacity,
      process,
      app,
    );
    this.#tasks.delete(taskId); // The newest stands last.
    this.#tasks.set(taskId, task);
    this.#running.add(task);
    this.#renewLooks();
    app?.begin();
    watched.tellEnds?.((record) => this.#tellEnd(taskId, propletId, record));
    this.#stopListening ??= onChildEnd(this.#platform, () => this.#clock.lookSoon());
    // It may be over already.
    this.#clock.lookSoon();
    this.#clock.schedule(task);
    watched.hearNews?.(() => {
      if (task.state !== "running") return;
      task.stir(performance.now());
      this.#clock.schedule(task);
    });
  }

  /**
   * Watch a task no longer, after a last message, and forget it; its target goes on.
   * @returns whether there was such a task
   */
  stop(taskId: string): boolean {
    checkValue("taskId", taskId, TEXT);
    const task = this.#tasks.get(taskId);
    if (!task) return false;
    if (task.state === "running") this.#end(task, task.watched.isOver() ? "ended" : "stopped");
    this.#tasks.delete(taskId);
    return true;
  }

  /** The status of a task; undefined when there is none of that name. */
  get(taskId: string): TaskStatus | undefined {
    checkValue("taskId", taskId, TEXT);
    const task = this.#tasks.get(taskId);
    return task && statusOf(task);
  }

  /** Whether there is a task of that name that has not ended. */
  isRunning(taskId: string): boolean {
    return this.#tasks.get(taskId)?.state === "running";
  }

  /** All tasks: those that run, and the newest of those that have ended. */
  list(): TaskStatus[] {
    return [...this.#tasks.values()].map(statusOf);
  }

  /** How ticks went, of all tasks there ever were. */
  get ticks(): TickCounts {
    return [...this.#running].map(({ ticks }) => ticks).reduce(sum, this.#pastTicks);
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

  /**
   * Call a function with every message of the tasks whose profile says `export_to_mqtt`.
   * @param lines gets those of targets that stand still, as lines, in place of the function
   */
  onMetrics(callback: MetricsCallback, lines?: LineTaker): MetricsSubscription {
    checkValue("callback", callback, CALLBACK);
    const listener = new MetricsListener(callback, this.#tell, lines);
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
   * Call a function with every process of a task that has ended, where a target asks for its processes: before the
   * task's last message, and whatever its profile.
   */
  onProcess(callback: ProcessCallback): ProcessSubscription {
    checkValue("callback", callback, CALLBACK);
    const subscriber = new ProcessSubscriber(callback, this.#tell);
    this.#processSubscribers.add(subscriber);
    const cancel = () => void this.#processSubscribers.delete(subscriber);
    return {
      get failedCallbackCount() {
        return subscriber.failedCallbackCount;
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
    task.useProfile(this.#profileOf(profile), performance.now());
    this.#clock.schedule(task);
  }

  /** Stop every task, for good: nothing can be started afterwards. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const taskId of [...this.#tasks.keys()]) this.stop(taskId);
    this.#ends.close();
    this.ignoreProcesses();
  }

  /** What holds for all targets was told to whoever has made the manager listen. */
  #listen(listener: ProcessListener, taskId: string, target: ProcessTarget | CgroupTarget): ProcessWatch {
    const watch = listener.listen(target);
    const { limitation } = watch;
    if (limitation !== null && limitation !== listener.limitation) {
      this.#tell(`${taskId}: processes: ${limitation}`);
    }
    return watch;
  }

  #profileOf(profile: ProfileName | MonitoringProfile | undefined): MonitoringProfile {
    return profileOf(profile, this.#options.variables ?? process.env);
  }

  #demand(taskId: string): Task {
    checkValue("taskId", taskId, TEXT);
    const task = this.#tasks.get(taskId);
    if (!task) throw usageError(`taskId: there is no task called ${shown(taskId)}`);
    return task;
  }

  #begin(tasks: readonly Task[]): void {
    this.#stills.begin(tasks);
    for (const { lines } of this.#listeners) lines?.begin();
  }

  #endTicks(): void {
    for (const { lines } of this.#listeners) lines?.end();
  }

  #tick(task: Task): void {
    const isAtRest = this.#stills.isAtRest(task);
    const message = task.tick(performance.now(), isAtRest, isAtRest && this.#mayWriteLines());
    if (message instanceof Uint8Array) this.#exportLine(task, message);
    else if (message) this.#export(task, message);
  }

  #mayWriteLines(): boolean {
    for (const listener of this.#listeners) if (!listener.takesLines) return false;
    return this.#listeners.size > 0;
  }

  #exportLine(task: Task, line: Uint8Array): void {
    if (!task.profile.export_to_mqtt) return;
    for (const { lines } of this.#listeners) lines!.take(line);
  }

  #renewLooks(): void {
    this.#ends.renew();
    this.#stills.renew();
  }

  #lookForEnds(): void {
    for (const task of this.#ends.over(this.#running)) {
      // A callback for one before may have stopped it.
      if (task.state === "running") this.#end(task, "ended");
    }
  }

  #end(task: Task, state: TaskState): void {
    this.#running.delete(task);
    this.#renewLooks();
    this.#pastTicks = sum(this.#pastTicks, task.ticks);
    this.#clock.remove(task);
    if (this.#running.size === 0) {
      this.#stopListening?.();
      this.#stopListening = undefined;
    }
    task.state = state;
    const message = task.isSampled ? task.sample(performance.now()) : undefined;
    task.finish();
    if (message) this.#export(task, message);
    this.#forgetOldest();
  }

  #tellEnd(taskId: string, propletId: string, record: () => ProcessRecord): void {
    if (this.#processSubscribers.size === 0) return;
    const told = { ...record(), task_id: taskId, proplet_id: propletId };
    for (const subscriber of [...this.#processSubscribers]) subscriber.deliver(told);
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

function statusOf({ id, state, profile, latest, sampleCount, ticks }: Task): TaskStatus {
  return { taskId: id, state, profile, latest, sampleCount, missedTickCount: ticks.missedTickCount };
}

function sum(a: TickCounts, b: TickCounts): TickCounts {
  return {
    tickCount: a.tickCount + b.tickCount,
    lateTickCount: a.lateTickCount + b.lateTickCount,
    missedTickCount: a.missedTickCount + b.missedTickCount,
  };
}
