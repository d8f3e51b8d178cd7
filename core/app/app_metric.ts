import type { AppMetricRecord, AppSource, AppValues } from "../schema/app_schema.ts";
import { digestOf } from "./digest.ts";
import { PREFIX } from "./names.ts";
import { Quantiles } from "./quantiles.ts";

/** One metric that the watched program tells of, as it stands after all that has come. */
export interface AppMetric {
  readonly kind: AppMetricRecord["kind"];
  readonly source: AppSource;
  /** Its keys in a sample. */
  readonly keys: readonly string[];
  /** Write its values down, those of an interval over as many seconds, and begin the next interval. */
  sample(into: AppValues, intervalSeconds: number): void;
  /** What it came to over the whole time. */
  record(wallSeconds: number): AppMetricRecord;
}

/** Different members of one set in an interval are told apart up to this many. */
const MOST_MEMBERS = 10_000;
/** Series of one name that are told apart; more are left out. */
export const MOST_SERIES = 1_000;

/** Counts what happened. */
export class Counter implements AppMetric {
  readonly kind = "counter";
  readonly keys: readonly string[];
  readonly #base: string;
  #total = 0;
  /** Of it, what came while we watched. */
  #watched = 0;
  #interval = 0;
  /** Where the program is asked now and then: what it gained each second between the last two answers. */
  #polledRate: number | null | undefined;
  /** By a digest of what tells them apart. */
  readonly #series = new Map<number, number>();

  constructor(name: string, readonly source: AppSource) {
    this.#base = PREFIX + withoutLast(name, "_total");
    this.keys = [`${this.#base}_total`, `${this.#base}_per_second`];
  }

  /** So many more. */
  add(value: number): void {
    this.#total += value;
    this.#watched += value;
    this.#interval += value;
  }

