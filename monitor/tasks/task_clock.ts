import type { Task } from "./task.ts";
import { LoopTimers } from "../../io/still_timers.ts";
import type { Timer, Timers } from "../../io/still_timers.ts";
import { TimerWheel } from "./timer_wheel.ts";

/** No event announces the end of what is not ours, nor the closing of a group: the clock looks for it this often. */
const LOOK_EVERY_MS = 200;
/** Where every interval is long, nobody waits for an end either: a wake-up costs more than the look. */
const LOOK_SELDOM_MS = 1_000;
const LONG_INTERVAL_MS = 5_000;

/** What the clock calls. */
export interface ClockHandlers {
  /** These tasks are due: their ticks follow, one by one. */
  begin(tasks: readonly Task[]): void;
  /** Take a sample of a task that is due. */
  tick(task: Task): void;
  /** All that were due have had their ticks. */
  end(): void;
  /** Look for tasks whose targets are over. */
  lookForEnds(): void;
}

/**
 * One timer for the ticks of many tasks, and for the looks for their ends. Without timers of somebody else it does not
 * keep the program alive.
 */
export class TaskClock {
  readonly #running: ReadonlySet<Task>;
  readonly #handlers: ClockHandlers;
  readonly #wheel = new TimerWheel<Task>();
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #armedForMs = Infinity;
  #lookDueMs = Infinity;
  #isLookDue = false;

  /**
   * @param running the tasks that tick; the clock stands still while it is empty
   * @param endsAreTold whether whoever has started them stops each as soon as its target is over: nothing is looked for
   * @param timers by which it wakes up
   */
  constructor(
    running: ReadonlySet<Task>,
    handlers: ClockHandlers,
    readonly endsAreTold = false,
    timers: Timers = new LoopTimers(false),
  ) {
    this.#running = running;
    this.#handlers = handlers;
    this.#timers = timers;
  }

  /** Have a task tick when it is due. */
  schedule(task: Task): void {
    this.#place(task);
    this.#arm();
  }

  /** Have a task tick no longer, once it is not in the set of running ones. */
  remove(task: Task): void {
    this.#wheel.delete(task);
    this.#arm();
  }

  /** After a child's end: look when its owner has had its turn and has reaped it. */
  lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      this.#handlers.lookForEnds();
    });
  }

  #place(task: Task): void {
    if (task.dueMs === Infinity) this.#wheel.delete(task);
    else this.#wheel.set(task, task.dueMs);
  }

  #arm(): void {
    if (this.#running.size === 0) {
      this.#timer?.clear();
      this.#armedForMs = this.#lookDueMs = Infinity;
      return;
    }
    const now = performance.now();
    // A new task may have a shorter interval than those before.
    this.#lookDueMs = Math.min(this.#lookDueMs, this.#nextLookMs(now));
    const due = Math.min(this.#wheel.nextMs(), this.#lookDueMs);
    if (due === this.#armedForMs) return;
    this.#timer?.clear();
    this.#armedForMs = due;
    this.#timer = this.#timers.set(due, this.#wakeUp);
  }

  readonly #wakeUp = (): void => {
    this.#armedForMs = Infinity;
    const now = performance.now();
    if (now >= this.#lookDueMs) {
      this.#handlers.lookForEnds();
      this.#lookDueMs = this.#nextLookMs(now);
    }
    const due = this.#wheel.take(now);
    if (due.length > 0) this.#tick(due);
    this.#arm();
  };

  #tick(due: readonly Task[]): void {
    this.#handlers.begin(due);
    for (const task of due) {
      // A callback may have stopped it meanwhile, before or during its own tick.
      if (task.state !== "running") continue;
      this.#handlers.tick(task);
      if (task.state !== "running") continue;
      task.schedule(performance.now());
      this.#place(task);
    }
    this.#handlers.end();
  }

  /** On a grid that ticks are on as well: one wake-up then serves both. */
  #nextLookMs(now: number): number {
    if (this.endsAreTold) return Infinity;
    const every = this.#hasShort() ? LOOK_EVERY_MS : LOOK_SELDOM_MS;
    return (Math.floor(now / every) + 1) * every;
  }

  /** Asked at every wake-up: usually the first one is. */
  #hasShort(): boolean {
    for (const { profile: { interval_ms: ms } } of this.#running) {
      if (ms !== null && ms < LONG_INTERVAL_MS) return true;
    }
    return false;
  }
}
