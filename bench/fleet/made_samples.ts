import { COLUMN_AT, noFigures } from "../../fleet/model/column.ts";
import type { StoredSample } from "../../fleet/model/view.ts";

const MIB = 2 ** 20;

/** Numbers from 0 to 1 that look random, and are the same whenever the seed is (xorshift32). */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * A task that is nearly idle, or busy: what it has used so far, and its next sample. It has what agents send by
 * default (16 figures, and no network), rounded as they do.
 */
export class MadeTask {
  readonly #random: () => number;
  readonly #isBusy: boolean;
  #cpu = 0;
  #memory: number;
  #read = 0;
  #written = 0;
  #minor = 2_000;
  #switches = 500;
  #forced = 20;
  #threads: number;
  #descriptors: number;
  #isFirst = true;
  readonly #start: number;

  constructor(readonly task: number, start: number) {
    this.#random = seeded(task * 2_654_435_761 + 7);
    this.#isBusy = task % 2 === 1;
    this.#memory = 4_096 * Math.round((this.#isBusy ? 80 : 12) * MIB * (0.5 + this.#random()) / 4_096);
    this.#threads = this.#isBusy ? 8 + Math.floor(this.#random() * 24) : 1 + Math.floor(this.#random() * 4);
    this.#descriptors = 8 + Math.floor(this.#random() * 60);
    this.#start = start - Math.floor(this.#random() * 1e7);
  }

  next(time: number, intervalMs: number): StoredSample {
    const used = this.#isBusy
      ? intervalMs / 1000 * (0.2 + 0.6 * this.#random())
      : this.#random() < 0.1
      ? this.#random() * 0.002
      : 0;
    if (this.#isBusy) this.#work();
    else if (this.#random() < 0.1) this.#switches += 2;
    this.#cpu = Math.round((this.#cpu + used) * 1e6) / 1e6;
    const set = (name: string, value: number) => figures[COLUMN_AT.get(name)!] = value;
    const figures = noFigures();
    set("cpu_percent", Math.round(used / intervalMs * 1e5 * 100) / 100);
    set("cpu_seconds", this.#cpu);
    set("memory_bytes", this.#memory);
    set("memory_percent", Math.round(this.#memory / (16 * 1024 * MIB) * 1e4) / 100);
    set("disk_read_bytes", this.#read);
    set("disk_write_bytes", this.#written);
    set("io_read_bytes", this.#read * 3);
    set("io_write_bytes", this.#written * 2);
    set("thread_count", this.#threads);
    set("file_descriptor_count", this.#descriptors);
    set("minor_faults", this.#minor);
    set("major_faults", 3);
    set("voluntary_context_switches", this.#switches);
    set("involuntary_context_switches", this.#forced);
    set("uptime_seconds", Math.round(time - this.#start) / 1000);
    set("process_count", 1);
    const begins = this.#isFirst;
    this.#isFirst = false;
    return { time, figures, custom: null, begins };
  }

  #work(): void {
    const random = this.#random;
    this.#memory = Math.max(4_096, this.#memory + 4_096 * Math.floor((random() - 0.48) * 400));
    if (random() < 0.5) this.#read += 4_096 * Math.floor(random() * 200);
    this.#written += 512 * Math.floor(random() * 2_000);
    this.#minor += Math.floor(random() * 900);
    this.#switches += 200 + Math.floor(random() * 1_500);
    this.#forced += Math.floor(random() * 60);
    if (random() < 0.05) this.#threads = Math.max(1, this.#threads + (random() < 0.5 ? 1 : -1));
    if (random() < 0.2) this.#descriptors = Math.max(3, this.#descriptors + Math.floor(random() * 5) - 2);
  }
}

/** The samples of some tasks of one agent, as they come: all of a tick, then those of the next. */
export function madeRows(
  tasks: readonly number[],
  { from, ticks, intervalMs }: { from: number; ticks: number; intervalMs: number },
): (readonly [task: number, sample: StoredSample])[] {
  const made = tasks.map((task) => new MadeTask(task, from));
  return Array.from({ length: ticks }, (_, tick) => tick).flatMap((tick) =>
    made.map((task) => [task.task, task.next(from + tick * intervalMs, intervalMs)] as const)
  );
}
