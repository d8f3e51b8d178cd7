import type { Store } from "../../store/contract.ts";
import type { UnitKey } from "../../model/unit.ts";
import { leastDifference, MAD_TO_SD, quantile } from "./robust.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
/** How many weeks make what is usual, and how many it takes at least. */
const [WEEKS, LEAST_WEEKS] = [5, 2];
/** The hour itself, and those beside it. */
const HOURS = 3;
/** Of the median: hours differ by so much without a reason. */
const FLOOR = 0.05;

/** What is usual for a task at this hour of the week. */
export interface Season {
  readonly low: number;
  readonly high: number;
  /** What one deviation is, beyond these. */
  readonly scale: number;
}

/** How far a figure is from what the same hour of other weeks was; NaN where there are too few. */
export function seasonScore(season: Season | undefined, value: number): number {
  return season ? Math.max(0, season.low - value, value - season.high) / season.scale : NaN;
}

/**
 * What an hour of the week usually is: from the least to the most of its median over the weeks before and those of the
 * hours beside it, for what is busy then may begin a little earlier. Null where there are fewer than two weeks.
 * @param weeks the means of the hour before, the hour and the one after, a list for each week; NaN: not known
 */
export function seasonOf(figure: string, weeks: readonly (readonly number[])[]): Season | null {
  if (weeks.filter((hours) => hours.some((mean) => mean === mean)).length < LEAST_WEEKS) return null;
  const [medians, away]: [number[], number[]] = [[], []];
  for (let at = 0; at < HOURS; at++) {
    const means = weeks.map((hours) => hours[at]).filter((mean) => mean === mean);
    if (means.length === 0) continue;
    const median = quantile(Float64Array.from(means), 0.5);
    medians.push(median);
    away.push(...means.map((mean) => Math.abs(mean - median)));
  }
  const [low, high] = [Math.min(...medians), Math.max(...medians)];
  const spread = MAD_TO_SD * quantile(Float64Array.from(away), 0.5);
  const middle = quantile(Float64Array.from(medians), 0.5);
  return { low, high, scale: spread + FLOOR * Math.abs(middle) + leastDifference(figure) };
}

/** What is usual at an hour for every task of a unit, of the stored hours of the weeks before. */
export async function readSeasons(
  store: Pick<Store, "hours">,
  unit: UnitKey,
  figure: string,
  now: number,
): Promise<Map<number, Season>> {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const means = new Map<number, number[][]>();
  for (let week = 1; week <= WEEKS; week++) {
    const from = hour - week * WEEK_MS - HOUR_MS;
    for (const { hour: start, rolls } of await store.hours(unit, figure, from, from + HOURS * HOUR_MS)) {
      for (const [task, { n, sum }] of rolls) {
        if (n === 0) continue;
        let weeks = means.get(task);
        if (!weeks) means.set(task, weeks = Array.from({ length: WEEKS }, () => Array(HOURS).fill(NaN)));
        weeks[week - 1][(start - from) / HOUR_MS] = sum / n;
      }
    }
  }
  const seasons = new Map<number, Season>();
  for (const [task, weeks] of means) {
    const season = seasonOf(figure, weeks);
    if (season) seasons.set(task, season);
  }
  return seasons;
}

/** The same of all units: no task is in two of them. */
export async function readAllSeasons(
  store: Pick<Store, "hours">,
  units: Iterable<UnitKey>,
  figure: string,
  now: number,
): Promise<Map<number, Season>> {
  const all = new Map<number, Season>();
  for (const unit of units) {
    for (const [task, season] of await readSeasons(store, unit, figure, now)) all.set(task, season);
  }
  return all;
}
