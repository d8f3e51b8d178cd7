import type { PeriodTier, PeriodUse } from "../old_periods.ts";
import { keyOf, startOf } from "../period.ts";
import type { Period } from "../period.ts";
import type { Database } from "./database.ts";
import type { Statements } from "./statements.ts";
import { SCHEMA_LOCK } from "./schema.ts";

const TIERS: Readonly<Record<PeriodTier, { readonly period: Period; readonly tables: readonly string[] }>> = {
  raw: { period: "day", tables: ["chunk", "part", "sealed", "dirty"] },
  fiveMinutes: { period: "month", tables: ["roll"] },
  hours: { period: "year", tables: ["hour"] },
};

/** The partitions of the tiers: a day, a month or a year (UTC) each, which are removed as a whole. */
export class Periods {
  /** Those that have been seen to be there. */
  readonly #seen = new Set<string>();

  constructor(readonly database: Database) {}

  /** The start of the period that a time is in, which its rows have as `period`. */
  at(tier: PeriodTier, time: number): number {
    return startOf(keyOf(TIERS[tier].period, time));
  }

  /** See to it that there are partitions for some times. Nobody who reads or writes is kept waiting by that. */
  async ensure(tier: PeriodTier, times: readonly number[]): Promise<void> {
    const { period, tables } = TIERS[tier];
    for (const key of new Set(times.map((time) => keyOf(period, time)))) {
      const name = `${tier} ${key}`;
      if (this.#seen.has(name)) continue;
      await this.database.transaction(async (statements) => {
        await statements.all("SELECT pg_advisory_xact_lock($1::bigint)", SCHEMA_LOCK);
        const made = await statements.all(
          "INSERT INTO period (tier, key, first) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key",
          tier,
          key,
          startOf(key),
        );
        if (made.length === 0) return;
        for (const table of tables) {
          const own = partition(table, key);
          await statements.all(`CREATE TABLE ${own} (LIKE ${table} INCLUDING ALL)`);
          await statements.all(
            `ALTER TABLE ${table} ATTACH PARTITION ${own} FOR VALUES IN (${startOf(key)})`,
          );
        }
      });
      this.#seen.add(name);
    }
  }

  /** Another manager may have removed some. */
  forgetSeen(): void {
    this.#seen.clear();
  }

  /** The periods of a tier, oldest first. */
  async list(tier: PeriodTier): Promise<PeriodUse[]> {
    const sizes = TIERS[tier].tables.map((table) =>
      `coalesce(pg_total_relation_size(to_regclass('${table}_' || replace(key, '-', ''))), 0)`
    );
    const rows = await this.database.all(
      `SELECT key, (${sizes.join(" + ")})::bigint AS bytes FROM period WHERE tier = $1 ORDER BY key`,
      tier,
    );
    return rows.map((row) => ({ key: row["key"] as string, bytes: row["bytes"] as number }));
  }

  async drop(statements: Statements, tier: PeriodTier, key: string): Promise<void> {
    await statements.all("SELECT pg_advisory_xact_lock($1::bigint)", SCHEMA_LOCK);
    const tables = TIERS[tier].tables.map((table) => partition(table, key));
    await statements.all(`DROP TABLE IF EXISTS ${tables.join(", ")}`);
    await statements.all("DELETE FROM period WHERE tier = $1 AND key = $2", tier, key);
    this.#seen.delete(`${tier} ${key}`);
  }
}

function partition(table: string, key: string): string {
  return `${table}_${key.replaceAll("-", "")}`;
}
