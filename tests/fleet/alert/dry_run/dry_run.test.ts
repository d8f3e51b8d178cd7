import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dryRun } from "../../../../fleet/alert/dry_run/dry_run.ts";
import { ruleSchema, toRule } from "../../../../fleet/alert/rules/rule_schema.ts";
import { COLUMN_AT, noFigures } from "../../../../fleet/model/column.ts";
import type { StoredSample } from "../../../../fleet/model/view.ts";
import { TestFleet } from "../../support/alerts_fleet.ts";
import type { TestTask } from "../../support/alerts_fleet.ts";
import { TestStore } from "../../support/alerts_store.ts";

const T0 = Date.UTC(2026, 0, 5);
const [S, HOUR] = [1_000, 3_600_000];

const sampleAt = (time: number, values: Record<string, number>, begins = false): StoredSample => {
  const figures = noFigures();
  for (const [name, value] of Object.entries(values)) figures[COLUMN_AT.get(name)!] = value;
  return { time, figures, custom: null, begins };
};

function begin() {
  const [fleet, store] = [new TestFleet(), new TestStore()];
  /** Every ten seconds, in chunks of ten minutes, the last of which is open. */
  const record = (
    task: TestTask,
    hours: number,
    valuesAt: (second: number) => Record<string, number> | null,
  ) => {
    const samples: StoredSample[] = [];
    for (let at = T0; at < T0 + hours * HOUR; at += 10 * S) {
      const values = valuesAt((at - T0) / S);
      if (values) samples.push(sampleAt(at, values, at === T0));
    }
    for (let at = 0; at < samples.length - 60; at += 60) {
      store.seal(task.agent.id, samples.slice(at, at + 60).map((sample) => [task.id, sample] as const));
    }
    fleet.opened.set(task.id, samples.slice(Math.floor((samples.length - 1) / 60) * 60));
    task.lastTime = samples.at(-1)!.time;
  };
  const run = (rule: object, hours: number, units: readonly string[] | null = null) =>
    dryRun(
      { view: fleet, store: store.asStore },
      toRule(ruleSchema.parse(rule)),
      T0,
      T0 + hours * HOUR,
      units as never,
      new AbortController().signal,
    );
  return { fleet, store, record, run };
}

describe("a dry run", { timeout: 60_000 }, () => {
  test("says how often a rule would have fired, where and for how long", async () => {
    const { fleet, record, run } = begin();
    const agent = fleet.addAgent("h1", T0);
    const [web, calm] = ["web", "calm"].map((name) => fleet.addTask(agent, name, T0));
    record(
      web,
      3,
      (second) => ({ cpu_percent: second >= 3_600 && second < 4_200 || second >= 10_500 ? 95 : 5 }),
    );
    record(calm, 3, () => ({ cpu_percent: 5 }));
    const { count, firings, looked, leftOut } = await run(
      { alert: "high", of: "task", when: "cpu_percent > 90", for: "1m", enabled: false },
      3,
    );
    assert.deepEqual([count, looked, leftOut], [2, 2, 0]);
    assert.deepEqual(
      firings.map(({ subject, from, until, summary }) => [
        subject,
        (from - T0) / S,
        until && (until - T0) / S,
        summary,
      ]),
      [
        [`t${web.id}`, 3_660, 4_200, "web on h1: 95.0%"],
        [`t${web.id}`, 10_560, null, "web on h1: 95.0%"],
      ],
    );
  });

  test("counts what counters have grown by over chunks and restarts", async () => {
    const { fleet, record, run } = begin();
    const task = fleet.addTask(fleet.addAgent("h1", T0), "t", T0);
    record(task, 2, (second) => ({ io_write_bytes: 1_000 * (second % 2_000) }));
    const rule = { alert: "w", of: "task", when: "increase(io_write_bytes, 1h) > 3M" };
    const { count, firings } = await run(rule, 2);
    assert.equal(count, 1);
    assert.ok(firings[0].value! > 3 * 2 ** 20 && firings[0].value! < 3.7e6, `${firings[0].value}`);
  });

  test("sees who was silent", async () => {
    const { fleet, record, run } = begin();
    const hosts = [1, 2, 3].map((at) => fleet.addTask(fleet.addAgent(`h${at}`, T0), "", T0));
    hosts.forEach((host, at) =>
      record(host, 1, (second) => at === 1 && second >= 600 && second < 1_200 ? null : { cpu_percent: 1 })
    );
    const { firings } = await run({ alert: "gone", of: "host", when: "absent", for: "90s" }, 1);
    assert.deepEqual(
      firings.map(({ subject, from, until }) => [subject, (from - T0) / S, (until! - T0) / S]),
      [
        [`a${hosts[1].agent.id}`, 680, 1_200],
      ],
    );
  });

  test("lets others have turns while it finds what a rule is about", async () => {
    const { fleet, store } = begin();
    for (let at = 0; at < 300; at++) {
      const agent = fleet.addAgent(`worker-node-${at}`, T0);
      for (let task = 0; task < 10; task++) fleet.addTask(agent, `some-task-of-mine-${task}`, T0);
    }
    const patterns = Array.from({ length: 100 }, (_, at) => `*${"?".repeat(12)}*z${at}`);
    const rule = ruleSchema.parse({
      ...{ alert: "x", of: "task", when: "cpu_percent > 1" },
      where: {
        proplet_id: [...patterns.slice(1), "*"],
        task_id: [...patterns.slice(1), "*"],
        name: patterns,
      },
    });
    // Who gives up is heard while tasks are gone through: nothing is read of the store before that.
    const giving = new AbortController();
    setImmediate(() => giving.abort());
    const reads: unknown[] = [];
    store.asStore.chunks = (...all) => (reads.push(all), Promise.resolve([]));
    await assert.rejects(
      dryRun({ view: fleet, store: store.asStore }, toRule(rule), T0 - S, T0, null, giving.signal),
      { name: "AbortError" },
    );
    assert.deepEqual(reads, []);
  });

  test("shows nothing of others, and refuses a range that is none", async () => {
    const { fleet, record, run } = begin();
    for (const domain of ["a", "b"]) {
      const task = fleet.addTask(fleet.addAgent("h", T0, { domain }), "t", T0);
      record(task, 1, () => ({ cpu_percent: 99 }));
    }
    const rule = { alert: "high", of: "task", when: "cpu_percent > 90" };
    const { firings } = await run(rule, 1, ["b/c"]);
    assert.deepEqual(firings.map(({ labels }) => labels.domain), ["b"]);
    await assert.rejects(run(rule, 0), /until: it has to be after from/);
    await assert.rejects(run(rule, 800), /31 days at most/);
  });
});
