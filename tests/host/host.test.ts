import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  cpuUsageSchema,
  diskIoStatsSchema,
  diskUsageSchema,
  Host,
  host,
  loadAverageSchema,
  memoryInfoSchema,
  networkStatsSchema,
  pressureSchema,
  processStatsSchema,
  ProctorError,
  sensorsSchema,
  sysMetricsSchema,
  systemInfoSchema,
  uptimeSchema,
} from "../../mod.ts";

describe("host", () => {
  test("gives every part, valid by its schema", { timeout: 120_000 }, async () => {
    cpuUsageSchema.parse(await host.cpu());
    memoryInfoSchema.parse(await host.memory());
    diskUsageSchema.parse(await host.disk());
    networkStatsSchema.parse(await host.network());
    loadAverageSchema.parse(await host.load());
    uptimeSchema.parse(await host.uptime());
    processStatsSchema.parse(await host.processes());
    systemInfoSchema.parse(await host.system());
    pressureSchema.parse(await host.pressure());
    diskIoStatsSchema.parse(await host.diskIo());
    sensorsSchema.parse(await host.sensors());
    sysMetricsSchema.parse(await host.metrics());
  });

  test("watches, each time anew", { timeout: 120_000 }, async () => {
    const uptimes: number[] = [];
    for await (const metrics of host.watch({ intervalMs: 50 })) {
      sysMetricsSchema.parse(metrics);
      uptimes.push(metrics.uptime!);
      if (uptimes.length === 4) break;
    }
    assert.ok(uptimes.every((uptime, index) => index === 0 || uptime > uptimes[index - 1]), `${uptimes}`);
  });

  test("stops to watch when it is told", { timeout: 120_000 }, async () => {
    const abort = new AbortController();
    let count = 0;
    for await (const _ of host.watch({ intervalMs: 60_000, signal: abort.signal })) {
      count++;
      abort.abort();
    }
    assert.equal(count, 1);
  });

  test("refuses an interval that is none", async () => {
    for (const intervalMs of [0, -5, NaN, 1]) {
      await assert.rejects(host.watch({ intervalMs }).next(), ProctorError, String(intervalMs));
    }
  });
});

test("a Host of one's own is read as one says", { timeout: 120_000 }, async () => {
  const mine = new Host({ cacheMs: 0, loopback: false });
  const { total_rx, network } = await mine.network();
  const others = Object.entries(network).filter(([name]) => name !== "lo");
  assert.equal(total_rx, others.reduce((sum, [, { rx_bytes }]) => sum + rx_bytes, 0));
});
