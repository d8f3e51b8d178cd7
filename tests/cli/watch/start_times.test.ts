/* What proctor watch counts begins with itself, and so do the start times that it tells. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Collector, pointsOf } from "../../exporters/otlp/support/collector.ts";
import { startFixture } from "../../support/live.ts";
import { start } from "../support/proctor.ts";

test(
  "a second agent counts from its own start, and says so by OTLP",
  { timeout: 120_000 },
  () =>
    Collector.with(async (collector) => {
      const name = `counted-${process.pid % 10_000}`;
      await using one = await startFixture("odd_name", name);
      const startedNano = BigInt(Date.now()) * 1_000_000n;
      const told = async () => {
        const before = collector.received.length;
        const askedNano = BigInt(Date.now()) * 1_000_000n;
        const agent = start(["watch", "--name", name, "--interval", "100ms", "--otlp", collector.url]);
        const requests = await collector.requests("/v1/metrics", before + 1, 20_000);
        agent.kill("SIGTERM");
        await agent.ended;
        for (const { content } of requests.slice(before)) {
          for (const metrics of content.resourceMetrics ?? []) {
            const cpu = pointsOf(metrics)["process.cpu.time"];
            if (cpu) return { startNano: BigInt(cpu.point.startTimeUnixNano), askedNano };
          }
        }
        return assert.fail("no CPU time");
      };
      const first = await told();
      const second = await told();
      assert.ok(first.startNano >= startedNano, "the process runs for longer than it is counted");
      assert.ok(second.startNano >= second.askedNano && second.startNano > first.startNano);
      await one.release();
    }),
);