  /**
   * One of its series stands at so many; one that has fallen has begun anew. False where there is no room for it.
   * @param isNew whether all of it was counted while we watched
   */
  reach(series: string, value: number, isNew = false): boolean {
    const key = digestOf(series);
    const before = this.#series.get(key);
    if (before === undefined && this.#series.size >= MOST_SERIES) return false;
    this.#series.set(key, value);
    if (before === undefined && !isNew) this.#total += value;
    else this.add(value >= (before ?? 0) ? value - (before ?? 0) : value);
    return true;
  }

  /** All series have been told; so many seconds after the last time, null the first time. */
  answered(seconds: number | null): void {
    this.#polledRate = seconds === null ? null : this.#interval / seconds;
    this.#interval = 0;
  }

  sample(into: AppValues, intervalSeconds: number): void {
    const [total, perSecond] = this.keys;
    into[total] = rounded(this.#total);
    if (this.#polledRate !== undefined) {
      into[perSecond] = this.#polledRate === null ? null : rounded(this.#polledRate);
      return;
    }
    into[perSecond] = intervalSeconds > 0 ? rounded(this.#interval / intervalSeconds) : null;
    this.#interval = 0;
  }

  record(wallSeconds: number): AppMetricRecord {
    const perSecond = wallSeconds > 0 ? rounded(this.#watched / wallSeconds) : null;
    const { kind, source } = this;
    return { name: this.#base, kind, source, total: rounded(this.#total), per_second: perSecond };
  }
}

/** Stands at a value. */
export class Gauge implements AppMetric {
  readonly kind = "gauge";
  readonly keys: readonly string[];
  /** By a digest of what tells them apart. */
  readonly #series = new Map<number, number>();
  #value = NaN;
  /** How often a series has changed since all were added up. */
  #changes = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(name: string, readonly source: AppSource) {
    this.keys = [PREFIX + name];
  }

  /**
   * One of its series stands at a value, or has moved by one; its own value is the sum of all. False where there is no
   * room for it.
   */
  set(series: string, value: number, isRelative: boolean): boolean {
    const key = digestOf(series);
    const before = this.#series.get(key);
    if (before === undefined && this.#series.size >= MOST_SERIES) return false;
    const after = isRelative ? (before ?? 0) + value : value;
    this.#series.set(key, after);
    this.#changes++;
    this.#value += after - (before ?? 0);
    // All of them at each value would take too long; what arithmetic loses meanwhile does not pile up.
    if (this.#changes >= this.#series.size || !Number.isFinite(this.#value)) this.#addUp();
    this.#min = Math.min(this.#min, this.#value);
    this.#max = Math.max(this.#max, this.#value);
    return true;
  }

  #addUp(): void {
    if (this.#changes === 0) return;
    this.#changes = 0;
    this.#value = sum(this.#series.values());
  }

  sample(into: AppValues): void {
    this.#addUp();
    into[this.keys[0]] = rounded(this.#value);
  }

  record(): AppMetricRecord {
    const { kind, source, keys } = this;
    this.#addUp();
    const [last, min, max] = [this.#value, this.#min, this.#max].map(rounded);
    return { name: keys[0], kind, source, last, min, max };
  }
}

/** Values of which each counts, such as how long requests took. */
export class Timings implements AppMetric {
  readonly keys: readonly string[];
  readonly #base: string;
  readonly #all = new Quantiles();
  readonly #interval = new Quantiles();

  /** @param kind a timer is in milliseconds, a distribution in what the program means */
  constructor(name: string, readonly kind: "timer" | "distribution", readonly source: AppSource) {
    const unit = kind === "timer" ? "_ms" : "";
    this.#base = PREFIX + withoutLast(name, unit);
    this.keys = ["_total", "_per_second", `_mean${unit}`, `_p95${unit}`, `_max${unit}`].map((end) =>
      this.#base + end
    );
  }

  /** One value, which stands for so many. */
  add(value: number, weight: number): void {
    this.#all.add(value, weight);
    this.#interval.add(value, weight);
  }

  sample(into: AppValues, intervalSeconds: number): void {
    const [total, perSecond, mean, p95, max] = this.keys;
    const interval = this.#interval;
    into[total] = rounded(this.#all.count);
    into[perSecond] = intervalSeconds > 0 ? rounded(interval.count / intervalSeconds) : null;
    into[mean] = rounded(interval.mean);
    into[p95] = rounded(interval.quantile(0.95));
    into[max] = rounded(interval.max);
    interval.clear();
  }

  record(wallSeconds: number): AppMetricRecord {
    const { kind, source } = this;
    const all = this.#all;
    return {
      name: this.#base,
      kind,
      source,
      total: rounded(all.count),
      per_second: wallSeconds > 0 ? rounded(all.count / wallSeconds) : null,
      mean: rounded(all.mean),
      p95: rounded(all.quantile(0.95)),
      min: rounded(all.min),
      max: rounded(all.max),
    };
  }
}

/** Counts how many different ones there were in an interval. */
export class Members implements AppMetric {
  readonly kind = "set";
  readonly keys: readonly string[];
  /** Digests: members may be of any length. */
  readonly #members = new Set<number>();
  #last = NaN;
  #max = -Infinity;

  constructor(name: string, readonly source: AppSource) {
    this.keys = [`${PREFIX + withoutLast(name, "_unique")}_unique`];
  }

  /** One was there. */
  add(member: string): void {
    if (this.#members.size < MOST_MEMBERS) this.#members.add(digestOf(member));
  }

  sample(into: AppValues): void {
    into[this.keys[0]] = this.#end();
  }

  record(): AppMetricRecord {
    // Where nobody takes samples the whole time is the interval.
    const { size } = this.#members;
    const last = size > 0 || Number.isNaN(this.#last) ? size : this.#last;
    const { kind, source, keys } = this;
    return { name: keys[0], kind, source, last, max: Math.max(this.#max, last) };
  }

  #end(): number {
    this.#last = this.#members.size;
    this.#max = Math.max(this.#max, this.#last);
    this.#members.clear();
    return this.#last;
  }
}

function withoutLast(name: string, end: string): string {
  return end !== "" && name.endsWith(end) && name.length > end.length ? name.slice(0, -end.length) : name;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Without the digits that arithmetic makes up; null of what is not known, or larger than records may have it. */
function rounded(value: number): number | null {
  if (Number.isSafeInteger(value)) return value;
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? Number(value.toPrecision(12)) : null;
}
