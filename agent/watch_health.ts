import { count, percent, seconds, timestamp } from "../core/measure/numbers.ts";
import type { TickCounts } from "../core/measure/sampler.ts";
import type { HealthMessage } from "../core/schema/health_message.ts";
import type { ExporterReport } from "../core/schema/record.ts";
import { VERSION } from "../core/schema/version.ts";
import { Host } from "../host/host.ts";
import type { Platform } from "../platform/mod.ts";

/** What the agent knows of its own work. */
export interface AgentState {
  readonly propletId: string;
  readonly agentId: string | null;
  readonly taskCount: number;
  readonly ticks: TickCounts;
  readonly reports: readonly ExporterReport[];
}

/** Tells how the agent is, and the machine it is on. */
export class AgentHealth {
  readonly #host = new Host();
  readonly #startedMs = performance.now();
  #before: { readonly ms: number; readonly cpuSeconds: number };

  constructor(readonly platform: Platform) {
    this.#before = { ms: this.#startedMs, cpuSeconds: platform.ownCpuSeconds() };
  }

  /** The message of now. */
  async message({ propletId, agentId, taskCount, ticks, reports }: AgentState): Promise<HealthMessage> {
    const host = await this.#readHost();
    const ms = performance.now();
    const cpuSeconds = this.platform.ownCpuSeconds();
    const share = (cpuSeconds - this.#before.cpuSeconds) / ((ms - this.#before.ms) / 1_000);
    this.#before = { ms, cpuSeconds };
    return {
      proplet_id: propletId,
      ...(agentId !== null && { agent_id: agentId }),
      timestamp: timestamp(Date.now()),
      agent: {
        version: VERSION,
        pid: process.pid,
        uptime_seconds: seconds((ms - this.#startedMs) / 1_000) ?? 0,
        cpu_seconds: seconds(cpuSeconds) ?? 0,
        cpu_percent: percent(share * 100) ?? 0,
        memory_bytes: this.platform.ownMemoryBytes(),
        peak_memory_bytes: this.platform.ownPeakMemoryBytes(),
        voluntary_context_switches: count(this.platform.ownVoluntarySwitches()),
        task_count: taskCount,
        tick_count: ticks.tickCount,
        late_tick_count: ticks.lateTickCount,
        missed_tick_count: ticks.missedTickCount,
        exporters: [...reports],
      },
      host,
    };
  }

  /** What of the machine cannot be read is null. */
  async #readHost(): Promise<HealthMessage["host"]> {
    const part = async <T>(read: () => Promise<T>): Promise<T | null> => await read().catch(() => null);
    const [metrics, memory] = [await part(() => this.#host.metrics()), await part(() => this.#host.memory())];
    return {
      uptime_seconds: metrics?.uptime ?? null,
      cpu_percent: metrics?.cpu_usage ?? null,
      memory_total_bytes: memory?.total ?? null,
      memory_used_bytes: memory?.used ?? null,
      memory_percent: memory?.usage_percent ?? null,
      load_1m: metrics?.load_avg?.[0] ?? null,
      load_5m: metrics?.load_avg?.[1] ?? null,
      load_15m: metrics?.load_avg?.[2] ?? null,
      swap_percent: metrics?.swap_usage ?? null,
      disk_total_bytes: metrics?.disk_total ?? null,
      disk_used_bytes: metrics?.disk_usage ?? null,
      network_rx_bytes: metrics?.net_rx ?? null,
      network_tx_bytes: metrics?.net_tx ?? null,
    };
  }
}
