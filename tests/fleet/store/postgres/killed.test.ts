import { test } from "node:test";
import { openPostgres } from "../../../../fleet/store/postgres/open.ts";
import { killAgainAndAgain } from "../killed.ts";
import { noPostgres, PostgresServer } from "./server.ts";

const TIMES = 8;

test(
  "a manager that is killed again and again has in its database all that it was promised, and nothing twice",
  { skip: noPostgres, timeout: 120_000 },
  async () => {
    await using server = await PostgresServer.start();
    const url = server.url(await server.newDatabase());
    await killAgainAndAgain(url, TIMES, () => openPostgres(url));
  },
);
