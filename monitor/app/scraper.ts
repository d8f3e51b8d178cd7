import type { AppMetrics } from "../../core/app/app_metrics.ts";
import { parseExposition } from "../../core/app/open_metrics.ts";
import { httpGet } from "../../io/net/http_exchange.ts";
import { shownUrl } from "../../core/app/scrape_url.ts";

/** How often pages are asked for, unless somebody says else. */
const DEFAULT_MS = 5_000;
/** One that does not answer is given up by then. */
const LONGEST_ANSWER_MS = 5_000;
const MOST_BYTES = 4 * 2 ** 20;
/** A server that has not answered yet may be starting: it is asked this often, and nothing is said for so long. */
const STARTING_MS = 250;
const SILENT_MS = 10_000;
const HEADERS = {
  accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
  "user-agent": "proctor",
};

/** What is known of one page. */
interface Page {
  readonly url: string;
  hasAnswered: boolean;
  /** Why the last time failed. */
  fault: string | null;
  isTold: boolean;
}

/**
 * Asks pages of metrics (Prometheus's text format, OpenMetrics) again and again, beside whatever else is done: who
 * takes samples never waits for it, and has what was answered last.
 */
export class Scraper {
  readonly #pages: readonly Page[];
  readonly #gone = new AbortController();
  #begunMs = NaN;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #roundMs: number | null = null;

  /**
   * @param metrics gets what is answered
   * @param notice gets a line when a page cannot be had, once until it can
   * @param everyMs how often
   */
  constructor(
    urls: readonly string[],
    readonly metrics: AppMetrics,
    readonly notice: (line: string) => void,
    readonly everyMs = DEFAULT_MS,
  ) {
    this.#pages = urls.map((url) => ({ url, hasAnswered: false, fault: null, isTold: false }));
  }

  /** Ask from now on. */
  begin(): void {
    this.#begunMs = performance.now();
    this.#next(0);
  }

  /** Ask no more. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    for (const page of this.#pages) {
      if (!page.hasAnswered) this.#tell(page, page.fault ?? "it was not answered before the end");
    }
  }

  #next(inMs: number): void {
    if (this.#gone.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#askAll(), inMs);
    // It is never what a program lives for.
    this.#timer.unref?.();
  }

  async #askAll(): Promise<void> {
    const askedMs = performance.now();
    const isSilent = askedMs - this.#begunMs < SILENT_MS;
    await Promise.all(this.#pages.map((page) => this.#ask(page, isSilent)));
    if (this.#gone.signal.aborted) return;
    if (this.#pages.some(({ fault }) => fault === null)) {
      this.metrics.answered("scrape", this.#roundMs === null ? null : (askedMs - this.#roundMs) / 1_000);
      this.#roundMs = askedMs;
    }
    const isStarting = isSilent && this.#pages.some(({ hasAnswered }) => !hasAnswered);
    // On a grid of its own, which a slow answer does not shift.
    const spentMs = performance.now() - askedMs;
    this.#next(isStarting ? STARTING_MS : Math.max(STARTING_MS, this.everyMs - spentMs));
  }

  async #ask(page: Page, isSilent: boolean): Promise<void> {
    const timeoutMs = Math.min(LONGEST_ANSWER_MS, Math.max(1_000, this.everyMs));
    const { signal } = this.#gone;
    const answer = await httpGet(page.url, { headers: HEADERS, timeoutMs, mostBytes: MOST_BYTES, signal });
    if (signal.aborted) return;
    page.fault = "fault" in answer ? answer.fault : this.#take(page.url, answer.text);
    if (page.fault === null) {
      page.hasAnswered = true;
      page.isTold = false;
    } else if (page.hasAnswered || !isSilent) this.#tell(page, page.fault);
  }

  /** @returns what is wrong with it; null: it was taken */
  #take(url: string, text: string): string | null {
    const page = parseExposition(text);
    if (typeof page === "string") return page;
    const { metrics } = this;
    for (const { name, series, value } of page.counters) metrics.counted("scrape", name, url + series, value);
    for (const [name, value] of page.gauges) metrics.measured("scrape", name, url, value);
    return null;
  }

  #tell(page: Page, fault: string): void {
    if (page.isTold) return;
    page.isTold = true;
    this.notice(`scrape: ${shownUrl(page.url)}: ${fault}`);
  }
}
