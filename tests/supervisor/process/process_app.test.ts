import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DrainClock } from "../../../monitor/app/drain_clock.ts";
import { ProcessApp } from "../../../supervisor/process/process_app.ts";
import { eventually } from "../../support/eventually.ts";
import { scratch } from "../support/files.ts";

const CASE = { timeout: 120_000 };

/** Lend what one process tells of itself, with all that was told of its troubles. */
async function withApp(use: (app: ProcessApp, troubles: (string | null)[]) => Promise<void>): Promise<void> {
  using files = scratch();
  const troubles: (string | null)[] = [];
  const definition = { id: "a", scrape: null, endpoints: { statsd: true, otlp: true, names: ["*"] } };
  const directory = { metricsSocket: (id: string) => join(files.path, `${id}.sock`) };
  const context = { directory, say: () => {}, drainClock: new DrainClock() } as unknown;
  const means = [definition, context, (why: string | null) => troubles.push(why)] as unknown;
  const app = ProcessApp.of(...means as Parameters<typeof ProcessApp.of>)!;
  try {
    await use(app, troubles);
  } finally {
    app.release();
  }
}

/** Bind a port of the loopback for UDP; any other, unless one is named. */
async function bound(port = 0): Promise<ReturnType<typeof createSocket>> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(port, "127.0.0.1", resolve);
  });
  return socket;
}

/** Listen at a port of the loopback; at any other, unless one is named. */
async function listening(port = 0): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

describe("addresses that a process was started with", () => {
  test("are not told to be lost when its run is over meanwhile", CASE, async () => {
    const stranger = await bound();
    try {
      await withApp(async (app, troubles) => {
        const places = { statsd_port: stranger.address().port, socket: null, otlp_port: null };
        const taken = app.takeUp(places);
        app.ended();
        await taken;
        assert.deepEqual(troubles, []);
        await app.takeUp(places);
        assert.equal(troubles.length, 1);
      });
    } finally {
      stranger.close();
    }
  });

  test("are opened once where a run is prepared meanwhile, and nothing of them is left", CASE, async () => {
    const before = await listening();
    const { port } = before.address() as AddressInfo;
    await new Promise<void>((resolve) => before.close(() => resolve()));
    await withApp(async (app) => {
      const taken = app.takeUp({ statsd_port: null, socket: null, otlp_port: port });
      await app.prepare({}, true);
      await taken;
      const given = app.places!.otlp_port!;
      app.release();
      for (const one of [port, given]) {
        await eventually(async () => {
          const free = await listening(one).catch(() => null);
          free?.close();
          return free !== null;
        });
      }
    });
  });
});
