import type { UnitKey } from "../../model/unit.ts";
import type { StoredRolls } from "../contract.ts";
import { HOUR_MS } from "../hour_of.ts";
import { hoursWanted, namesOf, rollsTogether, withParts } from "../parts.ts";
import type { RollRow } from "../parts.ts";
import { blobs, numbers, texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Statements } from "./statements.ts";
import type { Guard } from "./leases.ts";
import type { Periods } from "./periods.ts";
import type { RawTier } from "./raw_tier.ts";

/**
 * Rolls in buckets of five minutes, by agent and hour, a partition a month. Each row knows the last part that is in
 * it, so that none is counted twice whenever we are killed.
 */
export class FiveMinuteTier {
  constructor(
    readonly database: Database,
    readonly periods: Periods,
    readonly leases: Guard,
    readonly raw: RawTier,
    readonly say: (line: string) => void,
  ) {}

  async rolls(agent: number, from: number, until: number): Promise<StoredRolls[]> {
    // Parts first: what becomes of them meanwhile is in the rows then.
    const parts = await this.raw.parts([agent], from, until);
    const rows = await this.#rows(this.database, [agent], ...hoursWanted(parts, from, until));
    return rollsTogether(rows, parts, from, until);
  }

  /** Take the parts of some agents and an hour in that are not yet. @returns the last part that is in each now */
  async take(unit: UnitKey, hour: number, agents: readonly number[]): Promise<Map<number, number>> {
    await this.periods.ensure("fiveMinutes", [hour]);
    return await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      const rows = new Map(
        (await this.#rows(statements, agents, hour, hour)).map((row) => [row.agent, row]),
      );
      const parts = Map.groupBy(
        await this.raw.parts(agents, hour, hour + HOUR_MS - 1, statements),
        ({ agent }) => agent,
      );
      const last = new Map(agents.map((agent) => [agent, rows.get(agent)?.part ?? 0]));
      const changed = agents.flatMap((agent) => {
        const open = (parts.get(agent) ?? []).filter(({ id }) => id > last.get(agent)!);
        return open.length === 0
          ? []
          : [{ agent, ...withParts(rows.get(agent), open, agent, hour, this.say) }];
      });
      await statements.all(
        "INSERT INTO roll (period, hour, unit, agent, part, names, data) SELECT $1::int8, $2::int8, $3::text, * " +
          "FROM unnest($4::int8[], $5::int8[], $6::text[], $7::bytea[]) ON CONFLICT (period, agent, hour) " +
          "DO UPDATE SET unit = excluded.unit, part = excluded.part, names = excluded.names, data = excluded.data",
        ...[this.periods.at("fiveMinutes", hour), hour, unit],
        numbers(changed.map(({ agent }) => agent)),
        numbers(changed.map(({ part }) => part)),
        texts(changed.map(({ names }) => names)),
        blobs(changed.map(({ data }) => data)),
      );
      for (const { agent, part } of changed) last.set(agent, part);
      return last;
    });
  }

  /** The columns that some task of a unit has in an hour. */
  async names(unit: UnitKey, hour: number): Promise<string[]> {
    const rows = await this.database.all(
      "SELECT DISTINCT names FROM roll WHERE period = $1 AND hour = $2 AND unit = $3",
      ...[this.periods.at("fiveMinutes", hour), hour, unit],
    );
    return namesOf(rows.map((row) => row["names"] as string));
  }

  /** Agents of a unit and hour after one of them, in the order of their numbers, so many at most. */
  async page(
    unit: UnitKey,
    hour: number,
    after: number,
    limit: number,
  ): Promise<{ agent: number; data: Uint8Array }[]> {
    const rows = await this.database.all(
      "SELECT agent, data FROM roll WHERE period = $1 AND hour = $2 AND unit = $3 AND agent > $4 " +
        "ORDER BY agent LIMIT $5",
      ...[this.periods.at("fiveMinutes", hour), hour, unit, after, limit],
    );
    return rows.map((row) => ({ agent: row["agent"] as number, data: row["data"] as Uint8Array }));
  }

  async #rows(statements: Statements, agents: readonly number[], from: number, until: number) {
    const rows = await statements.all(
      "SELECT agent, hour, part, data FROM roll WHERE period BETWEEN $1 AND $2 AND agent = ANY($3::int8[]) " +
        "AND hour BETWEEN $4::float8 AND $5::float8 ORDER BY hour",
      ...[this.periods.at("fiveMinutes", from), this.periods.at("fiveMinutes", until)],
      ...[numbers(agents), from, until],
    );
    return rows.map((row): RollRow & { readonly agent: number } => ({
      agent: row["agent"] as number,
      hour: row["hour"] as number,
      part: row["part"] as number,
      data: row["data"] as Uint8Array,
    }));
  }
}
