import type {
  EventKind,
  ProcessDescription,
  ProcessStatus,
  SupervisorEvent,
  SupervisorInfo,
} from "../../../supervisor/control.ts";
import { Series } from "../../screen/series.ts";
import { LogBuffer } from "./log_buffer.ts";

/** As many looks as the widest sparkline shows. */
const KEPT_LOOKS = 32;
/** As many events as a supervisor keeps, and some of the one before it. */
const MOST_EVENTS = 2_000;

/** What an event says of the supervisor itself, which is not asked again and again. */
const STATES_BY_EVENT: Partial<Record<EventKind, SupervisorInfo["state"]>> = {
  supervisor_started: "running",
  supervisor_stopping: "stopping",
};

/** Less of a core is nothing on the screen. */
const SEEN_PERCENT = 0.05;

/** What is known of a supervisor and its processes. */
export class Known {
  /** null before the first answer. */
  info: SupervisorInfo | null = null;
  /** When it was asked for, on the clock of the day. */
  infoAtMs = 0;
  statuses: readonly ProcessStatus[] = [];
  readonly events: SupervisorEvent[] = [];
  /** What the chosen process has written. */
  readonly log = new LogBuffer();
  /** All about the chosen process; null where nobody wants to know. */
  description: ProcessDescription | null = null;
  /** Why there is no answer, and since when; null while there is. */
  trouble: { readonly words: string; readonly sinceMs: number } | null = null;
  /** By when the next answer is to be there, on the clock of the day. */
  answerDueMs = Infinity;
  /** When they were looked at, on the clock of the day. */
  lookedAtMs = 0;
  /** The number of the newest look. */
  tick = -1;
  /** CPU and memory of all. */
  readonly total = new Series(0, KEPT_LOOKS);
  #series = new Map<string, Series>();
  #lastSequence = 0;

  /** Another supervisor than before, or the same again. */
  meet(info: SupervisorInfo, nowMs: number): void {
    const before = this.info;
    if (before?.pid !== info.pid || before.started_at !== info.started_at) this.#lastSequence = 0;
    this.info = info;
    this.infoAtMs = nowMs;
  }

  /** One more look at all of them; whether it shows anything that the one before did not, but for the time. */
  look(statuses: readonly ProcessStatus[], nowMs: number): boolean {
    const tick = ++this.tick;
    const before = this.statuses;
    const hasMoved = statuses.length !== before.length ||
      statuses.some((status, at) => !looksAlike(status, before[at]));
    this.statuses = statuses;
    this.lookedAtMs = nowMs;
    const series = new Map<string, Series>();
    let [cpu, memory] = [0, 0];
    for (const { id, cpu_percent, memory_bytes } of statuses) {
      const own = this.#series.get(id) ?? new Series(tick, KEPT_LOOKS);
      own.add(cpu_percent ?? NaN, memory_bytes ?? NaN);
      series.set(id, own);
      cpu += cpu_percent ?? 0;
      memory += memory_bytes ?? 0;
    }
    this.#series = series;
    this.total.add(cpu, memory);
    return hasMoved;
  }

  /** Something has happened; what was told before is left out. */
  happened(event: SupervisorEvent): void {
    if (event.sequence <= this.#lastSequence) return;
    this.#lastSequence = event.sequence;
    const state = STATES_BY_EVENT[event.kind];
    if (state && this.info) this.info = { ...this.info, state };
    this.events.push(event);
    if (this.events.length > MOST_EVENTS) this.events.splice(0, this.events.length - MOST_EVENTS);
  }

  /** CPU and memory of a process over the last looks. */
  series(id: string): Series | undefined {
    return this.#series.get(id);
  }
}

/** Whether two looks at a process show the same; the uptime rises by itself. */
function looksAlike(a: ProcessStatus, b: ProcessStatus): boolean {
  return a.memory_bytes === b.memory_bytes && a.state === b.state && a.id === b.id && a.pid === b.pid &&
    Math.abs((a.cpu_percent ?? 0) - (b.cpu_percent ?? 0)) < SEEN_PERCENT && a.health === b.health &&
    a.process_count === b.process_count && a.restarts === b.restarts && a.reason === b.reason &&
    a.degraded === b.degraded;
}
