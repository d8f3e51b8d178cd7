import type { Store } from "../../store/contract.ts";
import type { UnitKey } from "../../model/unit.ts";
import { leastDifference, medianAndSpread } from "./robust.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
/** How many weeks make what is usual, and how many it takes at least. */
const [WEEKS, LEAST_WEEKS] = [5, 2];
/** Of the median: hours differ by so much without a reason. */
const FLOOR = 0.05;

/** What is usual for a task at this hour of the week. */
export interface Season {
  readonly median: number;
  /** What one deviation is. */
  readonly scale: number;
}

/** How far a figure is from what the same hour of other weeks was; NaN where there are too few. */
export function seasonScore(season: Season | undefined, value: number): number {
  return season ? Math.abs(value - season.median) / season.scale : NaN;
}

/**
 * What an hour of the week usually is, of what it was in the weeks before, the hours beside it counted in: null where
 * that is fewer than two weeks.
 * @param weeks the means of those hours, a list for each week
 */
export function seasonOf(figure: string, weeks: readonly (readonly number[])[]): Season | null {
  const known = weeks.filter((hours) => hours.length > 0);
  if (known.length < LEAST_WEEKS) return null;
  const { median, spread } = medianAndSpread(Float64Array.from(known.flat()));
  return { median, scale: spread + FLOOR * Math.abs(median) + leastDifference(figure) };
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
    for (const { rolls } of await store.hours(unit, figure, from, from + 3 * HOUR_MS)) {
      for (const [task, { n, sum }] of rolls) {
        if (n === 0) continue;
        let weeks = means.get(task);
        if (!weeks) means.set(task, weeks = Array.from({ length: WEEKS }, () => []));
        weeks[week - 1].push(sum / n);
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
