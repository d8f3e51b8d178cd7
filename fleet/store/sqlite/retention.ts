import type { Retention, TierUse } from "../contract.ts";
import { DAY_MS } from "../hour_of.ts";
import { RAW_FROM, removedRuns, TIER_WORDS, tooOld } from "../old_periods.ts";
import { endOf, startOf } from "../period.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { Records } from "./records.ts";

/** The tiers that consist of files. */
export interface Tiers {
  readonly raw: PeriodFiles;
  readonly fiveMinutes: PeriodFiles;
  readonly hours: PeriodFiles;
}

/** Removes whole files, the oldest first, of what is too old or too much. The newest file of a tier always stays. */
export class Retainer {
  constructor(readonly tiers: Tiers, readonly records: Records) {}

  /** @param beforeRemoval of a day of samples: its hours are to be made as long as they can be */
  async prune(
    retention: Retention,
    now: number,
    beforeRemoval: (key: string) => Promise<void>,
  ): Promise<string[]> {
    const removed: string[] = [];
    for (const tier of ["raw", "fiveMinutes", "hours"] as const) {
      const files = this.tiers[tier];
      const periods = files.keys().map((key) => ({ key, bytes: files.bytes(key) }));
      for (const { key, why } of tooOld(periods, retention[tier], now)) {
        if (tier === "fiveMinutes" && this.#isNeeded(key)) break;
        if (tier === "raw") {
          await beforeRemoval(key);
          this.records.setMark(RAW_FROM, endOf(key));
        }
        files.remove(key);
        removed.push(`${TIER_WORDS[tier]} of ${key} (${why})`);
      }
    }
    const count = await this.records.removeRuns(now - retention.runs.days * DAY_MS);
    removed.push(...removedRuns(count, retention.runs));
    return removed;
  }

  use(): TierUse[] {
    return (["raw", "fiveMinutes", "hours"] as const).map((tier) => {
      const files = this.tiers[tier];
      const keys = files.keys();
      const [oldest, newest] = [keys[0], keys.at(-1)];
      return {
        ...{ tier, bytes: files.bytes() },
        ...{ from: oldest ? startOf(oldest) : null, until: newest ? endOf(newest) : null },
      };
    });
  }

  /** Samples of a month that come late have to find what the month has of their hours. */
  #isNeeded(month: string): boolean {
    const end = endOf(month);
    return this.tiers.raw.keys().some((key) => startOf(key) < end);
  }
}
