/*
 * What agents tell beside the usual: of GPUs, of cgroups, of programs themselves, and of traces. Each from a message to
 * the API, to the page's charts, to a rule that fires, and to the rolls of what is in the store alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownPanels, TASK_PANELS } from "../../render/page/fleet/panels.ts";
import { taskMessage } from "../exporters/support/sample_messages.ts";
import { SimulatedFleet } from "./support/simulated_fleet.ts";

const MINUTE = 60_000;
const STEP = 10_000;

interface Series {
  readonly tier: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}
interface Task {
  readonly id: number;
  readonly task_id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly figures: Readonly<Record<string, number>>;
}

const rule = (alert: string, when: string, where: Record<string, string> = {}) => ({
  ...{ alert, of: "task", when, where, for: "0s", severity: "warning" },
});
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** A message of one of our agents, with what is beside. */
function message(at: number, jobs: number) {
  const timestamp = new Date(at).toISOString();
  const told = {
    ...taskMessage("render", {
      timestamp,
      uptime_seconds: 3_600 + jobs,
      gpu_percent: 62.5,
      gpu_memory_bytes: 2 ** 30,
      app: { app_jobs_total: jobs, app_jobs_per_second: 0.4, app_queue: 17.5, app_unknown: null },
    }),
    cgroup: { memory_limit_bytes: 2 ** 31, throttled_seconds_total: jobs / 100, path: "/a" },
    trace: { trace_id: TRACE, span_id: "00f067aa0ba902b7" },
  };
  return {
    topic: "m/d/c/c/control/proplet/task_metrics",
    payload: new TextEncoder().encode(JSON.stringify(told)),
    receivedAt: at,
    isRetained: false,
  };
}

test(
  "figures of GPUs, cgroups, programs and traces are kept, shown and watched",
  { timeout: 60_000 },
  async () => {
    const now = Date.now();
    // The end of the last whole hour, so that hours are made of it, too.
    const until = Math.floor(now / (60 * MINUTE)) * 60 * MINUTE;
    const startAt = until - 60 * MINUTE;
    await using fleet = await SimulatedFleet.open({
      plan: { agents: 0 },
      rules: [
        rule("gpu", "gpu_percent > 60"),
        rule("gpu_memory", "avg(gpu_memory_bytes, 5m) > 500M"),
        rule("queue", "custom.app_queue > 17"),
        rule("jobs", "rate(custom.app_jobs_total, 1m) > 0.3"),
        rule("limit", "memory_bytes < custom.cgroup_memory_limit_bytes"),
        rule("traced", "cpu_percent > 1", { trace_id: `${TRACE.slice(0, 8)}*` }),
        rule("of_another", "cpu_percent > 1", { trace_id: "0*" }),
      ],
    });
    let jobs = 1_000;
    const tell = async (from: number, to: number) => {
      for (let at = from; at < to; at += STEP) await fleet.take(message(at, jobs += 4));
    };
    const json = async <T>(path: string) => {
      const response = await fleet.ask(`/api/v1/${path}`);
      assert.equal(response.status, 200, path);
      return await response.json() as T;
    };
    await tell(startAt, startAt + 20 * MINUTE);
    await fleet.settle();
    await tell(startAt + 20 * MINUTE, until);

    const { tasks } = await json<{ tasks: Task[] }>("tasks");
    const task = tasks.find(({ task_id }) => task_id === "render")!;
    assert.equal(task.labels.trace_id, TRACE);
    assert.deepEqual(
      ["gpu_percent", "gpu_memory_bytes", "app_queue", "cgroup_memory_limit_bytes"].map((name) =>
        task.figures[name]
      ),
      [62.5, 2 ** 30, 17.5, 2 ** 31],
    );
    assert.ok(!("app_unknown" in task.figures) && !("cgroup_path" in task.figures));

    const drawn = [...TASK_PANELS, ...ownPanels(task.figures)];
    const panelOf = (column: string) => drawn.find(({ columns }) => columns.includes(column));
    assert.deepEqual(
      ["gpu_percent", "gpu_memory_bytes", "app_queue", "app_jobs_total", "cgroup_memory_limit_bytes"]
        .concat("cgroup_throttled_seconds_total").map((column) => panelOf(column)?.unit),
      ["percent", "bytes", "number", "number_per_second", "bytes", "number_per_second"],
    );
    assert.equal(panelOf("app_jobs_per_second"), undefined, "the total says it");

    // Every chart gets its line, whatever tier it comes from; what is in the store alone adds up without a gap.
    const columns = "gpu_percent,gpu_memory_bytes,app_queue,app_jobs_total,cgroup_memory_limit_bytes," +
      "app_jobs_total:increase";
    const check = async (what: string, tier: string, range: string, rate = 0.4) => {
      const { series: [series] } = await json<{ series: Series[] }>(
        `series?task=${task.id}&columns=${columns}&${range}`,
      );
      assert.equal(series.tier, tier, what);
      const last = (name: string) => series.values[name].filter((value) => value !== null).at(-1);
      assert.deepEqual(
        ["gpu_percent:avg", "gpu_memory_bytes:avg", "app_queue:avg", "cgroup_memory_limit_bytes:avg"].map(
          last,
        ),
        [62.5, 2 ** 30, 17.5, 2 ** 31],
        what,
      );
      assert.ok(
        Math.abs(last("app_jobs_total:rate")! - rate) < 1e-9,
        `${what}: ${last("app_jobs_total:rate")}`,
      );
      return series.values["app_jobs_total:increase"].reduce<number>((sum, value) => sum + (value ?? 0), 0);
    };
    const [from, to] = [`from=${startAt}`, `until=${until}`];
    const raw = await check("in memory and in chunks", "raw", `${from}&${to}`);
    assert.equal(raw, 4 * (60 * 6 - 1));
    assert.equal(await check("five minutes", "fiveMinutes", `${from}&${to}&step=5m`), raw);
    await fleet.settle();
    assert.equal(await check("in chunks alone", "fiveMinutes", `${from}&${to}&step=5m`), raw);
    assert.equal(await check("hours", "hours", `${from}&${to}&step=1h`, raw / 3_600), raw);
    const top = await json<{ values: number[] }>(`top?column=app_jobs_total&${from}&${to}`);
    assert.deepEqual(top.values, [raw]);

    // Rules look at the present.
    await tell(Math.max(until, now - 2 * MINUTE), now);
    await fleet.alerts.tick();
    const { alerts } = await json<{ alerts: { rule: string; phase: string }[] }>("alerts");
    const firing = alerts.filter(({ phase }) => phase === "firing").map((alert) => alert.rule);
    assert.deepEqual(firing.sort(), ["gpu", "gpu_memory", "jobs", "limit", "queue", "traced"]);
  },
);
