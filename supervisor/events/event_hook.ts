import { parseDuration } from "../../core/duration.ts";
import type { ManagerConfig } from "../config/schema.ts";
import type { SupervisorEvent } from "../control.ts";
import type { EventTaker } from "./event_taker.ts";

/** Commands that run at the same time, and events that wait for one: what is beyond is dropped, and said. */
const MOST_AT_ONCE = 4;
const LONGEST_QUEUE = 1_000;

/** Runs a command for events, in their order, a few at a time; the event is in its environment. */
export class EventHook implements EventTaker {
  readonly #queue: SupervisorEvent[] = [];
  readonly #kinds: ReadonlySet<string>;
  readonly #timeoutMs: number;
  readonly #aborted = new AbortController();
  #running = 0;
  #dropped = 0;
  #idle: (() => void)[] = [];

  /** @param say a line for the supervisor's own log */
  constructor(
    readonly rule: NonNullable<ManagerConfig["on_event"]>,
    readonly workingDirectory: string,
    readonly say: (line: string) => void,
  ) {
    this.#kinds = new Set(rule.kinds);
    this.#timeoutMs = parseDuration(rule.timeout, "timeout");
  }

  take(event: SupervisorEvent): void {
    if (!this.#kinds.has(event.kind) || this.#aborted.signal.aborted) return;
    if (this.#queue.length >= LONGEST_QUEUE) {
      if (this.#dropped++ === 0) this.say("on_event: its command is too slow; events are dropped");
      return;
    }
    this.#queue.push(event);
    void this.#work();
  }

  async finish(): Promise<void> {
    while (this.#running > 0 || this.#queue.length > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Kill what runs, with all it has started, and drop what waits. */
  abort(): void {
    if (this.#aborted.signal.aborted) return;
    this.#aborted.abort();
    const waiting = this.#queue.splice(0).length;
    if (this.#running + waiting > 0) {
      this.say(
        `on_event: there is no more time: ${this.#running} commands are killed, ${waiting} events are dropped`,
      );
    }
  }

  async #work(): Promise<void> {
    if (this.#running >= MOST_AT_ONCE) return;
    this.#running++;
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) await this.#run(event);
    this.#running--;
    if (this.#running === 0) {
      if (this.#dropped > 0) this.say(`on_event: ${this.#dropped} events were dropped`);
      this.#dropped = 0;
      this.#idle.splice(0).forEach((wake) => wake());
    }
  }

  async #run(event: SupervisorEvent): Promise<void> {
    const { execFault } = await import("../health/probes/exec.ts");
    const fault = await execFault(this.rule.command, this.#timeoutMs, {
      workingDirectory: this.workingDirectory,
      environment: environmentOf(event),
      user: this.rule.user ?? null,
      group: this.rule.group ?? null,
    }, this.#aborted.signal).catch((error: Error) => error.message);
    if (fault !== null && !this.#aborted.signal.aborted) this.say(`on_event: ${fault}`);
  }
}

/** `PROCTOR_EVENT` is the whole event as JSON; what there is of it stands in variables of its own, too. */
export function environmentOf(event: SupervisorEvent): Record<string, string> {
  const fields = Object.entries(event).filter(([, value]) => value !== null);
  return Object.fromEntries([
    ["PROCTOR_EVENT", JSON.stringify(event)],
    ...fields.map(([key, value]) => [`PROCTOR_EVENT_${key.toUpperCase()}`, String(value)]),
  ]);
}
