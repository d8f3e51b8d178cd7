import { gzipSync } from "node:zlib";
import type { HealthMessage } from "../../../core/schema/health_message.ts";
import type { PresenceMessage } from "../../../core/schema/presence_message.ts";
import { VERSION } from "../../../core/schema/version.ts";
import { topicsOf } from "../../../exporters/mqtt/topics.ts";
import type { Topics } from "../../../exporters/mqtt/topics.ts";
import { seededRandom } from "../../lib/seeded_random.ts";
import { hostile } from "./hostile.ts";
import type { FaultName, FleetMessage, FleetPlan } from "./plan.ts";
import { SimulatedTask } from "./task.ts";

const MEMORY_TOTAL = 16 * 2 ** 30;
const YEAR_MS = 365 * 86_400_000;
/** Intervals that late messages are kept back for. */
const LATE_TICKS = 10;

type Said = Omit<FleetMessage, "agent" | "at">;

/** An agent with its tasks, and what is wrong with it. */
export class SimulatedAgent {
  readonly propletId: string;
  readonly #topics: Topics;
  readonly #tasks: readonly SimulatedTask[];
  readonly #random: () => number;
  readonly #agentId: string;
  /** How far into each interval it sends, ms. */
  readonly phaseMs: number;
  /** The tick at which something happens to it, for faults that happen once in a while. */
  #turn: number;
  #isAway = false;
  #since: number;
  readonly #late: Said[] = [];
  readonly #host = { receivedBytes: 0, sentBytes: 0, cpuSeconds: 0 };

