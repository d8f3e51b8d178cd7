import type { TaskMessage, TaskMetrics } from "../../../core/schema/task_message.ts";
import { COUNTERS } from "./template.ts";
import type { Template } from "./template.ts";

const TARGETS = ["web", "worker", "database", "cache", "cron", "proxy", "queue", "search", "sync", "mail"];

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** A task of a simulated agent. */
export class SimulatedTask {
  readonly #target: string;
  readonly #isBusy: boolean;
  readonly #template: Template | null;
  #at = 0;
  #startedAt: number;
  #restarts = 0;
  #count = 0;
  #pid: number;
  #totals: Record<string, number> = {};
  #memory: number;
  #highestMemory = 0;
  #highestCpu = 0;

  /** @param memoryTotal of its host, bytes */
  constructor(
    readonly taskId: string,
    number: number,
    readonly random: () => number,
    template: Template | null,
    startedAt: number,
    readonly memoryTotal: number,
  ) {
    this.#template = template;
    this.#target = template?.name ?? TARGETS[number % TARGETS.length];
    this.#isBusy = number % 2 === 0;
    this.#startedAt = startedAt - Math.floor(random() * 3_600_000);
    this.#pid = 300 + Math.floor(random() * 4_000_000);
    this.#memory = 4e6 + random() ** 3 * 2e9;
    if (template) this.#at = Math.floor(random() * template.steps.length);
  }

  /** Its program begins anew, and all its counters. */
  restart(at: number): void {
    this.#startedAt = at;
    this.#restarts++;
    this.#count = this.#highestCpu = this.#highestMemory = 0;
    this.#pid++;
    this.#totals = {};
  }

  /** What an agent says of it at this time, an interval after it said so before. */
  message(propletId: string, at: number, intervalMs: number): TaskMessage {
    const timestamp = new Date(at).toISOString();
    const uptime = (at - this.#startedAt) / 1_000;
    const metrics = {
      ...this.#template ? this.#repeated(this.#template) : this.#madeUp(intervalMs / 1_000),
      uptime_seconds: uptime,
      timestamp,
    } as TaskMetrics;
    const cpu = metrics.cpu_percent ?? 0;
    const memory = metrics.memory_bytes ?? 0;
    this.#highestCpu = Math.max(this.#highestCpu, cpu);
    this.#highestMemory = Math.max(this.#highestMemory, memory);
    return {
      task_id: this.taskId,
      proplet_id: propletId,
      timestamp,
      metrics,
      aggregated: {
        avg_cpu_usage: rounded((metrics.cpu_seconds ?? 0) / uptime * 100, 2),
        max_cpu_usage: this.#highestCpu,
        avg_memory_usage: memory,
        max_memory_usage: this.#highestMemory,
        total_disk_read: metrics.disk_read_bytes ?? null,
        total_disk_write: metrics.disk_write_bytes ?? null,
        total_network_rx: null,
        total_network_tx: null,
        sample_count: ++this.#count,
      },
      state: "running",
      process: {
        target: this.#target,
        pid: this.#pid,
        name: this.#target,
        start_time: new Date(this.#startedAt).toISOString(),
        restart_count: this.#restarts,
      },
    };
  }

  #grow(name: string, by: number): number {
    return this.#totals[name] = (this.#totals[name] ?? 0) + by;
  }

  #repeated({ steps }: Template): Record<string, number | null> {
    const step = steps[this.#at++ % steps.length];
    const metrics: Record<string, number | null> = {};
    for (const [name, value] of Object.entries(step)) {
      const isGrowth = COUNTERS.has(name) && value !== null;
      metrics[name] = isGrowth ? rounded(this.#grow(name, value), 6) : value;
    }
    return metrics;
  }

  #madeUp(seconds: number): Record<string, number | null> {
    const { random } = this;
    const isBusy = this.#isBusy && random() < 0.9;
    const micros = Math.round(seconds * 1e6 * (isBusy ? 0.02 + random() ** 2 * 0.9 : random() * 0.0005));
    if (isBusy) this.#memory = Math.max(4e6, this.#memory * (0.99 + random() * 0.0201));
    const memory = Math.floor(this.#memory / 4_096) * 4_096;
    const some = (most: number, chance = 1) =>
      isBusy && random() < chance ? Math.floor(random() * most * seconds) : 0;
    const threads = isBusy ? 4 + Math.floor(random() * 12) : 2;
    return {
      cpu_percent: rounded(micros / seconds / 1e4, 2),
      memory_bytes: memory,
      memory_percent: rounded(memory / this.memoryTotal * 100, 2),
      disk_read_bytes: this.#grow("disk_read", some(50, 0.1) * 4_096),
      disk_write_bytes: this.#grow("disk_write", some(120, 0.3) * 4_096),
      network_rx_bytes: null,
      network_tx_bytes: null,
      thread_count: threads,
      file_descriptor_count: threads * 3 + (isBusy ? Math.floor(random() * 40) : 1),
      process_count: 1,
      cpu_seconds: rounded(this.#grow("cpu", micros) / 1e6, 6),
      disk_cancelled_write_bytes: 0,
      io_read_bytes: this.#grow("io_read", some(1e6)),
      io_write_bytes: this.#grow("io_write", some(1e6)),
      minor_faults: this.#grow("minor", some(300)),
      major_faults: this.#grow("major", some(1, 0.02)),
      voluntary_context_switches: this.#grow("voluntary", some(200) + 1),
      involuntary_context_switches: this.#grow("involuntary", some(20)),
    };
  }
}
