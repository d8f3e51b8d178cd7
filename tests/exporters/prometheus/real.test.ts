import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { openExporters } from "../../../exporters/open.ts";
import { start } from "../../cli/support/proctor.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture, ROOT } from "../../support/fixture.ts";
import { noPrometheus, PrometheusServer } from "../../support/prometheus_server.ts";
import { description, healthMessage, summary, taskMessage } from "../support/sample_messages.ts";

const dashboard = JSON.parse(readFileSync(`${ROOT}/docs/grafana.json`, "utf8"));

/** The queries of the dashboard, with its variables as "all". */
function queries(): string[] {
  const expressions: string[] = dashboard.panels.flatMap(
    (panel: { targets?: { expr: string }[] }) => (panel.targets ?? []).map(({ expr }) => expr),
  );
  return expressions.map((expression) =>
    expression.replaceAll("$__rate_interval", "3s").replaceAll("$agent", ".*").replaceAll("$task", ".*")
  );
}

describe("a real Prometheus", () => {
  test("gets data for every query of the dashboard", { skip: noPrometheus }, async () => {
    const set = await openExporters({ prometheus: "127.0.0.1:0", proplet_id: "node-7" }, {
      variables: {},
      onNotice: () => {},
    });
    let tick = 0;
    const feed = setInterval(() => {
      const grown = 1_000 * ++tick;
      set.message(taskMessage("steady", {
        cpu_seconds: tick / 10,
        disk_read_bytes: grown,
        network_rx_bytes: grown,
        timestamp: new Date().toISOString(),
      }));
      set.begin(description("over"));
      set.message(taskMessage("over", {}, "ended"));
      set.end("over", summary());
      const health = healthMessage();
      set.health({ ...health, agent: { ...health.agent, cpu_seconds: tick / 100 } });
    }, 100);
    try {
      const { host } = new URL(set.reports[0].destination);
      await PrometheusServer.with([host], async (prometheus) => {
        const waiting = new Set(queries());
        assert.ok(waiting.size > 30, "the dashboard has queries");
        await eventually(
          async () => {
            for (const expression of waiting) {
              const series = await prometheus.query(expression);
              if (series.some(({ value }) => Number.isFinite(Number(value[1])))) waiting.delete(expression);
            }
            return waiting.size === 0;
          },
          30_000,
          () => `data for\n${[...waiting].join("\n")}`,
        );
        assert.deepEqual(await prometheus.scrapeErrors(), []);
        // Full once three seconds of it have been scraped.
        await eventually(
          async () => {
            const [growth] = await prometheus.query('rate(proctor_cpu_seconds_total{task="steady"}[3s])');
            return Math.abs(Number(growth.value[1]) - 1) < 0.3;
          },
          30_000,
          () => "the rate that was told, 1",
        );
        for (
          const { query: { query } } of dashboard.templating.list.filter(({ type }: { type: string }) =>
            type === "query"
          )
        ) {
          const metric = /^label_values\((\w+)/.exec(query)?.[1];
          assert.ok((await prometheus.query(metric!)).length > 0, query);
        }
      });
    } finally {
      clearInterval(feed);
      await set.close(0);
    }
  });

  test("scrapes proctor run, and sees a core burn", { skip: noPrometheus }, async () => {
    const command = [fixture("burn_cpu"), "60"];
    const running = start([
      ...["run", "--prometheus", "127.0.0.1:0", "--name", "burn", "--interval", "100ms", "--no-adaptive"],
      ...["--summary", "none", "--", ...command],
    ]);
    try {
      const [, host] = await eventually(() =>
        /^proctor: prometheus: listening at http:\/\/(.*)\/metrics$/m.exec(running.stderr) ?? undefined
      );
      await PrometheusServer.with([host], async (prometheus) => {
        const rate = await eventually(
          async () => {
            const [series] = await prometheus.query('rate(proctor_cpu_seconds_total{task="burn"}[4s])');
            return series && Number(series.value[1]) > 0.3 && Number(series.value[1]);
          },
          30_000,
          () => `a rate; proctor says ${running.stderr}`,
        );
        assert.ok(rate < 1.3, `${rate} cores`);
        const [info] = await prometheus.query("proctor_task_info");
        assert.equal(info.metric.command, command.join(" "));
        const [peak] = await prometheus.query("proctor_memory_peak_bytes");
        assert.ok(Number(peak.value[1]) > 100_000);
        assert.deepEqual(await prometheus.scrapeErrors(), []);
      });
    } finally {
      running.kill("SIGTERM");
      await running.ended;
    }
  });
});
