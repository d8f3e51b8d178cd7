import { randomUUID } from "node:crypto";
import { ProctorError } from "../../../core/error.ts";
import type { UnitKey } from "../../model/unit.ts";
import { EVERY_UNIT } from "../../model/unit.ts";
import type { Lease } from "../contract.ts";
import { texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Statements } from "./statements.ts";
import { endSilentTransactions } from "./let_go.ts";

const UNTIL = "clock_timestamp() + $3::float8 * interval '1 millisecond'";
/** That the epoch stays, which is in a key of the table, lets this through while changes of ours are under way. */
const KEEP = `UPDATE lease SET ends = ${UNTIL} WHERE unit = $1 AND holder = $2 RETURNING epoch`;
/** That it does not makes this wait for them. */
const TAKE = `
  INSERT INTO lease AS old (unit, epoch, holder, ends) VALUES ($1, 1, $2, ${UNTIL})
  ON CONFLICT (unit) DO UPDATE SET epoch = old.epoch + 1, holder = excluded.holder, ends = excluded.ends
  WHERE old.ends < clock_timestamp()
  RETURNING epoch`;

/** What every change is made under: it fails where what it changes is another manager's by now. */
export interface Guard {
  /** The units to make hours of; null for all. */
  units(): readonly UnitKey[] | null;
  /**
   * Within a transaction: keep what we hold ours until it ends.
   * @param epochs of units that have to be as they are
   * @throws ProctorError where another manager has one of them
   */
  guard(statements: Statements, epochs?: ReadonlyMap<UnitKey, number>): Promise<void>;
}

/**
 * Which units are ours, by the server's clock. Every change is made under a lock of what we hold: none that another
 * manager has taken over meanwhile is changed by us, however long we were stopped, and who takes over sees all of ours.
 */
export class Leases implements Guard {
  /** Those that we had last, also where another has them now: until they are given back nothing is written. */
  readonly #held = new Map<UnitKey, number>();
  /** A manager that starts again is another one, whatever its name. */
  readonly #self = randomUUID();

  /** @param database of its own: no lease waits for what takes long */
  constructor(readonly database: Database) {}

  async take(unit: UnitKey, holder: string, ms: number): Promise<Lease | null> {
    const name = this.#name(holder);
    const [row] = await this.database.within(ms, async (statements) => {
      const kept = await statements.all(KEEP, unit, name, ms);
      if (kept.length > 0) return kept;
      await endSilentTransactions(statements);
      return await statements.all(TAKE, unit, name, ms);
    });
    if (!row) return null;
    const epoch = row["epoch"] as number;
    this.#held.set(unit, epoch);
    return { unit, epoch };
  }

  async release(unit: UnitKey, holder: string): Promise<void> {
    this.#held.delete(unit);
    await this.database.all(
      "UPDATE lease SET holder = '', ends = '-infinity' WHERE unit = $1 AND holder = $2",
      unit,
      this.#name(holder),
    );
  }

  /** Give back all that we have, as far as the server can be reached. */
  async close(): Promise<void> {
    if (this.#held.size > 0) {
      await this.database.all(
        "UPDATE lease SET holder = '', ends = '-infinity' WHERE right(holder, 36) = $1",
        this.#self,
      ).catch(() => {});
    }
    this.#held.clear();
    await this.database.close();
  }

  /** Those that are ours; null for all: there is one manager. */
  units(): readonly UnitKey[] | null {
    return this.#held.size === 0 || this.#held.has(EVERY_UNIT) ? null : [...this.#held.keys()];
  }

  async guard(statements: Statements, epochs: ReadonlyMap<UnitKey, number> = new Map()): Promise<void> {
    const all = [...this.#held, ...epochs];
    if (all.length === 0) return;
    const rows = await statements.all(
      "SELECT unit, epoch FROM lease WHERE unit = ANY($1::text[]) ORDER BY unit FOR KEY SHARE",
      texts(all.map(([unit]) => unit)),
    );
    const now = new Map(rows.map((row) => [row["unit"], row["epoch"] as number]));
    const lost = all.find(([unit, epoch]) => epoch < (now.get(unit) ?? 0));
    if (!lost) return;
    const what = lost[0] === EVERY_UNIT ? "the store" : lost[0];
    throw new ProctorError("system", `${what} has changed hands: another manager stores its messages`);
  }

  #name(holder: string): string {
    return `${holder} ${this.#self}`;
  }
}
