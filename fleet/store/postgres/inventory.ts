import type { UnitKey } from "../../model/unit.ts";
import type { AgentRow, TaskRow } from "../contract.ts";
import { AGENT_COLUMNS, agentRow, agentValues, searchWords } from "../inventory_rows.ts";
import { TASK_COLUMNS, taskRow, taskValues } from "../inventory_rows.ts";
import type { StoredRow } from "../inventory_rows.ts";
import { texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Guard } from "./leases.ts";

/** Rows read, or written, at a time. */
const STEP = 500;

/** Numbers that are looked through at a time for what is to go. */
const REMOVE_STEP = 10_000;

const TYPES: Readonly<Record<string, string>> = {
  id: "int8",
  agent: "int8",
  first_seen: "float8",
  last_seen: "float8",
  presence_since: "float8",
  last_time: "float8",
  state_since: "float8",
  run_since: "float8",
};

/** Agents and tasks, as they were when they were saved last. */
export class Inventory {
  constructor(readonly database: Database, readonly leases: Guard) {}

  async reserve(kind: "agent" | "task", count: number): Promise<number> {
    const [row] = await this.database.all(
      "INSERT INTO counter (name, next) VALUES ($1, 1 + $2::int8) " +
        "ON CONFLICT (name) DO UPDATE SET next = counter.next + $2::int8 RETURNING next",
      kind,
      count,
    );
    return row!["next"] as number - count;
  }

  async *agents(units: readonly UnitKey[] | null): AsyncGenerator<AgentRow> {
    const sql = `SELECT ${AGENT_COLUMNS} FROM agent WHERE id > $1 ` +
      `AND ($2::text[] IS NULL OR unit = ANY($2::text[])) ORDER BY id LIMIT ${STEP}`;
    yield* this.#page(sql, units, agentRow);
  }

  async *tasks(units: readonly UnitKey[] | null): AsyncGenerator<TaskRow> {
    const sql = `SELECT ${TASK_COLUMNS} FROM task WHERE id > $1 AND ($2::text[] IS NULL OR agent IN ` +
      `(SELECT id FROM agent WHERE unit = ANY($2::text[]))) ORDER BY id LIMIT ${STEP}`;
    yield* this.#page(sql, units, taskRow);
  }

  /** In steps: what is saved is what each of them is now, and needs no other. */
  async save(agents: readonly AgentRow[], tasks: readonly TaskRow[]): Promise<void> {
    await this.#put("agent", AGENT_COLUMNS.split(", "), latest(agents).map(agentValues));
    await this.#put("task", TASK_COLUMNS.split(", "), latest(tasks).map(taskValues));
  }

  /** Looked for by reading all of them: that takes some tens of milliseconds for 100,000, and needs no index. */
  async search(
    words: readonly string[],
    units: readonly UnitKey[] | null,
    limit: number,
  ): Promise<TaskRow[]> {
    const rows = await this.database.all(
      `SELECT ${TASK_COLUMNS.replaceAll(/\w+/g, "task.$&")} FROM task JOIN agent ON agent.id = task.agent ` +
        "WHERE ($1::text[] IS NULL OR agent.unit = ANY($1::text[])) AND NOT EXISTS " +
        "(SELECT FROM unnest($2::text[]) AS word WHERE strpos(task.words, word) = 0 AND " +
        "strpos(agent.words, word) = 0) ORDER BY task.last_time DESC, task.id LIMIT $3",
      units && texts(units),
      texts(searchWords(words)),
      limit,
    );
    return rows.map(taskRow);
  }

  /** Remove tasks that nothing came of since, and that have no runs, and then agents without tasks. */
  async remove(heardBefore: number): Promise<{ tasks: number; agents: number }> {
    const tasks = await this.#removeOf(
      "task",
      "greatest(last_time, first_seen, state_since) < $3::float8 AND NOT EXISTS " +
        "(SELECT FROM run WHERE run.task = task.id)",
      heardBefore,
    );
    const agents = await this.#removeOf(
      "agent",
      "greatest(last_seen, presence_since) < $3::float8 AND NOT EXISTS " +
        "(SELECT FROM task WHERE task.agent = agent.id)",
      heardBefore,
    );
    return { tasks, agents };
  }

  async #removeOf(table: "task" | "agent", condition: string, heardBefore: number): Promise<number> {
    const [ends] = await this.database.all(`SELECT min(id) AS first, max(id) AS last FROM ${table}`);
    let count = 0;
    for (let id = Number(ends!["first"]); id <= Number(ends!["last"] ?? -1); id += REMOVE_STEP) {
      const sql = `DELETE FROM ${table} WHERE id BETWEEN $1 AND $2 AND ${condition} RETURNING 1`;
      const removed = await this.database.transaction(async (statements) => {
        await this.leases.guard(statements);
        return await statements.all(sql, id, id + REMOVE_STEP - 1, heardBefore);
      });
      count += removed.length;
    }
    return count;
  }

  async #put(table: string, columns: readonly string[], rows: readonly (string | number | null)[][]) {
    const types = columns.map((column, at) => `$${at + 1}::${TYPES[column] ?? "text"}[]`);
    const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`);
    const sql = `INSERT INTO ${table} (${columns.join(", ")}) SELECT * FROM unnest(${types.join(", ")}) ` +
      `ON CONFLICT (id) DO UPDATE SET ${changes.join(", ")}`;
    for (let at = 0; at < rows.length; at += STEP) {
      const some = rows.slice(at, at + STEP);
      await this.database.transaction(async (statements) => {
        await this.leases.guard(statements);
        await statements.all(
          sql,
          ...columns.map((_, column) =>
            texts(some.map((row) => row[column] === null ? null : `${row[column]}`))
          ),
        );
      });
    }
  }

  async *#page<T extends { id: number }>(
    sql: string,
    units: readonly UnitKey[] | null,
    read: (row: StoredRow) => T,
  ): AsyncGenerator<T> {
    for (let after = -1;;) {
      const found = (await this.database.all(sql, after, units && texts(units))).map(read);
      yield* found;
      if (found.length < STEP) return;
      after = found.at(-1)!.id;
    }
  }
}

/** Each of them once, as it is last: one statement cannot change a row twice. */
function latest<T extends { readonly id: number }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}
