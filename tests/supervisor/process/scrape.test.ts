/* What a managed process answers of itself, in its messages. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { shell, TestSupervisor } from "../support/supervisor.ts";

test("a page of metrics is asked for where scrape names it", { timeout: 60_000 }, async () => {
  const server = createServer((_request, response) => void response.end("depth 7\nother 1\n")).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    const scrape = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`];
    const monitoring_profile = { interval: "100ms" };
    await using test = await TestSupervisor.start([
      shell("asked", "sleep 300", {}, { monitoring_profile, scrape, app_metrics: ["depth"] }),
      shell("silent", "sleep 300", {}, { monitoring_profile }),
    ]);
    const metrics = await test.until("both are told", () => {
      const latest = test.supervisor.latestMetrics();
      const of = (id: string) => latest.find(({ task_id }) => task_id === id)?.metrics;
      return of("asked")?.app?.app_depth === 7 && of("silent") && [of("asked")!, of("silent")!];
    });
    assert.deepEqual(metrics.map(({ app }) => app), [{ app_depth: 7 }, undefined]);
    const status = ["asked", "silent"].map((id) => test.supervisor.get(id).app);
    assert.deepEqual(status, [{ app_depth: 7 }, null]);
    assert.deepEqual(test.supervisor.describe("asked").app!.metrics.map(({ source }) => source), ["scrape"]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
