import type { MetricName } from "../../core/measure/metrics.ts";
import { percent, seconds, timestamp } from "../../core/measure/numbers.ts";
import { cpuPercent, ProcessMetrics } from "../../core/measure/sample.ts";
import type { ProcessRow, ThreadRow } from "../../core/schema/record.ts";
import type { ProcessReader } from "../../platform/mod.ts";

/** Rows per process and thread; remembers the CPU of each at the sample before, for the rates. */
export class ProcessRows {
  #cpuBefore = new Map<ProcessReader, number>();
  #threadCpuBefore = new Map<string, number>();
  readonly #metrics: ProcessMetrics;

  constructor(metrics: readonly MetricName[], readonly withThreads: boolean) {
    this.#metrics = new ProcessMetrics(metrics);
  }

  /**
   * The rows of a sample. A process that was not there at the one before has its CPU since its own start in
   * the rate: it began after that sample.
   */
  rows(
    members: readonly ProcessReader[],
    nowMs: number,
    intervalSeconds: number,
    memoryLimit: number,
  ): ProcessRow[] {
    const cpuNow = new Map<ProcessReader, number>();
    const threadCpuNow = new Map<string, number>();
    const rows = members.map((member): ProcessRow => {
      cpuNow.set(member, member.cpuSeconds);
      const before = this.#cpuBefore.get(member) ?? 0;
      const row: ProcessRow = {
        pid: member.pid,
        parent_pid: member.parentPid,
        start_time: timestamp(member.startTimeMs),
        name: member.name,
        command: member.args?.join(" ") ?? null,
        uptime_seconds: seconds(Math.max(0, nowMs - member.startTimeMs) / 1_000)!,
        ...this.#metrics.unknown,
      };
      const { row: figures, hasFreshDetails } = member;
      this.#metrics.set(row, figures, before, intervalSeconds, memoryLimit, hasFreshDetails);
      if (this.withThreads) row.threads = this.#threads(member, intervalSeconds, threadCpuNow);
      return row;
    });
    this.#cpuBefore = cpuNow;
    this.#threadCpuBefore = threadCpuNow;
    return rows;
  }

  #threads(member: ProcessReader, intervalSeconds: number, cpuNow: Map<string, number>): ThreadRow[] {
    return member.threads().map((thread) => {
      const key = `${member.pid}/${member.birth}/${thread.threadId}`;
      cpuNow.set(key, thread.cpuSeconds);
      const before = this.#threadCpuBefore.get(key) ?? 0;
      return {
        thread_id: thread.threadId,
        name: thread.name,
        cpu_percent: percent(cpuPercent(before, thread.cpuSeconds, intervalSeconds)),
        cpu_seconds: seconds(thread.cpuSeconds),
      };
    });
  }
}
