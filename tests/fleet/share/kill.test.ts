import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../../bench/lib/seeded_random.ts";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

/** More of them by the variable, for who has the time. */
const KILLS = Number(process.env.PROCTOR_TEST_KILLS ?? 1);
/** By then others have gone on, of what was promised. */
const TAKEOVER_MS = 5_000;
const REAL = { skip: noMosquitto || noPostgres, timeout: 60_000 + KILLS * 20_000 };

const directory = mkdtempSync(join(tmpdir(), "proctor-shared-"));
let starting: Promise<PostgresServer> | undefined;
const server = () => starting ??= PostgresServer.start();
after(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function database(): Promise<string> {
  const running = await server();
  return running.url(await running.newDatabase());
}

const broker = () => Mosquitto.start(directory, ["allow_anonymous true", "max_queued_messages 0"]);

for (const count of [2, 3]) {
  test(
    `whichever of ${count} managers is killed, the others go on within 5 s, and nothing is lost or doubled`,
    REAL,
    async () => {
      await using mosquitto = await broker();
      await using fleet = await FleetUnderFire.open(await database(), [mosquitto.port], count, KILLS);
      const random = seededRandom(process.pid);
      await fleet.untilEachHasSome();
      for (let kill = 0; kill < KILLS; kill++) {
        await fleet.publish();
        await pause(random() * 400);
        const [victim] = fleet.managers.splice(Math.floor(random() * count), 1);
        assert.equal(await victim!.end("SIGKILL"), null);
        const published = fleet.publish();
        const took = await fleet.untilShared(fleet.managers);
        assert.ok(took < TAKEOVER_MS, `${Math.round(took)} ms`);
        await published;
        fleet.startManager();
        // One that is new gets its share of units: until it has, it cannot go on with those of another.
        await fleet.untilEachHasSome();
      }
      await fleet.check();
    },
  );
}

test(
  "a manager that was stopped for longer than its lease writes nothing of what is no longer its own",
  REAL,
  async () => {
    await using mosquitto = await broker();
    await using fleet = await FleetUnderFire.open(await database(), [mosquitto.port], 2, KILLS);
    await fleet.untilEachHasSome();
    for (let stop = 0; stop < KILLS; stop++) {
      const zombie = fleet.managers[stop % 2]!;
      const published = fleet.publish();
      zombie.signal("SIGSTOP");
      const took = await fleet.untilShared([fleet.managers[(stop + 1) % 2]!]);
      assert.ok(took < TAKEOVER_MS, `${Math.round(took)} ms`);
      await published;
      const again = fleet.publish();
      zombie.signal("SIGCONT");
      // It learns that it has lost them, and gets some again.
      while (zombie.told.held.length !== 2 || !fleet.isShared(fleet.managers)) await zombie.next();
      await again;
    }
    await fleet.check();
  },
);
