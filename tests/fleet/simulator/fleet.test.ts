import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { fleetMessages } from "../../../bench/fleet/simulator/fleet.ts";
import { FAULTS, SMALL_FLEET } from "../../../bench/fleet/simulator/plan.ts";
import type { FaultName, FleetMessage, FleetPlan } from "../../../bench/fleet/simulator/plan.ts";
import { readTemplates } from "../../../bench/fleet/simulator/template.ts";
import { healthMessageSchema } from "../../../core/schema/health_message.ts";
import { presenceMessageSchema } from "../../../core/schema/presence_message.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";

/** What a fleet sends in so many intervals. */
function taken(plan: Partial<FleetPlan>, intervals: number): FleetMessage[] {
  const whole = { ...SMALL_FLEET, ...plan };
  return [...fleetMessages(whole, whole.startAt + intervals * whole.intervalMs)];
}

const isTask = ({ topic }: FleetMessage) =>
  topic.includes("/task_metrics") || topic.includes("/metrics/proplet");
const parsed = ({ payload }: FleetMessage) =>
  JSON.parse((payload[0] === 0x1f ? gunzipSync(payload) : Buffer.from(payload)).toString());
const tasksIn = (messages: readonly FleetMessage[]): TaskMessage[] =>
  messages.filter(isTask).flatMap(parsed).map((value) => taskMessageSchema.parse(value));

describe("a simulated fleet", () => {
  test("says what agents say, in the order of time", () => {
    const all = taken({}, 3);
    for (let index = 1; index < all.length; index++) assert.ok(all[index].at >= all[index - 1].at);
    const tasks = tasksIn(all);
    assert.equal(tasks.length, 10 * 10 * 3);
    assert.equal(all.reduce((sum, { samples }) => sum + samples, 0), 300);
    assert.equal(new Set(tasks.map(({ proplet_id, task_id }) => `${proplet_id} ${task_id}`)).size, 100);
    const health = all.filter(({ topic }) => topic.endsWith("/control/proplet/metrics"));
    assert.equal(health.map((one) => healthMessageSchema.parse(parsed(one))).length, 30);
    const retained = all.filter(({ isRetained }) => isRetained);
    assert.deepEqual(
      retained.map((one) => presenceMessageSchema.parse(parsed(one)).status),
      Array(10).fill("online"),
    );
    assert.ok(
      retained.every(({ topic }) =>
        /^m\/fleet\/c\/channel-0\/control\/proplet\/alive\/host-\d+$/.test(topic)
      ),
    );
  });

  test("has counters that only grow", () => {
    const last = new Map<string, number>();
    for (const { proplet_id, task_id, metrics } of tasksIn(taken({ tasks: 4 }, 20))) {
      const key = `${proplet_id} ${task_id}`;
      assert.ok(metrics.cpu_seconds! >= (last.get(key) ?? 0));
      last.set(key, metrics.cpu_seconds!);
    }
    assert.ok([...last.values()].some((seconds) => seconds > 10), "some are busy");
  });

  test("is the same for the same seed, and another for another", () => {
    const digest = (seed: number) => {
      const hash = createHash("sha256");
      for (const { topic, payload } of taken({ seed, batch: 10, gzip: true }, 4)) {
        hash.update(topic).update(payload);
      }
      return hash.digest("hex");
    };
    assert.equal(digest(7), digest(7));
    assert.notEqual(digest(7), digest(8));
  });

  test("fills arrays, compresses them, and has each style of topics", () => {
    const arrays = taken({ batch: 4, gzip: true, style: "agent", channels: 2 }, 1).filter(isTask);
    assert.deepEqual(arrays.slice(0, 3).map(({ samples }) => samples), [4, 4, 2]);
    assert.ok(arrays.every(({ payload }) => payload[0] === 0x1f && payload[1] === 0x8b));
    assert.ok(arrays.every((one) => one.topic.endsWith(`/${tasksIn([one])[0].proplet_id}`)));
    assert.equal(new Set(arrays.map(({ topic }) => topic.split("/")[3])).size, 2);
    const rust = taken({ style: "rust" }, 1).filter(isTask);
    assert.ok(rust.every(({ topic }) => topic === "m/fleet/c/channel-0/metrics/proplet"));
  });
});

