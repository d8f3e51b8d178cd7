import type { Destination, Forwarded, Outcome } from "../forwarded.ts";
import { postTo } from "../outcome.ts";
import type { Access } from "../outcome.ts";
import { rowOf } from "./row.ts";
import { tableStatements } from "./table.ts";

/** ClickHouse likes few large inserts better than many small ones. */
const MOST_SAMPLES = 5_000;

/** A table of ClickHouse, over its HTTP interface. */
export class ClickHouse implements Destination {
  readonly mostSamples = MOST_SAMPLES;
  #last: { readonly of: readonly Forwarded[]; readonly body: string } | null = null;

  constructor(
    readonly name: string,
    readonly access: Access,
    readonly database: string,
    readonly table: string,
  ) {}

  async prepare(signal: AbortSignal): Promise<Outcome> {
    for (const statement of tableStatements(this.database, this.table)) {
      // Whoever mends the rights of the user, or the server, need not start us again.
      const outcome = await postTo(this.access, statement, signal, () => false);
      if (outcome.kind !== "taken") return outcome;
    }
    return { kind: "taken" };
  }

  send(samples: readonly Forwarded[], signal: AbortSignal): Promise<Outcome> {
    const rows = samples.filter(({ isEnd }) => !isEnd);
    if (rows.length === 0) return Promise.resolve({ kind: "taken" });
    if (this.#last?.of !== samples) this.#last = { of: samples, body: rows.map(rowOf).join("") };
    const url = new URL(this.access.url);
    url.searchParams.set("query", `INSERT INTO ${this.database}.${this.table} FORMAT JSONEachRow`);
    // A row that cannot be read refuses the whole request, whose parts are tried; a user or a table may be mended.
    const isFinal = (status: number) => status === 400 || status === 413;
    return postTo({ ...this.access, url: url.href }, this.#last.body, signal, isFinal);
  }
}
