import type { FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { Comparer } from "./compare.ts";
import type { CompareQuestion, FleetComparison } from "./compare.ts";
import { crowdOf } from "./crowd.ts";
import type { Crowd, CrowdQuestion } from "./crowd.ts";
import { History } from "./history.ts";
import { overviewOf } from "./overview.ts";
import type { Overview } from "./overview.ts";
import { runsOf } from "./runs.ts";
import type { RunPage, RunQuestion } from "./runs.ts";
import type { Scope } from "./scope.ts";
import { searchFleet } from "./search.ts";
import type { Found } from "./search.ts";
import { searchRuns, searchTargets } from "./search_more.ts";
import type { FoundRun, FoundTarget } from "./search_more.ts";
import { SeriesReader } from "./series.ts";
import type { Series, SeriesQuestion } from "./series.ts";
import { Reaches } from "./tier.ts";
import { TopReader } from "./top.ts";
import type { Top, TopQuestion } from "./top.ts";

/**
 * Answers what is asked of a fleet, of what is in memory and what is stored as one. Every question takes the units
 * that who asks may see: what is of another is not there.
 */
export class FleetQuery {
  readonly #series: SeriesReader;
  readonly #top: TopReader;
  readonly #comparer: Comparer;
  /** The samples of tasks, for those who want each of them. */
  readonly history: History;

  constructor(
    readonly view: FleetView,
    readonly store: Store,
    readonly now: () => number = Date.now,
  ) {
    this.history = new History(view, store);
    this.#series = new SeriesReader(view, store, this.history, new Reaches(store, now), now);
    this.#top = new TopReader(view, store, this.history, now);
    this.#comparer = new Comparer(view, store, this.history, this.#top);
  }

  /** What tasks did over time. @throws QueryError */
  series(question: SeriesQuestion, scope: Scope, signal?: AbortSignal): Promise<Series[]> {
    return this.#series.read(question, scope, signal);
  }

  /** What many tasks did over time, as few lines. @throws QueryError */
  crowd(question: CrowdQuestion, scope: Scope, signal?: AbortSignal): Promise<Crowd> {
    return crowdOf(this.view, this.#series, question, scope, signal);
  }

  /** Who used most over a period. @throws QueryError */
  top(question: TopQuestion, scope: Scope, signal?: AbortSignal): Promise<Top> {
    return this.#top.read(question, scope, signal);
  }

  /** How two periods, or two groups, differ. @throws QueryError */
  compare(question: CompareQuestion, scope: Scope, signal?: AbortSignal): Promise<FleetComparison> {
    return this.#comparer.compare(question, scope, signal);
  }

  /** The runs that have ended. @throws QueryError */
  runs(question: RunQuestion, scope: Scope): Promise<RunPage> {
    return runsOf(this.view, this.store, question, scope);
  }

  /** Tasks and hosts by words of their names and labels. @throws QueryError */
  search(text: string, limit: number, scope: Scope): Promise<Found[]> {
    return searchFleet(this.view, this.store, text, limit, scope, this.now());
  }

  /** Targets by words of their names. @param words in lower case */
  searchTargets(words: readonly string[], limit: number, scope: Scope): FoundTarget[] {
    return searchTargets(this.view, words, limit, scope);
  }

  /** Runs of late by words of what they were of, and how they ended. @param words in lower case */
  searchRuns(words: readonly string[], limit: number, scope: Scope): Promise<FoundRun[]> {
    return searchRuns(this.view, this.store, words, limit, scope, this.now());
  }

  /** The fleet at a glance. */
  overview(scope: Scope): Overview {
    return overviewOf(this.view, scope, this.now());
  }
}
