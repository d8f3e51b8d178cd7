import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../../support/eventually.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { Balancer } from "../support/balancer.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

const REAL = { skip: noMosquitto || noPostgres, timeout: 180_000 };
/** Three seconds of patience, a second for the news, one to let in; and what a busy machine adds. */
const TAKEOVER_MS = 15_000;
/** Long enough for whoever had to move something to have done it. */
const OUTAGE_MS = 10_000;

const directory = mkdtempSync(join(tmpdir(), "proctor-broker-away-"));
let starting: Promise<PostgresServer> | undefined;
const server = () => starting ??= PostgresServer.start();
after(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** How often each unit has changed hands. */
async function epochs(
  running: PostgresServer,
  database: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return await running.ask(database, "SELECT unit, epoch, holder FROM proctor.lease ORDER BY unit");
}

test(
  "a manager that reaches the database and not its broker gives its units to one that reaches both, and gets them back",
  REAL,
  async () => {
    const running = await server();
    const database = await running.newDatabase();
    const url = running.url(database);
    await using broker = await Mosquitto.start(directory, ["allow_anonymous true", "max_queued_messages 0"]);
    await using way = await Balancer.open([broker.port]);
    await using fleet = await FleetUnderFire.open(url, [broker.port, way.port], 2, 3);
    const [there, cut] = fleet.managers;
    await fleet.publish();
    way.cut();
    const published = fleet.publish();
    const took = await fleet.untilShared([there!]);
    assert.ok(took < TAKEOVER_MS, `${Math.round(took)} ms`);
    await published;
    assert.deepEqual(cut!.told.held, []);
    // What one does for all goes with them.
    await eventually(async () => {
      const leases = await epochs(running, database);
      return leases.length === 5 && new Set(leases.map(({ holder }) => holder)).size === 1;
    });
    way.isOpen = true;
    await eventually(
      () => cut!.told.held.length === 2 && fleet.isShared(fleet.managers),
      60_000,
      () => JSON.stringify(fleet.managers.map(({ told }) => told)),
    );
    await fleet.publish();
    await fleet.check();
  },
);

test(
  "nothing moves while the broker is away for all, one alert tells of it, and all go on where they were",
  REAL,
  async () => {
    const running = await server();
    const database = await running.newDatabase();
    const persistent = ["persistence true", `persistence_location ${directory}/`, "autosave_interval 1"];
    const lines = ["allow_anonymous true", "max_queued_messages 0", ...persistent];
    await using broker = await Mosquitto.start(directory, lines);
    const gone = { alert: "gone", of: "host", when: "absent", for: "1s" };
    await using fleet = await FleetUnderFire.open(running.url(database), [broker.port], 2, 2, "5", {
      PROCTOR_TEST_RULES: JSON.stringify([gone]),
    });
    await fleet.publish();
    const alerts = async () => {
      const rows = await running.ask(
        database,
        "SELECT name, content FROM proctor.document WHERE collection = 'alerts' AND name LIKE 'state/gone/%'",
      );
      return rows.filter(({ content }) => JSON.parse(content as string).phase === "firing")
        .map(({ name }) => name);
    };
    // Each has its share, and one of them evaluates.
    await eventually(() => fleet.managers.every(({ told }) => told.held.length === 2));
    const before = await eventually(async () => {
      const found = await epochs(running, database);
      return found.some((row) => row["unit"] === "+/house") && found;
    });
    await eventually(async () => (await alerts()).length === 0);
    await broker.stop("SIGTERM");
    await pause(OUTAGE_MS);
    await eventually(async () => (await alerts()).length > 0);
    assert.deepEqual(await alerts(), ["state/gone/broker"]);
    assert.deepEqual(await epochs(running, database), before);
    await broker.start();
    await fleet.connect();
    await fleet.untilShared(fleet.managers);
    // On a busy machine hosts may have been silent for long enough by now to be missed.
    await fleet.publish(32);
    await eventually(async () => (await alerts()).length === 0);
    assert.deepEqual(await epochs(running, database), before);
    await fleet.check(false);
  },
);
