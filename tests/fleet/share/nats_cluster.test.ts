import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noNats, startNatsCluster } from "../mqtt/support/nats.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

const TAKEOVER_MS = 5_000;
/** Longer than a takeover: what was with a manager that is killed comes behind what is new. */
const ACK_WAIT = "4s";
/** What comes so late is taken in as long as nothing newer is stored. */
const SEAL_MS = "20000";

test(
  "with a cluster of NATS units go from a manager that is killed to others at other nodes, and nothing is lost or doubled",
  { skip: noNats || noPostgres, timeout: 300_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-nats-"));
    try {
      await using server = await PostgresServer.start();
      const nodes = await startNatsCluster(directory, ACK_WAIT);
      try {
        const url = server.url(await server.newDatabase());
        const ports = nodes.map(({ port }) => port);
        await using fleet = await FleetUnderFire.open(url, ports, 3, 2, "3.1.1", {
          PROCTOR_TEST_SEAL_MS: SEAL_MS,
        });
        await fleet.publish();
        const victim = fleet.managers.shift()!;
        assert.equal(await victim.end("SIGKILL"), null);
        const published = fleet.publish();
        const took = await fleet.untilShared(fleet.managers);
        assert.ok(took < TAKEOVER_MS, `${Math.round(took)} ms`);
        await published;
        fleet.startManager();
        await fleet.untilShared(fleet.managers);
        // With three copies of every consumer NATS may take a minute to let one in.
        await fleet.check(false);
      } finally {
        for (const node of nodes) await node[Symbol.asyncDispose]();
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
