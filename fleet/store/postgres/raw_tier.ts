import { ProctorError } from "../../../core/error.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { SealedChunk, StoredChunk } from "../contract.ts";
import { dayOf, HOUR_MS } from "../hour_of.ts";
import { RAW_FROM } from "../old_periods.ts";
import { merged } from "../merged.ts";
import type { ChunkRow, Merged } from "../merged.ts";
import type { DirtyHour, Part } from "../parts.ts";
import type { Turns } from "../turn.ts";
import { blobs, numbers, texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Row, Statements } from "./statements.ts";
import { lacksPartition } from "./faults.ts";
import type { Guard } from "./leases.ts";
import type { Periods } from "./periods.ts";

/** A part, and the agent that it is of. */
export type PartOfAgent = Part & { readonly agent: number };

/** Agents whose chunks are merged at once. */
const MERGED_AT_ONCE = 20;

const PUT_CHUNKS = "INSERT INTO chunk (period, agent, first, last, count, data) " +
  "SELECT $1, * FROM unnest($2::int8[], $3::float8[], $4::float8[], $5::int4[], $6::bytea[])";
const PUT_PARTS = `
  WITH new AS (
    INSERT INTO part (period, unit, agent, first, last, data)
    SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::float8[], $5::float8[], $6::bytea[])
    RETURNING id, unit, agent, first, last
  )
  INSERT INTO dirty (period, hour, unit, agent, part)
  SELECT $1, hour, unit, agent, max(id)
  FROM new, generate_series(floor(first / ${HOUR_MS})::int8 * ${HOUR_MS}, floor(last)::int8, ${HOUR_MS}) AS hour
  GROUP BY hour, unit, agent
  ON CONFLICT (period, hour, unit, agent) DO UPDATE SET part = excluded.part`;

/** The chunks, a partition a day. */
export class RawTier {
  constructor(readonly database: Database, readonly periods: Periods, readonly leases: Guard) {}

  /**
   * All of it or nothing. What was sealed with this number already is not stored twice, and what is of days that are
   * no longer kept not at all.
   */
  async seal(
    chunks: readonly SealedChunk[],
    sequence: number,
    epochs: ReadonlyMap<UnitKey, number>,
  ): Promise<void> {
    const days = Map.groupBy(chunks, dayOfChunk);
    for (let isAgain = false;; isAgain = true) {
      const from = await this.#from(this.database);
      await this.periods.ensure("raw", [...days.keys()].filter((day) => day >= from));
      try {
        return await this.database.transaction(async (statements) => {
          await this.leases.guard(statements, epochs);
          const keptFrom = await this.#from(statements, "FOR SHARE");
          for (const [day, own] of days) {
            if (day >= keptFrom) await this.#sealDay(statements, day, own, sequence);
          }
        });
      } catch (error) {
        // Another manager has removed a day, and so late chunks of a later one need it again: ask anew.
        if (isAgain || !lacksPartition(error)) throw error;
        this.periods.forgetSeen();
      }
    }
  }

