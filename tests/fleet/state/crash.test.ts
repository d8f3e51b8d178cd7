import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openPostgres } from "../../../fleet/store/postgres/open.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { crashAgainAndAgain } from "./crash.ts";

/** More of them by the variable, for who has the time. */
const CRASHES = Number(process.env.PROCTOR_TEST_KILLS ?? 0);
const TITLE =
  "whatever change of the store does not take place: every sample is there once, and sums are right";

test(`${TITLE}: a directory`, { timeout: 120_000 + CRASHES * 5_000 }, async () => {
  // deno-lint-ignore require-await
  await crashAgainAndAgain(async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-crash-"));
    return {
      open: () => openDirectory(join(directory, "store")),
      // deno-lint-ignore require-await
      [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }, CRASHES || 10);
});

test(`${TITLE}: PostgreSQL`, { skip: noPostgres, timeout: 120_000 + CRASHES * 10_000 }, async () => {
  await using server = await PostgresServer.start();
  await crashAgainAndAgain(async () => {
    const url = server.url(await server.newDatabase());
    return { open: () => openPostgres(url), [Symbol.asyncDispose]: () => Promise.resolve() };
  }, CRASHES || 4);
});
