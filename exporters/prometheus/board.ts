import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { ExporterReport, SummaryRecord } from "../../core/schema/record.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Counters } from "../counters.ts";
import type { TaskDescription } from "../telemetry.ts";

/** A task that ended and is not scraped is dropped after this time. */
export const KEEP_ENDED_MS = 5 * 60_000;
/** The oldest beyond this count is dropped: a storm of short tasks without a scrape must not fill memory. */
const MOST_ENDED = 10_000;

/** What tells a series from others. */
type Labels = Readonly<Record<string, string>>;

/** What is known of one task. */
export class ShownTask {
  readonly counters = new Counters();
  latest: TaskMessage | undefined;
  summary: SummaryRecord | undefined;
  /** On the monotonic clock; undefined while it runs. */
  endedMs: number | undefined;
  /** Incremented by every update of the task. */
  version = 0;
  /** The version that was delivered last. */
  deliveredVersion = 0;
  /** The same for every metric of the task. */
  readonly labels: Labels & { readonly task: string };
  #startSeconds: number | undefined;

  constructor(taskId: string, agent: Labels, readonly description: TaskDescription | undefined) {
    this.labels = { task: taskId, ...agent };
    if (!description) return;
    this.#startSeconds = Date.parse(description.counted_from ?? description.start_time) / 1_000;
  }

  /** Whether there is something that was not delivered yet. */
  get isFresh(): boolean {
    return this.version > this.deliveredVersion;
  }

  /** Unix time: since when it is counted, or else since when it runs. */
  get startSeconds(): number | undefined {
    return this.#startSeconds;
  }

  /** Take in a message. */
  take(message: TaskMessage): void {
    const { metrics } = message;
    this.latest = message;
    this.counters.take(metrics);
    this.#startSeconds ??= round(Date.parse(metrics.timestamp) / 1_000 - metrics.uptime_seconds);
    this.version++;
  }
}

/** What a scrape shows: the latest values of every task, and of the agent itself. */
export class Board {
  readonly tasks = new Map<string, ShownTask>();
  health: HealthMessage | undefined;
  /** Tasks whose last values were never scraped. */
  lostCount = 0;
  /** Oldest first. */
  readonly #ended = new Set<ShownTask>();

  /**
   * @param agent who reports: its label, and its name
   * @param reports delivery counters of all exporters
   * @param nowMs the monotonic clock
   * @param agentId which agent; independent of the host's name
   */
  constructor(
    readonly agent: Labels,
    readonly reports: () => readonly ExporterReport[] = () => [],
    readonly nowMs: () => number = () => performance.now(),
    readonly agentId: string | null = null,
  ) {}

  /** How many tasks have something that was not delivered yet. */
  get freshCount(): number {
    let count = 0;
    for (const task of this.tasks.values()) count += Number(task.isFresh);
    return count;
  }

  /** A task begins. */
  begin(description: TaskDescription): void {
    this.#put(description.task_id, description);
  }

  /** Take in a message; one of a task that had ended is of a new task of that name. */
  message(message: TaskMessage): void {
    const known = this.tasks.get(message.task_id);
    const task = known && known.endedMs === undefined ? known : this.#put(message.task_id, undefined);
    task.take(message);
    if (message.state === "running") return;
    task.endedMs = this.nowMs();
    this.#ended.add(task);
    this.prune();
  }

  /** Take in what a run has cost. */
  end(taskId: string, summary: SummaryRecord): void {
    const task = this.tasks.get(taskId);
    if (!task) return;
    task.summary = summary;
    task.version++;
  }

  /** What is there now; hand it to {@link delivered} when it has arrived. */
  snapshot(): Map<ShownTask, number> {
    this.prune();
    return new Map([...this.tasks.values()].map((task) => [task, task.version]));
  }

  /**
   * A snapshot has been delivered: tasks that had ended are forgotten.
   * @returns how many tasks in it had something new
   */
  delivered(snapshot: ReadonlyMap<ShownTask, number>, forgetEnded: boolean): number {
    let count = 0;
    for (const [task, version] of snapshot) {
      if (version > task.deliveredVersion) {
        task.deliveredVersion = version;
        count++;
      }
      if (forgetEnded && task.endedMs !== undefined && !task.isFresh) this.#forget(task);
    }
    return count;
  }

  /** Forget what ended too long ago. */
  prune(): void {
    const eldestMs = this.nowMs() - KEEP_ENDED_MS;
    for (const task of this.#ended) {
      if (task.endedMs! >= eldestMs && this.#ended.size <= MOST_ENDED) return;
      this.#forget(task);
    }
  }

  /** Nothing more will be asked for. */
  close(): void {
    this.lostCount += this.freshCount;
    this.tasks.clear();
    this.#ended.clear();
  }

  #put(taskId: string, description: TaskDescription | undefined): ShownTask {
    const before = this.tasks.get(taskId);
    if (before) this.#forget(before);
    const task = new ShownTask(taskId, this.agent, description);
    this.tasks.set(taskId, task);
    return task;
  }

  #forget(task: ShownTask): void {
    if (task.isFresh) this.lostCount++;
    // Its name may be another's by now.
    if (this.tasks.get(task.labels.task) === task) this.tasks.delete(task.labels.task);
    this.#ended.delete(task);
  }
}

/** To milliseconds: what the subtraction adds beyond is noise. */
function round(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