  constructor(readonly number: number, readonly plan: FleetPlan, readonly fault: FaultName | null) {
    const random = this.#random = seededRandom(
      Math.imul(plan.seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b),
    );
    this.propletId = `host-${String(number).padStart(5, "0")}`;
    this.#agentId = Array.from(
      { length: 4 },
      () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, "0"),
    )
      .join("");
    this.#topics = topicsOf(
      {
        domain: plan.domain,
        channel: `channel-${number % plan.channels}`,
        topic_style: plan.style,
      } as Parameters<typeof topicsOf>[0],
      { propletId: this.propletId, agentId: this.#agentId },
    );
    this.phaseMs = Math.floor(random() * plan.intervalMs);
    this.#turn = 2 + Math.floor(random() * 10);
    this.#since = plan.startAt;
    this.#tasks = Array.from({ length: plan.tasks }, (_, task) => {
      const template = plan.templates?.[(number * plan.tasks + task) % plan.templates.length] ?? null;
      const name = `${template?.name ?? "task"}-${task}`;
      return new SimulatedTask(name, task, random, template, plan.startAt, MEMORY_TOTAL);
    });
  }

  /** What it sends at its moment of an interval. */
  tick(tick: number, at: number): readonly Said[] {
    const presence: Said[] = tick === 0 ? this.#presence("online", at) : [];
    switch (this.fault) {
      case "vanish":
        return tick < this.#turn ? [...presence, ...this.#messages(tick, at)] : [];
      case "die":
        // What a last will says was written down when the connection began.
        return tick < this.#turn
          ? [...presence, ...this.#messages(tick, at)]
          : tick === this.#turn
          ? this.#presence("offline", this.plan.startAt)
          : [];
      case "restart":
        return this.#restarting(tick, at);
      case "late":
        this.#late.push(...presence, ...this.#messages(tick, at));
        return tick % LATE_TICKS === LATE_TICKS - 1 ? this.#late.splice(0) : [];
      case "duplicate":
        return [...presence, ...this.#messages(tick, at)].flatMap((said) => [said, said]);
      case "future":
        return [...presence, ...this.#messages(tick, at + YEAR_MS)].map((said) => ({ ...said, samples: 0 }));
      case null:
        return [...presence, ...this.#messages(tick, at)];
      default: {
        const topic = this.#topics.task("task-0");
        return hostile(this.fault, this.propletId, tick, at, this.#random)
          .map((payload) => ({ topic, payload, isRetained: false, samples: 0 }));
      }
    }
  }

  #restarting(tick: number, at: number): readonly Said[] {
    if (tick < this.#turn) {
      return [...tick === 0 ? this.#presence("online", at) : [], ...this.#messages(tick, at)];
    }
    if (!this.#isAway) {
      this.#isAway = true;
      this.#turn = tick + 1 + Math.floor(this.#random() * 5);
      return this.#presence("offline", at);
    }
    this.#isAway = false;
    this.#turn = tick + 5 + Math.floor(this.#random() * 30);
    this.#since = at - 1;
    for (const task of this.#tasks) task.restart(this.#since);
    return [...this.#presence("online", at), ...this.#messages(tick, at)];
  }

  #messages(tick: number, at: number): Said[] {
    const { batch, intervalMs, healthEvery } = this.plan;
    const said: Said[] = [];
    const topics = new Map<string, object[]>();
    const flush = (topic: string, messages: object[]) => {
      const payload = this.#packed(batch > 1 ? messages : messages[0]);
      said.push({ topic, payload, isRetained: false, samples: messages.length });
    };
    for (const task of this.#tasks) {
      const topic = this.#topics.task(task.taskId);
      const waiting = topics.get(topic) ?? [];
      topics.set(topic, waiting);
      if (waiting.push(task.message(this.propletId, at, intervalMs)) >= batch) {
        flush(topic, waiting.splice(0));
      }
    }
    for (const [topic, waiting] of topics) if (waiting.length > 0) flush(topic, waiting);
    if (healthEvery > 0 && tick % healthEvery === 0 && this.#topics.health !== undefined) {
      const health = this.#health(at);
      const payload = this.#packed(batch > 1 ? [health] : health);
      said.push({ topic: this.#topics.health, payload, isRetained: false, samples: 0 });
    }
    return said;
  }

  #packed(value: unknown): Uint8Array {
    const bytes = Buffer.from(JSON.stringify(value));
    return this.plan.gzip ? gzipSync(bytes) : bytes;
  }

  #presence(status: PresenceMessage["status"], at: number): Said[] {
    if (this.plan.healthEvery === 0) return [];
    const payload = Buffer.from(JSON.stringify(
      {
        status,
        proplet_id: this.propletId,
        agent_id: this.#agentId,
        version: VERSION,
        host: this.propletId,
        since: new Date(this.#since).toISOString(),
        timestamp: new Date(at).toISOString(),
      } satisfies PresenceMessage,
    ));
    const { alive, presence } = this.#topics;
    return [
      ...alive === undefined ? [] : [{ topic: alive, payload, isRetained: false, samples: 0 }],
      ...presence === undefined ? [] : [{ topic: presence, payload, isRetained: true, samples: 0 }],
    ];
  }

  #health(at: number): HealthMessage {
    const random = this.#random;
    const uptime = (at - this.#since) / 1_000;
    this.#host.receivedBytes += Math.floor(random() * 1e6);
    this.#host.sentBytes += Math.floor(random() * 1e6);
    this.#host.cpuSeconds += Math.floor(random() * 5e4) / 1e6;
    const used = Math.floor(MEMORY_TOTAL * (0.3 + random() * 0.1));
    const load = Number((random() * 4).toFixed(2));
    return {
      proplet_id: this.propletId,
      agent_id: this.#agentId,
      timestamp: new Date(at).toISOString(),
      agent: {
        version: VERSION,
        pid: 1 + this.number,
        uptime_seconds: uptime,
        cpu_seconds: Number(this.#host.cpuSeconds.toFixed(6)),
        cpu_percent: Number((random() * 0.5).toFixed(2)),
        memory_bytes: 38_000_000 + Math.floor(random() * 1e6),
        task_count: this.#tasks.length,
        tick_count: Math.floor(uptime * 1_000 / this.plan.intervalMs) * this.#tasks.length,
        late_tick_count: 0,
        missed_tick_count: 0,
        exporters: [{
          exporter: "mqtt",
          destination: "mqtts://broker",
          sent_count: Math.floor(uptime * 1_000 / this.plan.intervalMs) * this.#tasks.length,
          dropped_count: 0,
          failed_count: 0,
          queued_count: 0,
        }],
      },
      host: {
        uptime_seconds: uptime + 86_400,
        cpu_percent: Number((random() * 60).toFixed(2)),
        memory_total_bytes: MEMORY_TOTAL,
        memory_used_bytes: used,
        memory_percent: Number((used / MEMORY_TOTAL * 100).toFixed(2)),
        load_1m: load,
        load_5m: load,
        load_15m: load,
        swap_percent: 0,
        disk_total_bytes: 5e11,
        disk_used_bytes: 2e11 + Math.floor(uptime * 1e4),
        network_rx_bytes: this.#host.receivedBytes,
        network_tx_bytes: this.#host.sentBytes,
      },
    };
  }
}
