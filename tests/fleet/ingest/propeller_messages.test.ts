/** Messages of Propeller's own parts, by the facts of their sources (commit 102e676), and of our other publishers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALIVE, HEALTH, known, NOW, NOW_TEXT, only, read, reasons, ROOT, TASKS } from "../support/ingest.ts";

const SECONDS = Math.floor(NOW / 1_000);
const systemTime = { secs_since_epoch: SECONDS - 2, nanos_since_epoch: 500_999_999 };
const PROPLET = "0f6e5f0c-6f3e-4f0c-9c3d-6a1f3f8f7a10";
const TASK = "550e8400-e29b-41d4-a716-446655440001";

describe("the worker node in Rust", () => {
  const message = {
    task_id: TASK,
    proplet_id: PROPLET,
    metrics: {
      cpu_percent: 37.25,
      memory_bytes: 8_388_608,
      memory_percent: 0.1015625,
      disk_read_bytes: 4_096,
      disk_write_bytes: 0,
      uptime_seconds: 61,
      thread_count: 3,
      file_descriptor_count: 21,
    },
    aggregated: null,
    timestamp: systemTime,
  };

  test("of a task", () => {
    const sample = only(read(TASKS, message), "sample");
    assert.deepEqual(known(sample.figures), message.metrics);
    assert.equal(sample.time, NOW - 1_500);
    assert.deepEqual(
      [sample.isApproximate, sample.isEmbedded, sample.state, sample.facts, sample.custom, sample.quality],
      [false, false, "running", null, null, null],
    );
  });

  test("of a task that has touched no disk: it is not a chip, since it knows the time", () => {
    const metrics = { ...message.metrics, disk_read_bytes: 0, file_descriptor_count: 0 };
    const sample = only(read(TASKS, { ...message, metrics }), "sample");
    assert.equal(sample.isEmbedded, false);
    assert.equal(known(sample.figures).disk_read_bytes, 0);
  });

  test("of a task by the names of the specification, on its topic", () => {
    const metrics = { cpu_usage_percent: 12, memory_usage_bytes: 4_096, memory_usage_percent: 0.5 };
    const sample = only(read(`${ROOT}/metrics/proplet`, { ...message, metrics }), "sample");
    assert.deepEqual(known(sample.figures), { cpu_percent: 12, memory_bytes: 4_096, memory_percent: 0.5 });
    const both = { cpu_usage_percent: 12, cpu_percent: 13, memory_bytes: 1, memory_usage_bytes: 2 };
    const canonical = only(read(TASKS, { ...message, metrics: both }), "sample");
    assert.deepEqual(known(canonical.figures), { cpu_percent: 13, memory_bytes: 1 });
  });

  test("of itself: on the topic of our health messages", () => {
    const sample = only(
      read(HEALTH, {
        proplet_id: PROPLET,
        namespace: "default",
        timestamp: systemTime,
        cpu_metrics: { user_seconds: 1.5, system_seconds: 0.25, percent: 17.5 },
        memory_metrics: {
          rss_bytes: 33_554_432,
          heap_alloc_bytes: 0,
          heap_sys_bytes: 0,
          heap_inuse_bytes: 0,
        },
      }),
      "host",
    );
    assert.deepEqual(known(sample.figures), { cpu_percent: 17.5, agent_memory_bytes: 33_554_432 });
    assert.deepEqual([sample.time, sample.isApproximate], [NOW - 1_500, false]);
    assert.deepEqual(sample.agent, { version: null, uptimeSeconds: null, control: null });
  });

  test("alive, created, and at the end of a task", () => {
    const alive = only(
      read(ALIVE, { proplet_id: PROPLET, status: "alive", namespace: "default" }),
      "presence",
    );
    assert.deepEqual([alive.status, alive.time, alive.isRetained], ["alive", NOW, false]);
    const created = only(
      read(`${ROOT}/control/proplet/create`, {
        proplet_id: PROPLET,
        namespace: "default",
        metadata: {
          tags: ["edge", "arm"],
          ip: "192.0.2.7",
          environment: "docker",
          os: "linux",
          hostname: "edge-7",
          cpu_arch: "aarch64",
          total_memory_bytes: 8_589_934_592,
          proplet_version: "0.4.0",
          wasm_runtime: "wasmtime-internal",
        },
      }),
      "facts",
    );
    assert.deepEqual([created.host, created.os, created.version], ["edge-7", "linux", "0.4.0"]);
    assert.deepEqual(created.labels, {
      namespace: "default",
      ip: "192.0.2.7",
      environment: "docker",
      cpu_arch: "aarch64",
      wasm_runtime: "wasmtime-internal",
      tags: "edge,arm",
    });
    const result = { task_id: TASK, proplet_id: PROPLET, results: "x".repeat(100_000), error: null };
    const end = only(read(`${ROOT}/control/proplet/results`, result), "end");
    assert.deepEqual([end.taskId, end.error, end.time], [TASK, null, NOW]);
    const failed = { ...result, error: `${"out of fuel ".repeat(10_000)}` };
    assert.equal(
      new TextEncoder().encode(only(read(`${ROOT}/control/proplet/results`, failed), "end").error!).length,
      256,
    );
  });

  test("the end of an invocation is not that of its task", () => {
    const message = { task_id: TASK, invocation_id: "i", proplet_id: PROPLET, results: "7", error: null };
    const { arrivals, faults } = read(`${ROOT}/control/proplet/invoke_results`, message);
    assert.deepEqual([arrivals, faults], [[], []]);
  });
});

describe("the API of the manager in Go", () => {
  test("of a task, without descriptors where there are none", () => {
    const metrics = {
      cpu_percent: 1.5,
      memory_bytes: 1_048_576,
      memory_percent: 0.25,
      disk_read_bytes: 0,
      disk_write_bytes: 0,
      uptime_seconds: 5,
      thread_count: 1,
    };
    const aggregated = { avg_cpu_usage: 1.5, max_cpu_usage: 2, sample_count: 3 };
    const sample = only(
      read(TASKS, {
        task_id: TASK,
        proplet_id: PROPLET,
        metrics,
        aggregated,
        timestamp: "2026-11-29T13:00:00.123456789+01:00",
      }),
      "sample",
    );
    assert.deepEqual(known(sample.figures), metrics);
    assert.deepEqual([sample.time, sample.isEmbedded], [NOW + 123, false]);
  });

  test("its last will says that it has gone", () => {
    const will = only(read(ALIVE, { status: "offline", proplet_id: PROPLET }), "presence");
    assert.equal(will.status, "offline");
  });
});

describe("the embedded worker node", () => {
  const message = (uptimeMs: number) => ({
    task_id: TASK,
    proplet_id: "esp32-7",
    timestamp: uptimeMs,
    metrics: {
      cpu_percent: 88,
      memory_bytes: 65_536,
      memory_percent: 25,
      disk_read_bytes: 0,
      disk_write_bytes: 0,
      uptime_seconds: 12,
      thread_count: 1,
      file_descriptor_count: 0,
    },
    aggregated: {
      avg_cpu_usage: 80,
      max_cpu_usage: 90,
      avg_memory_usage: 65_536,
      max_memory_usage: 65_536,
      total_disk_read: 0,
      total_disk_write: 0,
      sample_count: 4,
    },
  });

  test("has a clock since boot, however long that is, and zeros for what it does not know", () => {
    // Twenty days of milliseconds look like seconds since 1970, and three years of them like a time, too.
    for (const uptimeMs of [12_345, 20 * 86_400_000, 3 * 365 * 86_400_000]) {
      const sample = only(read(TASKS, message(uptimeMs)), "sample");
      assert.deepEqual([sample.time, sample.isApproximate, sample.isEmbedded], [NOW, true, true]);
      assert.deepEqual(known(sample.figures), {
        cpu_percent: 88,
        memory_bytes: 65_536,
        memory_percent: 25,
        uptime_seconds: 12,
        thread_count: 1,
      });
    }
  });

  test("of itself: the heap of a chip is its memory", () => {
    const sample = only(
      read(HEALTH, {
        proplet_id: "esp32-7",
        namespace: "default",
        timestamp: 20 * 86_400_000,
        cpu_metrics: { user_seconds: 0, system_seconds: 0, percent: 40 },
        memory_metrics: {
          rss_bytes: 0,
          heap_alloc_bytes: 100_000,
          heap_sys_bytes: 250_000,
          heap_inuse_bytes: 100_000,
          heap_free_bytes: 150_000,
          heap_max_alloc_bytes: 120_000,
        },
      }),
      "host",
    );
    assert.deepEqual(known(sample.figures), {
      cpu_percent: 40,
      memory_bytes: 100_000,
      memory_total_bytes: 250_000,
    });
    assert.deepEqual([sample.time, sample.isApproximate], [NOW, true]);
  });

  test("its results do not tell whose they are: refused, where the topic does not either", () => {
    const result = { task_id: TASK, results: "7" };
    assert.deepEqual(reasons(read(`${ROOT}/control/proplet/results`, result)), ["schema"]);
  });
});

describe("our agents", () => {
  const health = {
    proplet_id: "host-1",
    agent_id: "a-1",
    timestamp: NOW_TEXT,
    agent: {
      version: "0.1.0",
      pid: 7,
      uptime_seconds: 60.5,
      cpu_seconds: 1,
      cpu_percent: 1.25,
      memory_bytes: 50_000_000,
      task_count: 10,
      tick_count: 60,
      late_tick_count: 1,
      missed_tick_count: 2,
      exporters: [
        {
          exporter: "mqtt",
          destination: "mqtt://b",
          sent_count: 9,
          dropped_count: 3,
          failed_count: 0,
          queued_count: 4,
        },
        {
          exporter: "otlp",
          destination: "http://c",
          sent_count: 9,
          dropped_count: 1,
          failed_count: 0,
          queued_count: 2,
        },
      ],
    },
    host: {
      uptime_seconds: 1_000,
      cpu_percent: 12.5,
      memory_total_bytes: 8_000_000_000,
      memory_used_bytes: 2_000_000_000,
      memory_percent: 25,
      load_1m: 0.5,
      load_5m: 0.25,
      load_15m: null,
      swap_percent: 0,
      disk_total_bytes: 100,
      disk_used_bytes: 50,
      network_rx_bytes: 10,
      network_tx_bytes: 20,
    },
  };

  test("of host and agent", () => {
    const sample = only(read(HEALTH, health), "host");
    assert.deepEqual(known(sample.figures), {
      uptime_seconds: 1_000,
      cpu_percent: 12.5,
      memory_bytes: 2_000_000_000,
      memory_total_bytes: 8_000_000_000,
      memory_percent: 25,
      load_1m: 0.5,
      load_5m: 0.25,
      swap_percent: 0,
      disk_total_bytes: 100,
      disk_used_bytes: 50,
      network_rx_bytes: 10,
      network_tx_bytes: 20,
      agent_cpu_percent: 1.25,
      agent_memory_bytes: 50_000_000,
      agent_task_count: 10,
      agent_late_tick_count: 1,
      agent_missed_tick_count: 2,
      agent_queued_count: 6,
      agent_dropped_count: 4,
    });
    assert.deepEqual(sample.agent, { version: "0.1.0", uptimeSeconds: 60.5, control: null });
    assert.deepEqual([sample.time, sample.sender.agentId], [NOW, "a-1"]);
  });

  test("health that is neither is refused", () => {
    assert.deepEqual(reasons(read(HEALTH, { proplet_id: "host-1", timestamp: NOW_TEXT })), ["schema"]);
    const future = { ...health, timestamp: "2026-11-29T12:06:00.000Z" };
    assert.deepEqual(reasons(read(HEALTH, future)), ["future"]);
  });

  const presence = {
    status: "online",
    proplet_id: "host-1",
    agent_id: "a-1",
    version: "0.1.0",
    host: "host-1.example",
    boot_id: "b-1",
    since: "2026-11-29T11:00:00.000Z",
    timestamp: "2026-01-01T00:00:00.000Z",
  };

  test("presence, kept by the broker for months or new", () => {
    const told = only(read(`${ALIVE}/host-1`, presence, { isRetained: true }), "presence");
    const { kind: _, sender, ...rest } = told;
    assert.equal(sender.agentId, "a-1");
    assert.deepEqual(rest, {
      time: Date.UTC(2026, 0, 1),
      status: "online",
      isRetained: true,
      version: "0.1.0",
      host: "host-1.example",
      bootId: "b-1",
      since: NOW - 3_600_000,
    });
    // A clock that is wrong does not make an agent absent.
    const ahead = { ...presence, timestamp: "2027-01-01T00:00:00.000Z" };
    assert.equal(only(read(ALIVE, ahead), "presence").time, NOW);
    assert.deepEqual(reasons(read(ALIVE, { ...presence, status: "gone" })), ["schema"]);
    assert.deepEqual(reasons(read(`${ALIVE}/host-2`, presence)), ["forgery"]);
  });

  test("a topic that is cleared tells nothing, and is not a fault", () => {
    const { arrivals, faults } = read(`${ALIVE}/host-1`, new Uint8Array(0), { isRetained: true });
    assert.deepEqual([arrivals, faults], [[], []]);
  });

  test("events of a supervisor, of a task and of all", () => {
    const EVENTS = `${ROOT}/control/proplet/events`;
    const event = {
      sequence: 5,
      timestamp: NOW_TEXT,
      kind: "transition",
      id: "web:0",
      from: "running",
      to: "backoff",
      pid: null,
      reason: "exit code 1",
      proplet_id: "host-1",
      agent_id: "a-1",
    };
    const news = only(read(EVENTS, event), "event");
    assert.deepEqual(
      [news.taskId, news.event, news.detail, news.time],
      ["web:0", "transition", "running → backoff: exit code 1", NOW],
    );
    const all = { ...event, kind: "reloaded", id: null, from: null, to: null, reason: null };
    const { taskId, detail } = only(read(EVENTS, all), "event");
    assert.deepEqual([taskId, detail], ["", null]);
    assert.deepEqual(reasons(read(EVENTS, { ...event, kind: 1 })), ["schema"]);
    assert.deepEqual(reasons(read(EVENTS, { ...event, id: 7 })), ["schema"]);
  });
});
