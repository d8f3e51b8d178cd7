import { z } from "zod";
import { isLike } from "../../core/id_pattern.ts";
import { parseDuration } from "../../core/duration.ts";
import { isTimezone } from "../../core/timezone.ts";
import { cronPattern } from "../../config/cron_pattern.ts";
import { nextTimeMs } from "../../config/next_time.ts";
import { duration } from "../../config/values.ts";
import type { AlertState } from "./evaluate/alert_state.ts";

const pattern = z.string().max(256);
const matchers = z.record(z.string().min(1).max(128), z.union([pattern, z.array(pattern).min(1).max(100)]))
  .refine((all) => Object.keys(all).length > 0, {
    error: 'names nothing; write { domain: "*" } for everything',
  })
  .describe("fields and labels, rule and severity among them, each with a pattern or a list of them");
const words = z.string().trim().min(1).max(500);

/** What fields and labels of an alert have to be like. */
export type Matchers = z.infer<typeof matchers>;

/** A silence: alerts that nobody is told of for a time. */
export const silenceSchema = z.strictObject({
  matchers,
  from: z.iso.datetime({ offset: true }).optional().describe("default: now"),
  until: z.iso.datetime({ offset: true }),
  why: words.describe("a comment for people"),
});

/** A silence as it is stored. Times are ms since 1970. */
export interface Silence {
  readonly id: string;
  readonly matchers: Matchers;
  readonly from: number;
  readonly until: number;
  readonly why: string;
  readonly who: string;
}

/** A maintenance window: a silence that comes again and again. */
export const maintenanceSchema = z.strictObject({
  matchers,
  starts: cronPattern.max(100).describe('as cron has it, such as "0 3 * * 0" for Sundays at three'),
  lasts: duration("how long it is each time"),
  timezone: z.string().max(64).default("UTC").refine(isTimezone, {
    error: "is not a time zone; write Europe/Berlin",
  }),
  why: words,
});

/** A maintenance window as it is stored. */
export type Maintenance = z.output<typeof maintenanceSchema> & { readonly id: string; readonly who: string };

/** Whether an alert is what matchers say. */
function isMatched(
  matchers: Matchers,
  { rule, severity, labels }: Pick<AlertState, "rule" | "severity" | "labels">,
): boolean {
  return Object.entries(matchers).every(([name, patterns]) => {
    const value = name === "rule"
      ? rule
      : name === "severity"
      ? severity
      : Object.hasOwn(labels, name)
      ? labels[name]
      : "";
    return (typeof patterns === "string" ? [patterns] : patterns).some((one) => isLike(one, value));
  });
}

/** Whether it is time for a maintenance window. */
function isUnderWay({ starts, lasts, timezone }: Maintenance, now: number): boolean {
  const lastsMs = parseDuration(lasts, "lasts");
  // The first that begins after now less its length is under way, if it has begun.
  const begunMs = nextTimeMs({ pattern: starts, timezone }, now - lastsMs);
  return begunMs !== null && begunMs <= now;
}

/** Why nobody is told of an alert. */
export type Suppression =
  | { readonly by: "silence" | "maintenance"; readonly id: string; readonly why: string }
  | { readonly by: "inhibition"; readonly id: string; readonly why: string };

/** Finds why an alert is not told; it is made anew for every look, for time goes on. */
export class Suppressor {
  readonly #silences: readonly Silence[];
  readonly #windows: readonly Maintenance[];
  readonly #sources = new Map<string, AlertState[]>();

  constructor(
    silences: Iterable<Silence>,
    windows: Iterable<Maintenance>,
    states: Iterable<AlertState>,
    readonly inhibitedBy: ReadonlyMap<string, readonly string[]>,
    now: number,
  ) {
    this.#silences = [...silences].filter(({ from, until }) => from <= now && now < until);
    this.#windows = [...windows].filter((window) => isUnderWay(window, now));
    const wanted = new Set([...inhibitedBy.values()].flat());
    if (wanted.size === 0) return;
    for (const state of states) {
      if (state.phase !== "firing" || !wanted.has(state.rule)) continue;
      const known = this.#sources.get(state.rule);
      if (known) known.push(state);
      else this.#sources.set(state.rule, [state]);
    }
  }

  why(state: AlertState): Suppression | null {
    for (const { id, matchers, why } of this.#silences) {
      if (isMatched(matchers, state)) return { by: "silence", id, why };
    }
    for (const { id, matchers, why } of this.#windows) {
      if (isMatched(matchers, state)) return { by: "maintenance", id, why };
    }
    for (const rule of this.inhibitedBy.get(state.rule) ?? []) {
      const source = this.#sources.get(rule)?.find((one) => isPartOf(state, one));
      if (source) return { by: "inhibition", id: `${source.rule}/${source.subject}`, why: source.summary };
    }
    return null;
  }
}

/** Whether what an alert is about is what another is about, or part of it. */
function isPartOf(state: AlertState, source: AlertState): boolean {
  if (state === source || !state.units.every((unit) => source.units.includes(unit))) return false;
  return ["proplet_id", "task_id"].every((name) =>
    source.labels[name] === undefined || source.labels[name] === state.labels[name]
  );
}