  async #sealDay(statements: Statements, day: number, chunks: readonly SealedChunk[], sequence: number) {
    const rows = await statements.all(
      "SELECT agent FROM sealed WHERE period = $1 AND agent = ANY($2::int8[]) AND sequence >= $3",
      day,
      numbers(chunks.map(({ agent }) => agent)),
      sequence,
    );
    const known = new Set(rows.map((row) => row["agent"]));
    const fresh = chunks.filter(({ agent }) => !known.has(agent));
    if (fresh.length === 0) return;
    const agents = numbers(fresh.map(({ agent }) => agent));
    const [first, last] = [numbers(fresh.map(({ from }) => from)), numbers(fresh.map(({ until }) => until))];
    await statements.all(
      PUT_CHUNKS,
      ...[day, agents, first, last],
      numbers(fresh.map(({ count }) => count)),
      blobs(fresh.map(({ data }) => data)),
    );
    const units = texts(fresh.map(({ unit }) => unit));
    await statements.all(PUT_PARTS, day, units, agents, first, last, blobs(fresh.map(({ rolls }) => rolls)));
    await statements.all(
      "INSERT INTO sealed (period, agent, sequence) SELECT DISTINCT $1::int8, agent, $3::int8 " +
        "FROM unnest($2::int8[]) AS agent ON CONFLICT (period, agent) DO UPDATE SET sequence = excluded.sequence",
      day,
      agents,
      sequence,
    );
  }

  async sealed(day: number): Promise<Map<number, number>> {
    const rows = await this.database.all("SELECT agent, sequence FROM sealed WHERE period = $1", day);
    return new Map(rows.map((row) => [row["agent"] as number, row["sequence"] as number]));
  }

  async chunks(agent: number, from: number, until: number): Promise<StoredChunk[]> {
    const rows = await this.database.all(
      "SELECT first, last, data FROM chunk WHERE period BETWEEN $1 AND $2 AND agent = $3 AND first <= $4 " +
        "AND last >= $5 ORDER BY first, id",
      ...[dayOf(from), dayOf(until), agent, until, from],
    );
    return rows.map((row) => ({
      from: row["first"] as number,
      until: row["last"] as number,
      data: row["data"] as Uint8Array,
    }));
  }

  /** Parts of agents, oldest first by when they were sealed. */
  async parts(
    agents: readonly number[],
    from: number,
    until: number,
    statements: Statements = this.database,
  ): Promise<PartOfAgent[]> {
    const rows = await statements.all(
      "SELECT id, agent, first, last, data FROM part WHERE period BETWEEN $1 AND $2 AND agent = ANY($3::int8[]) " +
        "AND first <= $4 AND last >= $5 ORDER BY id",
      ...[dayOf(from), dayOf(until), numbers(agents), until, from],
    );
    return rows.map((row: Row) => ({
      id: row["id"] as number,
      agent: row["agent"] as number,
      first: row["first"] as number,
      last: row["last"] as number,
      data: row["data"] as Uint8Array,
    }));
  }

  /** Hours that have ended before a time and are to be made, of some units and of one day or of all, oldest first. */
  async dirtyHours(
    endedBefore: number,
    units: readonly UnitKey[] | null,
    day: number | null = null,
  ): Promise<DirtyHour[]> {
    const rows = await this.database.all(
      "SELECT hour, unit, array_to_string(array_agg(agent ORDER BY agent), ',') AS agents FROM dirty " +
        "WHERE hour <= $1::float8 AND ($2::text[] IS NULL OR unit = ANY($2::text[])) " +
        "AND ($3::int8 IS NULL OR period = $3) GROUP BY hour, unit ORDER BY hour, unit",
      endedBefore - HOUR_MS,
      units && texts(units),
      day,
    );
    return rows.map((row) => ({
      unit: row["unit"] as UnitKey,
      hour: row["hour"] as number,
      agents: (row["agents"] as string).split(",").map(Number),
    }));
  }

  /** Whether a day has hours that are still to be made. */
  async isDirty(day: number): Promise<boolean> {
    return (await this.database.all("SELECT 1 FROM dirty WHERE period = $1 LIMIT 1", day)).length > 0;
  }

  /**
   * An hour is made: its chunks become one of an agent each, and its parts can go, but for those that other hours still
   * need, or that came meanwhile.
   * @param parts the last part of each agent that is in it
   */
  async clean({ unit, hour }: DirtyHour, parts: ReadonlyMap<number, number>, turns: Turns): Promise<void> {
    const all = [...parts.keys()];
    for (let at = 0; at < all.length; at += MERGED_AT_ONCE) {
      await this.#merge(hour, all.slice(at, at + MERGED_AT_ONCE), turns);
    }
    const [day, agents] = [dayOf(hour), numbers([...parts.keys()])];
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "DELETE FROM dirty USING unnest($4::int8[], $5::int8[]) AS done (agent, part) WHERE dirty.period = $1 " +
          "AND dirty.hour = $2 AND dirty.unit = $3 AND dirty.agent = done.agent AND dirty.part <= done.part",
        ...[day, hour, unit, agents],
        numbers([...parts.values()]),
      );
      await statements.all(
        "DELETE FROM part WHERE period = $1 AND agent = ANY($2::int8[]) AND first < $3 AND last >= $4 " +
          "AND NOT EXISTS (SELECT FROM dirty WHERE dirty.period = $1 AND dirty.agent = part.agent " +
          `AND dirty.hour > part.first - ${HOUR_MS} AND dirty.hour <= part.last)`,
        ...[day, agents, hour + HOUR_MS, hour],
      );
    });
  }

  /** Of chunks that began in an hour; the last of them may end in the next. */
  async #merge(hour: number, agents: readonly number[], turns: Turns): Promise<void> {
    const rows = await this.database.all(
      "SELECT agent, id, first, last, count, data FROM chunk WHERE period = $1 AND agent = ANY($2::int8[]) " +
        "AND first >= $3::float8 AND first < $4::float8 ORDER BY agent, id",
      ...[dayOf(hour), numbers(agents), hour, hour + HOUR_MS],
    );
    const fresh: (Merged & { agent: number })[] = [];
    for (const [agent, own] of Map.groupBy(rows, (row) => row["agent"] as number)) {
      for (const one of merged(own as unknown as ChunkRow[])) {
        fresh.push({ ...one, agent });
        await turns.take();
      }
    }
    if (fresh.length === 0) return;
    const old = fresh.flatMap(({ of }) => of);
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      const gone = await statements.all(
        "DELETE FROM chunk WHERE period = $1 AND agent = ANY($2::int8[]) AND id = ANY($3::int8[]) RETURNING 1",
        ...[dayOf(hour), numbers(agents), numbers(old)],
      );
      // An earlier try, of which no answer came, may have been done since they were read.
      if (gone.length < old.length) throw new ProctorError("system", "chunks were merged meanwhile");
      await statements.all(
        PUT_CHUNKS,
        ...[dayOf(hour), numbers(fresh.map(({ agent }) => agent))],
        ...[numbers(fresh.map(({ first }) => first)), numbers(fresh.map(({ last }) => last))],
        ...[numbers(fresh.map(({ count }) => count)), blobs(fresh.map(({ data }) => data))],
      );
    });
  }

  async #from(statements: Statements, lock = ""): Promise<number> {
    const [row] = await statements.all(`SELECT next FROM counter WHERE name = $1 ${lock}`, RAW_FROM);
    return row?.["next"] as number | undefined ?? 0;
  }
}

function dayOfChunk({ from, until }: SealedChunk): number {
  const day = dayOf(from);
  if (day !== dayOf(until)) throw new RangeError("a chunk is of more than one day");
  return day;
}
