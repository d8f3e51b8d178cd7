import { after } from "node:test";
import { openPostgres } from "../../../../fleet/store/postgres/open.ts";
import { testStore } from "../contract.ts";
import { noPostgres, PostgresServer } from "./server.ts";

let server: Promise<PostgresServer> | undefined;
after(async () => await (await server)?.[Symbol.asyncDispose]());

testStore("a store in PostgreSQL", async () => {
  const running = await (server ??= PostgresServer.start());
  const url = running.url(await running.newDatabase());
  return {
    name: url,
    open: () => openPostgres(url),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}, { skip: noPostgres });
