/* Remote write against Debian's Prometheus: every value that the API has, under the names that exporters have. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openDestination } from "../../../fleet/forward/open_destination.ts";
import { forwardSchema } from "../../../fleet/forward/forward_schema.ts";
import { ROOT } from "../../support/fixture.ts";
import { noPrometheus, PrometheusServer } from "../../support/prometheus_server.ts";
import { exported, forward, Pieces, settled } from "../support/forwarded_fleet.ts";
import type { ExportedRow } from "../support/forwarded_fleet.ts";
import { SimulatedFleet } from "../support/simulated_fleet.ts";
import { noVictoriaMetrics, VictoriaMetricsServer } from "./support/victoria_metrics.ts";

/** Names of columns that are more than the name with a prefix; by hand: not a copy of what is tested. */
const TASK_NAMES: Readonly<Record<string, string>> = {
  cpu_percent: "cpu_usage_ratio",
  memory_percent: "memory_usage_ratio",
  cpu_seconds: "cpu_seconds_total",
  disk_read_bytes: "disk_read_bytes_total",
  disk_write_bytes: "disk_write_bytes_total",
  disk_cancelled_write_bytes: "disk_cancelled_write_bytes_total",
  io_read_bytes: "io_read_bytes_total",
  io_write_bytes: "io_write_bytes_total",
  thread_count: "threads",
  file_descriptor_count: "file_descriptors",
  minor_faults: "minor_faults_total",
  major_faults: "major_faults_total",
  voluntary_context_switches: "voluntary_context_switches_total",
  involuntary_context_switches: "involuntary_context_switches_total",
  process_count: "processes",
  restart_count: "restarts",
};
const HOST_NAMES: Readonly<Record<string, string>> = {
  cpu_percent: "host_cpu_usage_ratio",
  memory_percent: "host_memory_usage_ratio",
  memory_bytes: "host_memory_used_bytes",
  memory_total_bytes: "host_memory_size_bytes",
  swap_percent: "host_swap_usage_ratio",
  disk_total_bytes: "host_disk_size_bytes",
  network_rx_bytes: "host_network_rx_bytes_total",
  network_tx_bytes: "host_network_tx_bytes_total",
  agent_cpu_percent: "agent_cpu_usage_ratio",
  agent_memory_bytes: "agent_memory_bytes",
  agent_task_count: "agent_tasks",
  agent_late_tick_count: "agent_late_ticks",
  agent_missed_tick_count: "agent_missed_ticks",
  agent_queued_count: "agent_queued",
  agent_dropped_count: "agent_dropped",
};

const dashboard = JSON.parse(readFileSync(`${ROOT}/docs/grafana-fleet.json`, "utf8"));

/** The queries of the dashboard of fleets, with its variables as "all". */
function queries(): string[] {
  return dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll(/\$__(?:rate_interval|range)/g, "5m").replaceAll(
        /\$(?:domain|channel|agent|task)/g,
        ".*",
      )
    )
  );
}
/** It logs each request that it refuses. */
const RECEIVER = { flags: ["--web.enable-remote-write-receiver"], tellsErrors: false };

/** What Prometheus should have of rows, by series and time. */
function expectedOf(rows: readonly ExportedRow[]): Map<string, [number, number][]> {
  const series = new Map<string, [number, number][]>();
  for (const { time, unit, proplet_id, task_id, figures } of rows) {
    for (const [column, figure] of Object.entries(figures)) {
      const own = task_id === "" ? HOST_NAMES[column] ?? `host_${column}` : TASK_NAMES[column] ?? column;
      const key = [`proctor_${own}`, unit, proplet_id, task_id].join(" ");
      const value = column.endsWith("_percent") ? Number((figure / 100).toPrecision(12)) : figure;
      const values = series.get(key) ?? [];
      series.set(key, values);
      values.push([Date.parse(time), value]);
    }
  }
  return series;
}

/** What it has, in the same form. */
async function stored(prometheus: PrometheusServer): Promise<Map<string, (readonly [number, number])[]>> {
  const found = await prometheus.range(
    '{__name__=~"proctor_.+",__name__!~"proctor_task_(info|running)"}[12h]',
  );
  return new Map(found.map(({ metric, values }) => {
    const { __name__, domain, channel, agent, task = "" } = metric;
    assert.deepEqual(
      Object.keys(metric).sort(),
      ["__name__", "agent", "channel", "domain", ...task === "" ? [] : ["task"]],
    );
    return [[__name__, `${domain}/${channel}`, agent, task].join(" "), [...values]];
  }));
}

function assertSame(found: Awaited<ReturnType<typeof stored>>, rows: readonly ExportedRow[]): void {
  const expected = expectedOf(rows);
  assert.ok(expected.size > 100, `${expected.size} series`);
  assert.deepEqual([...expected.keys()].filter((key) => !found.has(key)), [], "series that are missing");
  assert.deepEqual([...found.keys()].filter((key) => !expected.has(key)), [], "series that nobody knows");
  for (const [key, values] of expected) assert.deepEqual(found.get(key), values, key);
}

