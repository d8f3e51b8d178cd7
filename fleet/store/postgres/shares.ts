import { randomUUID } from "node:crypto";
import { ProctorError } from "../../../core/error.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { ReplayedEntry, Store } from "../contract.ts";
import { HOUR_MS } from "../hour_of.ts";
import type { Beat, Shares, StoredNames, StoreTime, UnitNews } from "../shares.ts";
import { numbers, texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Row, Statements } from "./statements.ts";
import type { Guard } from "./leases.ts";
import { endSilentTransactions } from "./let_go.ts";

/** To tell the time takes no server longer. */
const ANSWER_MS = 10_000;
const UNTIL = (ms: string) => `clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`;
const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::float8";
const BEAT = `
  INSERT INTO manager AS old (name, ends, report) VALUES ($1, ${UNTIL("$2")}, coalesce($3::text, '{}'))
  ON CONFLICT (name) DO UPDATE SET ends = excluded.ends, report = coalesce($3::text, old.report)
  RETURNING ${NOW} AS now`;
/** That the epoch stays, which is in a key of the table, lets this through while changes of ours are under way. */
const KEEP = `UPDATE lease SET ends = ${
  UNTIL("$2")
} WHERE holder = $1 AND unit = ANY($3::text[]) RETURNING unit, epoch`;
/** That it does not makes this wait for changes of the earlier holder: whoever takes over sees all of them. */
const TAKE = `
  UPDATE lease SET epoch = epoch + 1, holder = $2, ends = ${UNTIL("$3")}
  WHERE unit = $1 AND ends < clock_timestamp() RETURNING epoch`;
/** Of two that reach for a new one at once, one gets it. */
const TAKE_NEW = `
  INSERT INTO lease (unit, epoch, holder, ends) VALUES ($1, 1, $2, ${UNTIL("$3")})
  ON CONFLICT DO NOTHING RETURNING epoch`;
const HOLDERS = `
  SELECT unit.name, CASE WHEN lease.ends > clock_timestamp() THEN lease.holder END AS holder
  FROM unit LEFT JOIN lease ON lease.unit = unit.name ORDER BY unit.name`;
const NEWS = `
  SELECT known.unit, coalesce(unit.sealed, 0) AS sealed, new.*
  FROM unnest($1::text[], $2::int8[]) AS known (unit, after) LEFT JOIN unit ON unit.name = known.unit
  LEFT JOIN LATERAL (
    SELECT sequence, topic, received_at, payload, is_retained FROM entry
    WHERE entry.unit = known.unit AND entry.sequence > known.after ORDER BY entry.sequence LIMIT $3
  ) AS new ON true
  ORDER BY known.unit, new.sequence`;

const FORGET = `
  DELETE FROM unit WHERE name IN (
    SELECT name FROM unit LEFT JOIN LATERAL (
      SELECT max(last_seen) AS last, max(last_seen) - min(first_seen) AS heard FROM agent WHERE agent.unit = unit.name
    ) AS agents ON true
    WHERE name = ANY($1::text[]) AND coalesce(agents.last, -1) < $2::float8
      AND NOT EXISTS (SELECT FROM entry WHERE entry.unit = unit.name)
    ORDER BY coalesce(agents.heard, -1), name LIMIT $3
  ) RETURNING name`;
/** Whoever had one of these has given it back himself: nobody is left who could take a later one for it. */
const FORGET_LEASES = `
  DELETE FROM lease WHERE holder = '' AND NOT starts_with(unit, '+/') AND unit NOT IN (SELECT name FROM unit)`;

/** Of a manager that shares the store with others no change is under all that it holds, but under what it concerns. */
export const NO_GUARD: Guard = { units: () => null, guard: () => Promise.resolve() };

/** Which units each manager has, by the server's clock. */
export class PostgresShares implements Shares {
  readonly self = randomUUID();
  readonly #held = new Map<UnitKey, number>();
  readonly #stores = new Map<UnitKey, Store>();

  /**
   * @param leases of its own: no lease waits for what takes long
   * @param open the store whose changes are made under a guard
   */
  constructor(
    readonly database: Database,
    readonly leases: Database,
    readonly open: (guard: Guard) => Store,
  ) {}

  async storeName(): Promise<string> {
    const [row] = await this.database.all("SELECT store FROM version");
    return row!["store"] as string;
  }

  time(): Promise<StoreTime> {
    return this.leases.within(
      ANSWER_MS,
      (statements) => timed(() => statements.all(`SELECT ${NOW} AS now`)),
    );
  }

