import { AppMetrics } from "../../core/app/app_metrics.ts";
import type { AppSummary, AppValues } from "../../core/schema/app_schema.ts";
import { AppEndpoints } from "./app_endpoints.ts";
import type { Variables } from "./app_variables.ts";
import { Scraper } from "./scraper.ts";

/** By what ways it comes. */
export interface AppSources {
  /** Names that are kept of what the program sends, for which it gets somewhere to send to; undefined: it gets none. */
  readonly appMetrics?: readonly string[];
  /** Pages of metrics that it answers. */
  readonly scrape?: readonly string[];
  readonly scrapeIntervalMs?: number;
  /** Whether it gets somewhere to send metrics by OTLP to. */
  readonly appOtlp?: boolean;
}

/** Takes what the watched program tells of itself, while it runs. */
export class AppWatch {
  readonly metrics: AppMetrics;
  readonly #endpoints: AppEndpoints;
  #scraper: Scraper | undefined;
  readonly #notes: string[] = [];
  #environment: Readonly<Record<string, string>> = {};

  private constructor(patterns: readonly string[]) {
    this.metrics = new AppMetrics(patterns, (line) => this.notice(line));
    this.#endpoints = new AppEndpoints(this.metrics);
  }

  /**
   * Open what the program can send to, and begin to ask what it answers; what cannot be had is told by {@link tell}.
   * @param variables what the program finds in its environment but for ours; undefined: it has been started already
   */
  static async open(sources: AppSources, variables?: Variables): Promise<AppWatch> {
    const { appMetrics, scrape = [], scrapeIntervalMs } = sources;
    const watch = new AppWatch(appMetrics ?? ["*"]);
    if (variables) await watch.#listen(sources, variables);
    if (scrape.length > 0) {
      watch.#scraper = new Scraper(scrape, watch.metrics, (line) => watch.notice(line), scrapeIntervalMs);
      watch.#scraper.begin();
    }
    return watch;
  }

  /** Where lines worth telling a user go. */
  notice: (line: string) => void = (line) => void this.#notes.push(line);

  /** What the program is to find in its environment. */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  /** Tell what could not be had, and from now on what comes about. */
  tell(notice: (line: string) => void): void {
    this.#notes.splice(0).forEach(notice);
    this.notice = notice;
  }

  /** Whether it needs turns of the event loop. */
  get needsLoop(): boolean {
    return this.#scraper !== undefined || this.#endpoints.needsLoop;
  }

  /** How long the loop may sleep from now on. */
  sleepMs(nowMs: number): number {
    return this.#endpoints.statsd.sleepMs(nowMs);
  }

  /** Take what has come, when it is time. */
  tick(nowMs: number): void {
    this.#endpoints.statsd.tick(nowMs);
  }

  /** The values of an interval of so many seconds, which is over. */
  sample(intervalSeconds: number): AppValues {
    this.#endpoints.statsd.hurry();
    return this.metrics.sample(intervalSeconds);
  }

  /** What all came to in so many seconds; nothing more is taken. */
  finish(wallSeconds: number): AppSummary {
    this.#endpoints.statsd.drainAll();
    const dropped = this.close();
    if (dropped) this.notice(droppedLine(dropped));
    return this.metrics.summary(wallSeconds, dropped);
  }

  /** Take nothing more; how many datagrams were dropped, null where none could come. */
  close(): number | null {
    this.#scraper?.close();
    return this.#endpoints.close();
  }

  async #listen({ appMetrics, appOtlp }: AppSources, before: Variables): Promise<void> {
    const faults = await this.#endpoints.open({
      ...(appMetrics && { udp: {}, socket: {} }),
      ...(appOtlp && { otlp: {} }),
    });
    const { variables, notes } = this.#endpoints.variablesFor(before);
    this.#environment = variables;
    this.#notes.push(...faults.map(absentLine), ...notes);
  }
}

/** That an endpoint cannot be had. */
export function absentLine(fault: string): string {
  return `app metrics: there is no ${fault}`;
}

/** That datagrams were dropped. */
export function droppedLine(count: number): string {
  return `app metrics: ${count} datagrams came faster than they could be taken, and were dropped: ` +
    "counters are too low by what was in them (a client that samples, or gathers lines, sends fewer)";
}
