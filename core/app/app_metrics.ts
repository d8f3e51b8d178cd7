import type { AppSource, AppSummary, AppValues } from "../schema/app_schema.ts";
import { Counter, Gauge, Members, MOST_SERIES, Timings } from "./app_metric.ts";
import type { AppMetric } from "./app_metric.ts";
import { digestOf } from "./digest.ts";
import { LONGEST_NAME, NamePatterns, safeName } from "./names.ts";
import { parseStatsd } from "./statsd.ts";
import type { StatsdLine } from "./statsd.ts";

/** More names are not kept, whoever sends them. */
export const MOST_NAMES = 200;
/** So many names are looked at once only, as they are written; a flood of others is looked at each time. */
const MOST_KNOWN = 2_000;
/** As they are written, longer names are refused unseen. */
const LONGEST_WRITTEN = 200;

type Made = Counter | Gauge | Timings | Members;
/** Why a name is not kept. */
type Refused = "unselected" | "malformed" | "omitted";

/**
 * What a watched program tells of itself, by whatever way, as it stands now. Nothing that comes can throw, or take more
 * than a bounded amount of memory.
 */
export class AppMetrics {
  readonly #patterns: NamePatterns;
  /** By names as they are written, with their kind. */
  readonly #known = new Map<string, Made | Refused>();
  readonly #metrics = new Map<string, Made>();
  readonly #keys = new Set<string>();
  /** Digests of names. */
  readonly #omitted = new Set<number>();
  /** Digests of series with their names. */
  readonly #omittedSeries = new Set<number>();
  #lineCount = 0;
  #malformedCount = 0;
  #unselectedCount = 0;

  /**
   * @param patterns names that are kept
   * @param notice gets a line when names are left out for want of room, once
   */
  constructor(patterns: readonly string[], readonly notice: (line: string) => void = () => {}) {
    this.#patterns = new NamePatterns(patterns);
  }

  /** Whether anything is known. */
  get isEmpty(): boolean {
    return this.#metrics.size === 0;
  }

  /** Take the lines of a datagram of StatsD. */
  takeStatsd(text: string): void {
    for (const line of text.split("\n")) {
      if (line === "" || line === "\r") continue;
      this.#lineCount++;
      const parsed = parseStatsd(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (parsed === null) this.#malformedCount++;
      else if (parsed !== "ignored") this.#take(parsed);
    }
  }

  /** A datagram was longer than any that is read. */
  takeTooLong(): void {
    this.#lineCount++;
    this.#malformedCount++;
  }

  /**
   * A series of a counter stands at so many, as the program counts, or has gained so many.
   * @param told whether it is a gain, and whether all of it was counted while we watched
   */
  counted(
    source: AppSource,
    name: string,
    series: string,
    value: number,
    told: { readonly isDelta?: boolean; readonly isNew?: boolean } = {},
  ): void {
    const metric = this.#find(name, "counter", source);
    if (!(metric instanceof Counter)) return;
    if (told.isDelta) metric.add(value);
    else if (!metric.reach(series, value, told.isNew)) this.#omitSeries(name, series);
  }

  /** A series of a gauge stands at a value, or has moved by one. */
  measured(source: AppSource, name: string, series: string, value: number, isDelta = false): void {
    const metric = this.#find(name, "gauge", source);
    if (metric instanceof Gauge && !metric.set(series, value, isDelta)) this.#omitSeries(name, series);
  }

  /**
   * A source that is asked now and then has told all it has.
   * @param seconds since the time before; null the first time
   */
  answered(source: AppSource, seconds: number | null): void {
    for (const metric of this.#metrics.values()) {
      if (metric.source === source && metric instanceof Counter) metric.answered(seconds);
    }
  }

  /** The values of an interval of so many seconds, which is over. */
  sample(intervalSeconds: number): AppValues {
    const values: AppValues = {};
    for (const metric of this.#metrics.values()) metric.sample(values, intervalSeconds);
    return values;
  }

  /** What all came to in so many seconds. */
  summary(wallSeconds: number, droppedCount: number | null): AppSummary {
    return {
      metrics: [...this.#metrics.values()].map((metric: AppMetric) => metric.record(wallSeconds))
        .sort((one, other) => one.name < other.name ? -1 : 1),
      line_count: this.#lineCount,
      malformed_line_count: this.#malformedCount,
      unselected_line_count: this.#unselectedCount,
      omitted_name_count: this.#omitted.size,
      omitted_series_count: this.#omittedSeries.size,
      dropped_datagram_count: droppedCount,
    };
  }

  #take(line: StatsdLine): void {
    const metric = this.#find(line.name, line.kind, "statsd");
    if (metric === "malformed") this.#malformedCount++;
    else if (metric === "unselected") this.#unselectedCount++;
    if (typeof metric === "string") return;
    for (const value of line.values) {
      if (metric instanceof Counter) metric.add(value as number * line.weight);
      else if (metric instanceof Timings) metric.add(value as number, line.weight);
      else if (metric instanceof Members) metric.add(value as string);
      else if (!metric.set(line.tags, value as number, line.kind === "gauge" && line.isRelative)) {
        return this.#omitSeries(line.name, line.tags);
      }
    }
  }

  #omitSeries(name: string, series: string): void {
    if (this.#omittedSeries.size === 0) {
      this.notice(
        `app metrics: ${safeName(name)} has more than ${MOST_SERIES} series, by tags, labels or processes; ` +
          "others of it are left out",
      );
    }
    if (this.#omittedSeries.size < MOST_KNOWN) this.#omittedSeries.add(digestOf(`${name} ${series}`));
  }

  #find(written: string, kind: AppMetric["kind"], source: AppSource): Made | Refused {
    if (written.length > LONGEST_WRITTEN) return "malformed";
    const key = `${kind} ${source} ${written}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#lookUp(safeName(written).replace(/^app_(?=.)/, ""), kind, source);
    if (this.#known.size < MOST_KNOWN) this.#known.set(copyOf(key), found);
    return found;
  }

  #lookUp(name: string, kind: AppMetric["kind"], source: AppSource): Made | Refused {
    if (name === "" || name.length > LONGEST_NAME) return "malformed";
    if (!this.#patterns.takes(name)) return "unselected";
    const there = this.#metrics.get(name);
    if (there) return there.kind === kind && there.source === source ? there : "malformed";
    const made = make(copyOf(name), kind, source);
    // Of two names that come to one key, the first has it.
    if (made.keys.some((key) => this.#keys.has(key))) return "malformed";
    if (this.#metrics.size >= MOST_NAMES) {
      if (this.#omitted.size === 0) {
        this.notice(
          `app metrics: more than ${MOST_NAMES} names; ${name} and others are left out ` +
            "(--app-metrics chooses by pattern)",
        );
      }
      if (this.#omitted.size < MOST_KNOWN) this.#omitted.add(digestOf(name));
      return "omitted";
    }
    this.#metrics.set(copyOf(name), made);
    made.keys.forEach((key) => this.#keys.add(key));
    return made;
  }
}

/** The same text, in memory of its own: a piece of a text keeps the whole, which may be a long datagram. */
function copyOf(text: string): string {
  return text.split("").join("");
}

function make(name: string, kind: AppMetric["kind"], source: AppSource): Made {
  switch (kind) {
    case "counter":
      return new Counter(name, source);
    case "gauge":
      return new Gauge(name, source);
    case "set":
      return new Members(name, source);
    default:
      return new Timings(name, kind, source);
  }
}