  beat(ms: number, report: string | null): Promise<Beat> {
    return this.leases.within(ms, async (statements) => {
      const time = await timed(() => statements.all(BEAT, this.self, ms, report));
      const held = [...this.#held];
      const kept = new Set<UnitKey>();
      if (held.length > 0) {
        const rows = await statements.all(KEEP, this.self, ms, texts(held.map(([unit]) => unit)));
        const epochs = new Map(rows.map((row) => [row["unit"], row["epoch"]]));
        for (const [unit, epoch] of held) if (epochs.get(unit) === epoch) kept.add(unit);
      }
      const members = await statements.all(
        "SELECT name, report FROM manager WHERE ends > clock_timestamp() ORDER BY name",
      );
      const holders = await statements.all(HOLDERS);
      await statements.all("DELETE FROM manager WHERE ends < clock_timestamp() - interval '1 minute'");
      return {
        members: members.map((row) => ({ name: row["name"] as string, report: row["report"] as string })),
        holders: new Map(holders.map((row) => [row["name"] as UnitKey, row["holder"] as string | null])),
        kept,
        time,
      };
    });
  }

  async take(unit: UnitKey, ms: number): Promise<boolean> {
    const [row] = await this.leases.within(ms, async (statements) => {
      await endSilentTransactions(statements);
      const taken = await statements.all(TAKE, unit, this.self, ms);
      return taken.length > 0 ? taken : await statements.all(TAKE_NEW, unit, this.self, ms);
    });
    if (!row) return false;
    this.#held.set(unit, row["epoch"] as number);
    return true;
  }

  async release(unit: UnitKey): Promise<void> {
    this.lose(unit);
    await this.leases.all(
      "UPDATE lease SET holder = '', ends = '-infinity' WHERE unit = $1 AND holder = $2",
      unit,
      this.self,
    );
  }

  lose(unit: UnitKey): void {
    this.#held.delete(unit);
  }

  async add(units: readonly UnitKey[]): Promise<void> {
    await this.database.all(
      "INSERT INTO unit (name) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING",
      texts(units),
    );
  }

  async forgetUnits(of: readonly UnitKey[], silentSince: number, most: number): Promise<UnitKey[]> {
    const gone = await this.database.all(FORGET, texts(of), silentSince, most);
    await this.database.all(FORGET_LEASES);
    return gone.map((row) => row["name"] as UnitKey);
  }

  ofUnit(unit: UnitKey): Store {
    let store = this.#stores.get(unit);
    if (!store) {
      store = this.open({ units: () => [unit], guard: (statements) => this.#guard(statements, unit) });
      this.#stores.set(unit, store);
    }
    return store;
  }

  async news(known: ReadonlyMap<UnitKey, number>, most: number): Promise<UnitNews[]> {
    const rows = await this.database.all(NEWS, texts([...known.keys()]), numbers([...known.values()]), most);
    return [...Map.groupBy(rows, (row) => row["unit"] as UnitKey)].map(([unit, own]) => ({
      unit,
      sealed: own[0]!["sealed"] as number,
      entries: own.filter((row) => row["sequence"] !== null).map(entryOf),
    }));
  }

  async names(
    unit: UnitKey,
    wanted: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<Map<string, StoredNames>> {
    const pairs = [...wanted].flatMap(([agent, tasks]) => [...tasks].map((task) => [agent, task] as const));
    const agents = await this.database.all(
      "SELECT DISTINCT ON (proplet_id) proplet_id, id, " +
        "first_seen = last_seen AND agent_id IS NULL AND host IS NULL AS is_unheard " +
        "FROM agent WHERE unit = $1 AND proplet_id = ANY($2::text[]) ORDER BY proplet_id, id DESC",
      unit,
      texts([...wanted.keys()]),
    );
    const ids = new Map(agents.map((row) => [row["proplet_id"] as string, row["id"] as number]));
    const known = pairs.filter(([agent]) => ids.has(agent));
    const tasks = await this.database.all(
      "SELECT DISTINCT ON (task.agent, task.task_id) task.agent, task.task_id, task.id, " +
        "task.last_time = 0 AND task.last IS NULL AS is_unheard FROM task JOIN unnest($1::int8[], $2::text[]) " +
        "AS wanted (agent, task_id) ON task.agent = wanted.agent AND task.task_id = wanted.task_id " +
        "ORDER BY task.agent, task.task_id, task.id DESC",
      numbers(known.map(([agent]) => ids.get(agent)!)),
      texts(known.map(([, task]) => task)),
    );
    const ofAgents = Map.groupBy(tasks, (row) => row["agent"] as number);
    return new Map(agents.map((row) => {
      const agent = row["id"] as number;
      const own = (ofAgents.get(agent) ?? []).map((of) =>
        [of["task_id"] as string, { id: of["id"] as number, isUnheard: of["is_unheard"] as boolean }] as const
      );
      return [row["proplet_id"] as string, {
        agent: { id: agent, isUnheard: row["is_unheard"] as boolean },
        tasks: new Map(own),
      }];
    }));
  }

  async isWhole(hour: number): Promise<boolean> {
    const [row] = await this.database.all(
      "SELECT NOT EXISTS (SELECT FROM dirty WHERE hour = $1) AND NOT EXISTS (SELECT FROM (SELECT received_at " +
        "FROM entry ORDER BY sequence LIMIT 1) AS first WHERE received_at < $2::float8) AS is",
      hour,
      hour + HOUR_MS,
    );
    return row!["is"] as boolean;
  }

  async leave(): Promise<void> {
    this.#held.clear();
    await this.leases.transaction(async (statements) => {
      await statements.all("UPDATE lease SET holder = '', ends = '-infinity' WHERE holder = $1", this.self);
      await statements.all("DELETE FROM manager WHERE name = $1", this.self);
    }).catch(() => {});
    await this.leases.close();
  }

  async #guard(statements: Statements, unit: UnitKey): Promise<void> {
    const held = this.#held.get(unit);
    // By its holder, too: a lease that was forgotten in between begins anew with its epochs.
    const [row] = await statements.all(
      "SELECT epoch FROM lease WHERE unit = $1 AND holder = $2 FOR KEY SHARE",
      unit,
      this.self,
    );
    if (held !== undefined && row?.["epoch"] === held) return;
    throw new ProctorError("system", `${unit} has changed hands: another manager stores its messages`);
  }
}

/** When a statement that tells the server's time as `now` was asked, and answered. */
async function timed(ask: () => Promise<readonly Row[]>): Promise<StoreTime> {
  const askedAt = performance.now();
  const [row] = await ask();
  return { time: row!["now"] as number, askedAt, answeredAt: performance.now() };
}

function entryOf(row: Row): ReplayedEntry {
  return {
    sequence: row["sequence"] as number,
    unit: row["unit"] as UnitKey,
    topic: row["topic"] as string,
    receivedAt: row["received_at"] as number,
    payload: row["payload"] as Uint8Array,
    isRetained: row["is_retained"] as boolean,
  };
}
