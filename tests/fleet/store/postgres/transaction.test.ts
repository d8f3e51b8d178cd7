import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress } from "../../../../fleet/store/postgres/address.ts";
import { Database } from "../../../../fleet/store/postgres/database.ts";
import type { Statements } from "../../../../fleet/store/postgres/statements.ts";
import { eventually } from "../../../support/eventually.ts";
import { noPostgres, PostgresServer } from "./server.ts";

const REAL = { skip: noPostgres, timeout: 60_000 };

test(
  "a transaction whose connection is ended between two statements does nothing more, nor by another",
  REAL,
  async () => {
    await using server = await PostgresServer.start();
    const name = await server.newDatabase();
    await server.ask(name, "CREATE SCHEMA proctor CREATE TABLE given (number int)");
    const database = new Database(readAddress(server.url(name), undefined), 1);
    const numbers = async () =>
      (await server.ask(name, "SELECT number FROM proctor.given")).map(({ number }) => number);
    const put = (statements: Statements, number: number) =>
      statements.all("INSERT INTO given VALUES ($1)", number);
    try {
      for (const isCaught of [true, false]) {
        let change: Promise<void> | undefined;
        const work = database.transaction((statements) =>
          change = (async () => {
            await put(statements, 1);
            const [row] = await statements.all("SELECT pg_backend_pid() AS pid");
            await server.ask(name, `SELECT pg_terminate_backend(${row!["pid"]})`);
            // Another call has a connection in its place.
            await eventually(() => database.all("SELECT 1 AS one").catch(() => false as const));
            const later = put(statements, 2);
            if (isCaught) await assert.rejects(later);
            else await later;
          })()
        );
        await assert.rejects(work, /the connection was lost|has ended the connection/);
        if (isCaught) await change;
        else await assert.rejects(change!);
        // Whatever it had asked for comes before this.
        await database.all("SELECT 1 AS one");
        assert.deepEqual(await numbers(), []);
      }
      await database.transaction((statements) => put(statements, 3));
      await assert.rejects(
        database.transaction(async (statements) => {
          await put(statements, 4);
          throw new Error("changed its mind");
        }),
        /changed its mind/,
      );
      assert.deepEqual(await numbers(), [3]);
    } finally {
      await database.close();
    }
  },
);
