import postgres from "postgres";
import { ProctorError } from "../../../core/error.ts";
import type { Address } from "./address.ts";
import { told } from "./faults.ts";
import type { Row, Statements, Value } from "./statements.ts";
import { inTransaction, isLoss } from "./transaction.ts";

/** Connections for all but leases: pages, journal and seals at once. */
const CONNECTIONS = 6;
const CONNECT_SECONDS = 10;
/** What is still under way at the end is given up then. */
const CLOSE_SECONDS = 1;
/** A statement that takes longer is stopped by the server. */
const STATEMENT_MS = 60_000;
/** What a server does not answer by then it never will: its machine may be gone. */
const ANSWER_MS = 90_000;
/** A manager that was stopped in the midst of a change lets go of what others wait for. */
const IDLE_IN_TRANSACTION_MS = 3_000;
const BIGINT = 20;
const JSON_TYPES = [114, 3_802];

type Sql = ReturnType<typeof connect>;

/** A database of a server. A connection that is lost is made again by the next call. */
export class Database implements Statements {
  #sql: Sql | null = null;
  #isClosed = false;

  constructor(readonly address: Address, readonly connections = CONNECTIONS) {}

  /** @throws ProctorError with one sentence of why it cannot be done now */
  async all(sql: string, ...values: readonly Value[]): Promise<Row[]> {
    return await this.within(ANSWER_MS, (statements) => statements.all(sql, ...values));
  }

  /** All of it or nothing. @throws ProctorError */
  async transaction<T>(change: (statements: Statements) => Promise<T>): Promise<T> {
    return await this.#within(
      ANSWER_MS,
      (connected) =>
        inTransaction(connected as unknown as postgres.Sql<Record<string, never>>, statementsOf, change),
    );
  }

  /** Several statements without places, as the tables are made by. */
  async script(sql: string): Promise<void> {
    await this.#within(ANSWER_MS, async (connected) => void await connected.unsafe(sql).simple());
  }

  /** Do something that has to be answered by some time. @throws ProctorError */
  async within<T>(ms: number, what: (statements: Statements) => Promise<T>): Promise<T> {
    return await this.#within(ms, (connected) => what(statementsOf(connected)));
  }

  /** What is under way is finished first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const sql = this.#sql;
    this.#sql = null;
    await sql?.end({ timeout: CLOSE_SECONDS });
  }

  /** The next call connects again. */
  #drop(sql: Sql): void {
    if (this.#sql === sql) this.#sql = null;
    sql.end({ timeout: 0 }).catch(() => {});
  }

  async #within<T>(ms: number, what: (connected: Sql) => Promise<T>): Promise<T> {
    const { place } = this.address;
    if (this.#isClosed) throw new ProctorError("system", `cannot use ${place}: it is closed`);
    const sql = this.#sql ??= connect(this.address, this.connections);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#drop(sql);
        reject(new ProctorError("system", `cannot use ${place}: it does not answer`));
      }, ms);
    });
    const work = what(sql);
    // Of both only the first is told.
    work.catch(() => {});
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      // What the client still has to write may go with it, and the next connection would wait for it.
      if (isLoss(error)) this.#drop(sql);
      throw told(place, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function connect({ host, port, database, user, password, ssl }: Address, connections: number) {
  return postgres({
    ...{ database, user, password, port, max: connections },
    ...(host.startsWith("/") ? { host, path: `${host}/.s.PGSQL.${port}` } : { host }),
    ssl: ssl as postgres.Options<Record<string, never>>["ssl"],
    connect_timeout: CONNECT_SECONDS,
    // Who calls knows when to try again.
    backoff: (() => 0) as unknown as boolean,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: "proctor manager",
      search_path: "proctor",
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      extra_float_digits: 1,
      TimeZone: "UTC",
    },
    types: {
      bigint: { to: BIGINT, from: [BIGINT], serialize: String, parse: Number },
      json: { to: JSON_TYPES[0], from: JSON_TYPES, serialize: String, parse: (text: string) => text },
    },
  });
}

function statementsOf({ unsafe }: { unsafe: Sql["unsafe"] }): Statements {
  return {
    async all(sql, ...values) {
      return [...await unsafe(sql, [...values], { prepare: true })] as unknown as Row[];
    },
  };
}
