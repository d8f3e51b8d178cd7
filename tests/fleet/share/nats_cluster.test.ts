import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noNats, startNatsCluster } from "../mqtt/support/nats.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { FleetUnderFire } from "../support/fleet_under_fire.ts";

const TAKEOVER_MS = 5_000;

test(
  "with a cluster of NATS units go from a manager that is killed to others at other nodes, and nothing is lost or doubled",
  { skip: noNats || noPostgres, timeout: 120_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-nats-"));
    try {
      await using server = await PostgresServer.start();
      const nodes = await startNatsCluster(directory);
      try {
        const url = server.url(await server.newDatabase());
        await using fleet = await FleetUnderFire.open(url, nodes.map(({ port }) => port), 3, 2, "3.1.1");
        await fleet.publish();
        const victim = fleet.managers.shift()!;
        assert.equal(await victim.end("SIGKILL"), null);
        const published = fleet.publish();
        const took = await fleet.untilShared(fleet.managers);
        assert.ok(took < TAKEOVER_MS, `${Math.round(took)} ms`);
        await published;
        fleet.startManager();
        await fleet.untilShared(fleet.managers);
        await fleet.check();
      } finally {
        for (const node of nodes) await node[Symbol.asyncDispose]();
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
