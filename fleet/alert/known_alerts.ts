import type { UnitKey } from "../model/unit.ts";
import type { LogEntry } from "../store/contract.ts";
import type { AlertState } from "./evaluate/alert_state.ts";
import type { GroupState } from "./notify/planner.ts";
import { SEVERITIES } from "./rules/rule.ts";
import type { Suppression, Suppressor } from "./suppress.ts";

/** So much of the log of alerts waits in memory for a store that cannot be written. */
const MOST_UNLOGGED = 10_000;

/** That somebody knows of an alert: it is not sent again. */
export interface Acknowledgement {
  readonly transition: number;
  readonly by: string;
  readonly at: number;
  readonly note: string;
}

/** An alert with what people have to know of it. */
export interface AlertInfo extends AlertState {
  readonly key: string;
  readonly suppressed: Suppression | null;
  readonly acknowledged: Acknowledgement | null;
}

/** What is stored of alerts, by the part of its key before the first slash. */
interface KeptMaps {
  readonly state: Map<string, AlertState>;
  readonly told: Map<string, Readonly<Record<string, number>>>;
  readonly group: Map<string, GroupState>;
  readonly ack: Map<string, Acknowledgement>;
}

/** The alerts there are, what was sent of each, and who knows of it. */
export class KnownAlerts {
  readonly maps: KeptMaps = { state: new Map(), told: new Map(), group: new Map(), ack: new Map() };
  /** What has changed since the log of alerts was written. */
  readonly #unlogged: LogEntry[] = [];

  /** @param put notes a document to be written, null for its end */
  constructor(readonly put: (key: string, value: unknown) => void) {}

  /** Take up what is stored. */
  load(part: string, key: string, value: unknown): void {
    if (!Object.hasOwn(this.maps, part)) return;
    this.maps[part as keyof KeptMaps].set(key, value as never);
  }

  clear(): void {
    for (const map of Object.values(this.maps)) map.clear();
  }

  /** What an alert is now, null for its end. */
  keep(key: string, state: AlertState | null, now: number): void {
    const before = this.maps.state.get(key);
    if (state === null) {
      this.maps.state.delete(key);
      for (const part of ["told", "ack"] as const) {
        if (this.maps[part].delete(key)) this.put(`${part}/${key}`, null);
      }
    } else this.maps.state.set(key, state);
    this.put(`state/${key}`, state);
    if (!state || state.transition === (before?.transition ?? 0)) return;
    const text = `${state.phase} ${state.severity} ${state.rule}: ${state.summary}`;
    const detail = { key, transition: state.transition, value: state.value, labels: state.labels };
    this.#unlogged.push({ at: now, unit: state.units.length === 1 ? state.units[0] : null, text, detail });
  }

  /** End the alerts of the rules that are not in force: firing ones resolve, pending ones are forgotten. */
  endUnless(isInForce: (rule: string) => boolean, now: number): void {
    for (const [key, state] of this.maps.state) {
      if (isInForce(state.rule) || state.phase === "resolved") continue;
      const ended: AlertState | null = state.phase === "firing"
        ? { ...state, phase: "resolved", resolvedAt: now, transition: state.transition + 1 }
        : null;
      this.keep(key, ended, now);
    }
  }

  /** Note that somebody knows of an alert that fires. @returns the alert; null where there is none */
  acknowledge(key: string, by: string, at: number, note: string): AlertState | null {
    const state = this.maps.state.get(key);
    if (state?.phase !== "firing") return null;
    const acknowledgement = { transition: state.transition, by, at, note };
    this.maps.ack.set(key, acknowledgement);
    this.put(`ack/${key}`, acknowledgement);
    return state;
  }

  /** Who knows of an alert as it fires now. */
  acknowledgement(key: string, { transition, phase }: AlertState): Acknowledgement | null {
    const one = this.maps.ack.get(key);
    return one && phase === "firing" && one.transition === transition ? one : null;
  }

  /** Alerts of some units, or of all, those that matter most and fired last first. */
  list(units: readonly UnitKey[] | null, suppressor: Suppressor): AlertInfo[] {
    const seen = [...this.maps.state].filter(([, state]) => isSeen(state.units, units));
    return seen.map(([key, state]) => ({
      ...state,
      key,
      suppressed: suppressor.why(state),
      acknowledged: this.acknowledgement(key, state),
    })).sort((a, b) =>
      SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || Number(b.firedAt) - Number(a.firedAt)
    );
  }

  /** The numbers of tasks that an alert is pending or firing about. */
  *troubledTasks(): Generator<number> {
    for (const { phase, subject } of this.maps.state.values()) {
      if (phase !== "resolved" && subject.startsWith("t")) yield Number(subject.slice(1));
    }
  }

  /** What is to be written to the log of alerts, once. */
  takeUnlogged(): LogEntry[] {
    return this.#unlogged.splice(0);
  }

  /** What could not be written goes before what has changed since; the oldest is left out where it is too much. */
  putBack(entries: readonly LogEntry[]): void {
    this.#unlogged.unshift(...entries.slice(-MOST_UNLOGGED));
  }
}

/** Whether what is of these units may be seen by who sees those. */
function isSeen(units: readonly UnitKey[], seen: readonly UnitKey[] | null): boolean {
  return seen === null || (units.length > 0 && units.every((unit) => seen.includes(unit)));
}