const destination = (port: number) =>
  openDestination(forwardSchema.parse({ remote_write: `http://127.0.0.1:${port}/api/v1/write` }));

test(
  "Prometheus has each value that the API has, over a restart, a seal and a silence",
  { skip: noPrometheus, timeout: 180_000 },
  () =>
    PrometheusServer.with([], async (prometheus) => {
      const startAt = Date.now() - 600_000;
      await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
      const pieces = new Pieces(fleet, { startAt, agents: 3, tasks: 3, channels: 2 });
      const samples = () => fleet.state.counts.samples;

      const first = await forward(fleet, destination(prometheus.port));
      await pieces.upTo(startAt + 200_000);
      await settled(first, samples());
      assert.equal(first.report().dropped, 0);
      await first.close();

      // Nobody tells what comes now, and a part of it is in chunks by then.
      await pieces.upTo(startAt + 300_000);
      await fleet.settle();
      await pieces.upTo(startAt + 400_000);
      const before = samples();
      const second = await forward(fleet, destination(prometheus.port), { mostWaiting: 50 });
      await pieces.upTo(startAt + 600_000);
      const told = first.report().sent;
      await settled(second, samples() - told);
      assert.ok(before > told && samples() > before);
      assert.deepEqual([second.report().dropped, second.report().sent], [0, samples() - told]);
      await second.close();

      const rows = await exported(fleet, ["fleet/channel-0", "fleet/channel-1"]);
      assert.equal(rows.length, samples());
      assertSame(await stored(prometheus), rows);

      // Counters are counters: what the API says a task has used is what a rate over all of it comes to.
      const [info] = await prometheus.query('proctor_task_info{agent=~".+"}');
      assert.ok(info.metric.task && info.metric.target && info.metric.domain === "fleet");
      const running = await prometheus.query("count(proctor_task_running == 1)");
      assert.equal(running[0].value[1], "9");
      const asked = queries();
      assert.ok(asked.length > 15, `${asked.length} queries`);
      for (const query of asked) {
        const found = await prometheus.query(query);
        assert.ok(found.some(({ value }) => Number.isFinite(Number(value[1]))), query);
      }
    }, RECEIVER),
);

test(
  "what a killed manager had told is refused again, and costs nothing that is new",
  { skip: noPrometheus, timeout: 180_000 },
  () =>
    PrometheusServer.with([], async (prometheus) => {
      const startAt = Date.now() - 600_000;
      await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
      const pieces = new Pieces(fleet, { startAt, agents: 3, tasks: 3 });
      const first = await forward(fleet, destination(prometheus.port));
      await pieces.upTo(startAt + 100_000);
      await settled(first, fleet.state.counts.samples);
      await first.close();
      const cursor = await fleet.store.documents("forward");

      const again = await forward(fleet, destination(prometheus.port));
      await pieces.upTo(startAt + 200_000);
      await settled(again, fleet.state.counts.samples - first.report().sent);
      await again.close();
      // As a kill leaves it: how far it had come is not written.
      await fleet.store.saveDocuments("forward", cursor);

      await pieces.upTo(startAt + 300_000);
      const third = await forward(fleet, destination(prometheus.port));
      await settled(third, fleet.state.counts.samples - first.report().sent);
      await third.close();
      assert.ok(third.report().dropped <= again.report().sent, JSON.stringify(third.report()));
      assert.match(third.report().why ?? "", /^$|status 400: .*out of (?:order|bounds)/i);
      assertSame(await stored(prometheus), await exported(fleet, ["fleet/channel-0"]));
    }, RECEIVER),
);

test(
  "VictoriaMetrics has each value that the API has, too",
  { skip: noVictoriaMetrics, timeout: 120_000 },
  async () => {
    await using victoria = await VictoriaMetricsServer.start();
    const startAt = Date.now() - 600_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const forwarder = await forward(fleet, destination(victoria.port));
    await new Pieces(fleet, { startAt, agents: 2, tasks: 3 }).upTo(startAt + 600_000);
    await settled(forwarder, fleet.state.counts.samples);
    await forwarder.close();
    const all = await victoria.all("proctor_.+");
    const found = all.filter(({ metric }) => !/^proctor_task_(?:info|running)$/.test(metric.__name__))
      .map(({ metric: { __name__, domain, channel, agent, task = "" }, values, timestamps }) => {
        const key = [__name__, `${domain}/${channel}`, agent, task].join(" ");
        return [key, values.map((value, at) => [timestamps[at], value] as const)] as const;
      });
    assertSame(new Map(found), await exported(fleet, ["fleet/channel-0"]));
  },
);