describe("an agent with a fault", () => {
  const only = (fault: FaultName, intervals: number, plan: Partial<FleetPlan> = {}) =>
    taken({ agents: 1, tasks: 2, faults: { [fault]: 1 }, ...plan }, intervals);

  test("vanishes, with a last will or without", () => {
    for (const fault of ["vanish", "die"] as const) {
      const all = only(fault, 30);
      assert.ok(all.at(-1)!.at < SMALL_FLEET.startAt + 13 * SMALL_FLEET.intervalMs, fault);
      const { status } = parsed(all.filter(({ isRetained }) => isRetained).at(-1)!);
      assert.equal(status, fault === "die" ? "offline" : "online");
    }
  });

  test("restarts, and its tasks with it", () => {
    const all = only("restart", 60);
    const statuses = all.filter(({ isRetained }) => isRetained).map((one) => parsed(one).status);
    assert.ok(statuses.length > 2);
    assert.deepEqual(statuses, statuses.map((_, index) => index % 2 === 0 ? "online" : "offline"));
    const tasks = tasksIn(all).filter(({ task_id }) => task_id === "task-0");
    assert.ok(
      tasks.some(({ metrics }, at) => at > 0 && metrics.cpu_seconds! < tasks[at - 1].metrics.cpu_seconds!),
    );
  });

  test("is late, and its samples have their own times", () => {
    const all = only("late", 20).filter(isTask);
    assert.equal(new Set(all.map(({ at }) => at)).size, 2);
    assert.equal(new Set(tasksIn(all).map(({ timestamp }) => timestamp)).size, 20);
  });

  test("says all twice", () => {
    const tasks = tasksIn(only("duplicate", 3));
    assert.equal(tasks.length, 12);
    assert.equal(new Set(tasks.map((task) => JSON.stringify(task))).size, 6);
  });

  test("lives a year ahead", () => {
    const [task] = tasksIn(only("future", 1));
    assert.ok(Date.parse(task.timestamp) > SMALL_FLEET.startAt + 364 * 86_400_000);
  });

  test("sends garbage, names and bombs, which are small until they are unpacked", () => {
    assert.ok(only("garbage", 12).length === 12);
    assert.equal(new Set(tasksInNames(only("names", 3))).size, 3_000);
    const [bomb] = only("bomb", 1);
    assert.ok(bomb.payload.length < 100_000);
    assert.equal(gunzipSync(bomb.payload).length, 64 * 2 ** 20);
    const [zstd] = only("zstd", 1);
    assert.ok(zstd.payload.length < 10_000);
    assert.equal(zstdDecompressSync(zstd.payload).length, 64 * 2 ** 20);
    const strangers = only("strangers", 3).flatMap(parsed) as { proplet_id: string }[];
    assert.equal(new Set(strangers.map(({ proplet_id }) => proplet_id)).size, 3_000);
    for (const fault of ["garbage", "names", "bomb", "zstd", "strangers"] as const) {
      assert.ok(fault in FAULTS);
      assert.ok(only(fault, 3).every(({ samples }) => samples === 0));
    }
  });

  const tasksInNames = (all: readonly FleetMessage[]) =>
    all.flatMap(parsed).map(({ task_id }: { task_id: string }) => task_id);
});

test("recorded tasks are done again, with counters that go on", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-template-"));
  try {
    const file = join(directory, "records.jsonl");
    const lines = tasksIn(taken({ agents: 1, tasks: 3 }, 5)).map((task) => JSON.stringify(task));
    writeFileSync(file, `{"kind":"other"}\nno JSON\n${lines.join("\n")}\n`);
    const templates = readTemplates(file);
    assert.equal(templates.length, 3);
    assert.deepEqual(templates.map(({ steps }) => steps.length), [4, 4, 4]);
    const again = tasksIn(taken({ agents: 2, tasks: 3, templates }, 9)).filter(({ proplet_id, task_id }) =>
      proplet_id === "host-00000" && task_id.endsWith("-0")
    );
    assert.equal(again.length, 9);
    const growth = templates[0].steps.reduce((sum, { cpu_seconds }) => sum + (cpu_seconds as number), 0);
    const cpu = again.map(({ metrics }) => metrics.cpu_seconds!);
    // Two rounds of four steps after the first sample.
    assert.ok(Math.abs(cpu[8] - cpu[0] - 2 * growth) < 1e-5, `${cpu} ${growth}`);
    writeFileSync(file, lines[0]);
    assert.throws(() => readTemplates(file), /has no task with two samples/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
