import { AppMetrics } from "../../core/app/app_metrics.ts";
import type { AppValues } from "../../core/schema/app_schema.ts";
import type { AppReader } from "../tasks/task.ts";
import { Scraper } from "./scraper.ts";

/** Where a program answers its metrics, and which are kept. */
export interface ScrapeRule {
  readonly urls: readonly string[];
  /** Names with `*` for any characters; all when undefined. */
  readonly names?: readonly string[];
  /** How often; default 5000. */
  readonly everyMs?: number;
}

/** What a program answers, for its task. */
export class ScrapedApp implements AppReader {
  readonly #metrics: AppMetrics;
  readonly #scraper: Scraper;

  /** @param notice gets a line worth telling a user */
  constructor({ urls, names = ["*"], everyMs }: ScrapeRule, notice: (line: string) => void) {
    this.#metrics = new AppMetrics(names, notice);
    this.#scraper = new Scraper(urls, this.#metrics, notice, everyMs);
  }

  begin(): void {
    this.#scraper.begin();
  }

  sample(intervalSeconds: number): AppValues {
    return this.#metrics.sample(intervalSeconds);
  }

  close(): void {
    this.#scraper.close();
  }
}
