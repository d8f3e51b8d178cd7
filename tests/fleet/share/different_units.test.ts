import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../../support/eventually.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

/** What each manager reads; the clock of each is off by as many minutes. */
const READS = [
  ["channel-0,channel-1", -6],
  ["channel-1,channel-2,channel-3", 0],
  ["channel-0,channel-1", 7],
  ["channel-2,channel-3", 1],
] as const;

test(
  "managers that read different units, by clocks that are off, have every unit between them, and know all",
  { skip: noMosquitto || noPostgres, timeout: 180_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "proctor-units-"));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    const server = stack.use(await PostgresServer.start());
    const broker = stack.use(
      await Mosquitto.start(directory, ["allow_anonymous true", "max_queued_messages 0"]),
    );
    const url = server.url(await server.newDatabase());
    let started = 0;
    const fleet = stack.use(
      await FleetUnderFire.open(url, [broker.port], 3, 2, "5", {}, () => {
        const [channels, minutes] = READS[started++]!;
        return { PROCTOR_TEST_CHANNELS: channels, PROCTOR_TEST_CLOCK_MS: `${minutes * 60_000}` };
      }),
    );
    const held = () =>
      fleet.managers.map(({ told }) => told.held.map((unit) => unit.slice(-1)).sort().join(""));
    await eventually(
      () => held()[1] === "23" && [held()[0], held()[2]].sort().join() === "0,1",
      20_000,
      () => JSON.stringify(held()),
    );
    await fleet.publish();
    // What it alone reads waits for the next that does: the others do not reach for it.
    const [victim] = fleet.managers.splice(1, 1);
    assert.equal(await victim!.end("SIGKILL"), null);
    await fleet.publish();
    assert.equal(held().sort().join(), "0,1");
    fleet.startManager();
    await fleet.untilShared(fleet.managers);
    await fleet.check();
  },
);
