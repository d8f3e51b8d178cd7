import type { Task } from "./server.ts";

/** A counter is told by the second. */
export type LiveRates = Readonly<Record<string, number | null>>;

/** A task as it is followed: its last sample, and what its counters grew by since the one before, by the second. */
export interface LiveTask {
  readonly task: Task;
  readonly rates: LiveRates;
  /** CPU of late, the latest last. */
  readonly course: readonly (number | null)[];
}

const COUNTERS = [
  "cpu_seconds",
  "disk_read_bytes",
  "disk_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
];
/** Samples of the small line beside a task. */
const COURSE = 30;

interface Message {
  readonly tasks: readonly Task[];
  readonly gone: readonly number[];
}

/** The tasks of one host, as the manager tells of each new sample. */
export class LiveFeed {
  readonly tasks = new Map<number, LiveTask>();
  readonly #stream: EventSource;
  /** Whether anything has been told yet. */
  isTold = false;

  /** @param changed after each message @param lost when the manager does not answer */
  constructor(agent: number, readonly changed: () => void, lost: () => void) {
    this.#stream = new EventSource(`api/v1/agents/${agent}/stream`);
    for (const name of ["snapshot", "delta"]) {
      this.#stream.addEventListener(name, ({ data }) => this.take(JSON.parse(data) as Message));
    }
    this.#stream.addEventListener("error", lost);
  }

  close(): void {
    this.#stream.close();
  }

  take({ tasks, gone }: Message): void {
    this.isTold = true;
    for (const id of gone) this.tasks.delete(id);
    for (const task of tasks) {
      const before = this.tasks.get(task.id);
      const isNew = before?.task.last_time !== task.last_time;
      const course = isNew ? [...before?.course ?? [], task.figures.cpu_percent ?? null] : before!.course;
      const rates = before && isNew ? ratesOf(before.task, task) : before?.rates ?? {};
      this.tasks.set(task.id, { task, rates, course: course.slice(-COURSE) });
    }
    this.changed();
  }
}

/** What counters grew by between two samples, by the second; what began anew has grown by all that it says. */
function ratesOf(before: Task, task: Task): LiveRates {
  const seconds = (Date.parse(task.last_time ?? "") - Date.parse(before.last_time ?? "")) / 1_000;
  if (!(seconds > 0)) return {};
  return Object.fromEntries(COUNTERS.map((name) => {
    const [was, is] = [before.figures[name], task.figures[name]];
    if (is === undefined || was === undefined) return [name, null];
    return [name, (is < was ? is : is - was) / seconds];
  }));
}
