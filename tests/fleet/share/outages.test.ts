import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

const directory = mkdtempSync(join(tmpdir(), "proctor-outages-"));
let starting: Promise<PostgresServer> | undefined;
after(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Longer than a lease. */
const READ_ONLY_MS = 5_000;

test(
  "a database that crashes, and one that can only be read for a while, as in a failover, lose and double nothing",
  { skip: noMosquitto || noPostgres, timeout: 180_000 },
  async () => {
    const server = await (starting ??= PostgresServer.start());
    const database = await server.newDatabase();
    await using broker = await Mosquitto.start(directory, ["allow_anonymous true", "max_queued_messages 0"]);
    await using fleet = await FleetUnderFire.open(server.url(database), [broker.port], 2, 4);
    await fleet.untilEachHasSome();
    const crashed = fleet.publish();
    server.down();
    await crashed;
    const published = fleet.publish();
    server.up();
    await published;
    await fleet.untilEachHasSome();
    const reload = async (value: string) => {
      await server.ask(database, `ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await server.ask(database, "SELECT pg_reload_conf()");
    };
    const refused = fleet.publish();
    await reload("on");
    await refused;
    await pause(READ_ONLY_MS);
    await reload("off");
    await fleet.untilEachHasSome();
    await fleet.publish();
    await fleet.check();
    assert.equal(fleet.managers.length, 2);
  },
);
