import type { Retention, TierUse } from "../contract.ts";
import { DAY_MS } from "../hour_of.ts";
import { RAW_FROM, removedRuns, TIER_WORDS, tooOld } from "../old_periods.ts";
import { endOf, startOf } from "../period.ts";
import type { Database } from "./database.ts";
import type { Guard } from "./leases.ts";
import type { Periods } from "./periods.ts";
import type { Records } from "./records.ts";

const TIERS = ["raw", "fiveMinutes", "hours"] as const;
const sizeOf = (tables: readonly string[]) =>
  `SELECT (${tables.map((table) => `pg_total_relation_size('${table}')`).join(" + ")})::bigint AS bytes`;

/** Removes whole partitions, the oldest first, of what is too old or too much. The newest of a tier always stays. */
export class Retainer {
  constructor(
    readonly database: Database,
    readonly periods: Periods,
    readonly records: Records,
    readonly guard: Guard,
  ) {}

  /** @param mayGo makes the hours of a day of samples; false where some of them are another's to make */
  async prune(
    retention: Retention,
    now: number,
    mayGo: (day: number) => Promise<boolean>,
  ): Promise<string[]> {
    const removed: string[] = [];
    for (const tier of TIERS) {
      for (const { key, why } of tooOld(await this.periods.list(tier), retention[tier], now)) {
        if (tier === "fiveMinutes" && await this.#isNeeded(key)) break;
        if (tier === "raw" && !(await mayGo(startOf(key)))) break;
        await this.database.transaction(async (statements) => {
          await this.guard.guard(statements);
          if (tier === "raw") {
            // Who seals waits for this, and stores nothing of the day any more.
            await statements.all(
              "UPDATE counter SET next = greatest(next, $2::int8) WHERE name = $1",
              RAW_FROM,
              endOf(key),
            );
          }
          await this.periods.drop(statements, tier, key);
        });
        removed.push(`${TIER_WORDS[tier]} of ${key} (${why})`);
      }
    }
    const count = await this.records.removeRuns(now - retention.runs.days * DAY_MS);
    return [...removed, ...removedRuns(count, retention.runs)];
  }

  async use(): Promise<TierUse[]> {
    return await Promise.all(TIERS.map(async (tier) => {
      const periods = await this.periods.list(tier);
      const [oldest, newest] = [periods[0], periods.at(-1)];
      const bytes = periods.reduce((sum, { bytes }) => sum + bytes, 0);
      return {
        tier,
        bytes,
        from: oldest ? startOf(oldest.key) : null,
        until: newest ? endOf(newest.key) : null,
      };
    }));
  }

  async bytes(...tables: readonly string[]): Promise<number> {
    return (await this.database.all(sizeOf(tables)))[0]!["bytes"] as number;
  }

  /** Samples of a month that come late have to find what the month has of their hours. */
  async #isNeeded(month: string): Promise<boolean> {
    return (await this.periods.list("raw")).some(({ key }) => startOf(key) < endOf(month));
  }
}
