import type { UnitKey } from "../../model/unit.ts";
import type { AgentRow, TaskRow } from "../contract.ts";
import { AGENT_COLUMNS, agentRow, agentValues, searchWords } from "../inventory_rows.ts";
import { TASK_COLUMNS, taskRow, taskValues } from "../inventory_rows.ts";
import type { Database, Row } from "./database.ts";
import { nextTurn } from "../turn.ts";

/** Rows read, or written, at a time. */
const STEP = 500;

/** Numbers that are looked through at a time for what is to go. */
const REMOVE_STEP = 2_000;

const places = (columns: string) => columns.replaceAll(/\w+/g, "?");
const qualified = (columns: string, table: string) => columns.replaceAll(/\w+/g, `${table}.$&`);

/** Agents and tasks, as they were when they were saved last. */
export class Inventory {
  constructor(readonly database: Database) {}

  reserve(kind: "agent" | "task", count: number): number {
    const next = this.database.get(
      "INSERT INTO counter (name, next) VALUES (?1, 1 + ?2) ON CONFLICT (name) DO UPDATE SET next = next + ?2 " +
        "RETURNING next",
      kind,
      count,
    );
    return next!["next"] as number - count;
  }

  async *agents(units: readonly UnitKey[] | null): AsyncGenerator<AgentRow> {
    const sql = `SELECT ${AGENT_COLUMNS} FROM agent WHERE id > ?${
      of(units, "unit")
    } ORDER BY id LIMIT ${STEP}`;
    yield* this.#page(sql, units, agentRow);
  }

  async *tasks(units: readonly UnitKey[] | null): AsyncGenerator<TaskRow> {
    const own = units === null ? "" : ` AND agent IN (SELECT id FROM agent WHERE true${of(units, "unit")})`;
    const sql = `SELECT ${TASK_COLUMNS} FROM task WHERE id > ?${own} ORDER BY id LIMIT ${STEP}`;
    yield* this.#page(sql, units, taskRow);
  }

  /** In steps: what is saved is what each of them is now, and needs no other. */
  async save(agents: readonly AgentRow[], tasks: readonly TaskRow[]): Promise<void> {
    const putAgent = this.database.prepared(
      `INSERT OR REPLACE INTO agent (${AGENT_COLUMNS}) VALUES (${places(AGENT_COLUMNS)})`,
    );
    const putTask = this.database.prepared(
      `INSERT OR REPLACE INTO task (${TASK_COLUMNS}) VALUES (${places(TASK_COLUMNS)})`,
    );
    await this.#inSteps(agents, (row) => putAgent.run(...agentValues(row)));
    await this.#inSteps(tasks, (row) => putTask.run(...taskValues(row)));
  }

  /** Looked for by reading all of them: that takes some tens of milliseconds for 100,000, and needs no index. */
  search(words: readonly string[], units: readonly UnitKey[] | null, limit: number): TaskRow[] {
    const wanted = searchWords(words);
    const each = wanted.map(() => " AND (instr(task.words, ?) OR instr(agent.words, ?))").join("");
    const rows = this.database.all(
      `SELECT ${qualified(TASK_COLUMNS, "task")} FROM task JOIN agent ON agent.id = task.agent ` +
        `WHERE true${of(units, "agent.unit")}${each} ORDER BY task.last_time DESC, task.id LIMIT ?`,
      ...parameter(units),
      ...wanted.flatMap((word) => [word, word]),
      limit,
    );
    return rows.map(taskRow);
  }

  /** Remove tasks that nothing came of since, and that have no runs, and then agents without tasks. */
  async remove(heardBefore: number): Promise<{ tasks: number; agents: number }> {
    const tasks = await this.#removeOf(
      "task",
      "max(last_time, first_seen, state_since) < ? AND NOT EXISTS (SELECT * FROM run WHERE run.task = task.id)",
      heardBefore,
    );
    const agents = await this.#removeOf(
      "agent",
      "max(last_seen, presence_since) < ? AND NOT EXISTS (SELECT * FROM task WHERE task.agent = agent.id)",
      heardBefore,
    );
    return { tasks, agents };
  }

  async #removeOf(table: "task" | "agent", condition: string, heardBefore: number): Promise<number> {
    const ends = this.database.get(`SELECT min(id) AS first, max(id) AS last FROM ${table}`)!;
    let count = 0;
    for (let id = Number(ends["first"]); id <= Number(ends["last"] ?? -1); id += REMOVE_STEP) {
      const sql = `DELETE FROM ${table} WHERE id BETWEEN ? AND ? AND ${condition}`;
      count += this.database.run(sql, id, id + REMOVE_STEP - 1, heardBefore);
      await nextTurn();
    }
    return count;
  }

  async *#page<T extends { id: number }>(
    sql: string,
    units: readonly UnitKey[] | null,
    read: (row: Row) => T,
  ): AsyncGenerator<T> {
    for (let after = -1;;) {
      const found = this.database.all(sql, after, ...parameter(units)).map(read);
      yield* found;
      if (found.length < STEP) return;
      after = found.at(-1)!.id;
      await nextTurn();
    }
  }

  async #inSteps<T>(rows: readonly T[], write: (row: T) => void): Promise<void> {
    for (let at = 0; at < rows.length; at += STEP) {
      this.database.transaction(() => rows.slice(at, at + STEP).forEach(write));
      await nextTurn();
    }
  }
}

/** A condition that a column is one of some units. */
export function of(units: readonly UnitKey[] | null, column: string): string {
  return units === null ? "" : ` AND ${column} IN (SELECT value FROM json_each(?))`;
}

/** What this condition is about. */
export function parameter(units: readonly UnitKey[] | null): string[] {
  return units === null ? [] : [JSON.stringify(units)];
}
