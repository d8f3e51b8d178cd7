import type postgres from "postgres";
import type { Statements } from "./statements.ts";

/** What a statement of a transaction fails with whose connection is gone. */
const CLOSED = "CONNECTION_CLOSED";
/** After these nothing of a connection can be relied on. */
const LOSSES = [CLOSED, "CONNECT_TIMEOUT", "ECONNRESET", "EPIPE"];

/** Whether a call has failed since its connection was lost. */
export function isLoss(error: unknown): boolean {
  return LOSSES.includes((error as { code?: unknown }).code as string);
}

/**
 * All of a change or nothing. The client goes on with a transaction whose connection is gone: what is asked for in it
 * later, its end included, would fail outside of any promise, or be done by the connection that takes its place, and
 * so without the transaction and its locks. Here nothing is asked for any more.
 */
export async function inTransaction<T>(
  connected: postgres.Sql<Record<string, never>>,
  statementsOf: (transaction: Pick<postgres.Sql, "unsafe">) => Statements,
  change: (statements: Statements) => Promise<T>,
): Promise<T> {
  let isOver = false;
  const work = connected.begin((transaction) =>
    new Promise<{ readonly is: T }>((resolve, reject) => {
      const within = statementsOf(transaction as unknown as Pick<postgres.Sql, "unsafe">);
      const statements: Statements = {
        async all(sql, ...values) {
          if (isOver) throw Object.assign(new Error("the transaction is over"), { code: CLOSED });
          return await within.all(sql, ...values);
        },
      };
      change(statements).then(
        (is) => isOver || resolve({ is }),
        // That the connection is gone is known a moment later than that a statement has failed by it.
        (error) => setImmediate(() => isOver || reject(error)),
      );
    })
  );
  try {
    return (await work as { readonly is: T }).is;
  } finally {
    isOver = true;
  }
}
