/* Who used most, how two sides differ, runs, search, and the fleet at a glance. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noFigures } from "../../../fleet/model/column.ts";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import type { TopQuestion } from "../../../fleet/query/top.ts";
import { DAY_START, HOUR, QueryFleet, sampleOf } from "../support/query_fleet.ts";

const OWN = new Set(["factory/one"] as const);

/** Two hosts of ours and one of others; what is older than three hours is in made hours. */
function fleetOf(now = DAY_START + 6 * HOUR) {
  const fleet = new QueryFleet();
  const press = fleet.addAgent("factory/one", "press", { labels: { site: "north" } });
  const oven = fleet.addAgent("factory/one", "oven", { labels: { site: "south" } });
  const spy = fleet.addAgent("foreign/one", "spy");
  const tasks = [
    fleet.addTask(press, "mill", { target: "mill", labels: { team: "a" } }),
    fleet.addTask(press, "lathe", { target: "lathe", labels: { team: "b" } }),
    fleet.addTask(oven, "mill", { target: "mill", labels: { team: "a" } }),
    fleet.addTask(spy, "secret", { target: "secret" }),
    fleet.addTask(press, ""),
  ];
  const speeds = [3, 1, 2, 100, 50];
  const take = (fromMinute: number, untilMinute: number) => {
    for (let minute = fromMinute; minute < untilMinute; minute++) {
      tasks.forEach((task, at) =>
        fleet.take(task, [
          sampleOf(DAY_START + minute * 60_000, {
            cpu_seconds: speeds[at] * minute,
            memory_bytes: speeds[at] * 1_000 + minute,
          }, minute === 0),
        ])
      );
    }
  };
  take(0, 290);
  fleet.seal();
  fleet.makeHours(DAY_START + 4 * HOUR);
  take(290, 360);
  const query = new FleetQuery(fleet, fleet.store, () => now);
  const ask = (more: Partial<TopQuestion> = {}) =>
    query.top({
      column: "cpu_seconds",
      by: "task",
      measure: "increase",
      from: DAY_START,
      until: now,
      limit: 10,
      of: "tasks",
      ...more,
    }, OWN);
  return { fleet, tasks, query, ask, press, oven };
}

describe("top", () => {
  test("sums up increases of made hours, open ones and their edges, of whom may be seen", async () => {
    const { ask, tasks } = fleetOf();
    const top = await ask();
    assert.deepEqual(top.values, [3 * 359, 2 * 359, 359]);
    assert.deepEqual(top.ids, [tasks[0].id, tasks[2].id, tasks[1].id]);
    assert.deepEqual(top.hosts, ["host-of-press", "host-of-oven", "host-of-press"]);
    assert.deepEqual([top.total, top.found, top.edges], [6 * 359, 3, "exact"]);
    const one = await ask({ limit: 1 });
    assert.deepEqual([one.names, one.total, one.found], [["mill"], 6 * 359, 3]);
  });

  test("has exact edges, at five minutes and anywhere", async () => {
    const { ask } = fleetOf();
    const at = (minute: number) => DAY_START + minute * 60_000;
    const values = async (from: number, until: number) =>
      (await ask({ from: at(from), until: at(until) })).values;
    // What has been used since the sample before belongs to each sample.
    assert.deepEqual(await values(55, 185), [3 * 130, 2 * 130, 130]);
    assert.deepEqual(await values(53, 187), [3 * 134, 2 * 134, 134]);
    assert.deepEqual(await values(10, 20), [30, 20, 10]);
    assert.deepEqual(await values(285, 330), [3 * 45, 2 * 45, 45]);
    assert.deepEqual(await values(289, 291), [6, 4, 2]);
  });

  test("unpacks the edges of an agent once, for all its tasks", async () => {
    const { ask, fleet } = fleetOf();
    const asked: number[] = [];
    const chunks = fleet.store.chunks.bind(fleet.store);
    fleet.store.chunks = (agent, from, until) => (asked.push(agent), chunks(agent, from, until));
    const from = DAY_START + 53 * 60_000;
    assert.deepEqual((await ask({ from, until: DAY_START + 3 * HOUR })).values, [381, 254, 127]);
    assert.equal(asked.length, 2);
    assert.equal(new Set(asked).size, 2);
  });

  test("by target, host, label, agent and unit", async () => {
    const { ask } = fleetOf();
    const of = async (by: string) => {
      const { names, values, counts } = await ask({ by });
      return names.map((name, at) => [name, values[at] / 359, counts[at]]);
    };
    assert.deepEqual(await of("target"), [["mill", 5, 2], ["lathe", 1, 1]]);
    assert.deepEqual(await of("host"), [["host-of-press", 4, 2], ["host-of-oven", 2, 1]]);
    assert.deepEqual(await of("agent"), [["press", 4, 2], ["oven", 2, 1]]);
    assert.deepEqual(await of("label:team"), [["a", 5, 2], ["b", 1, 1]]);
    assert.deepEqual(await of("label:site"), [["north", 4, 2], ["south", 2, 1]]);
    assert.deepEqual(await of("label:constructor"), []);
    assert.deepEqual(await of("unit"), [["factory/one", 6, 3]]);
    assert.deepEqual((await ask({ of: "hosts" })).values, [50 * 359]);
  });

  test("by average and peak", async () => {
    const { ask } = fleetOf();
    const memory = { column: "memory_bytes", until: DAY_START + 3 * HOUR } as const;
    assert.deepEqual((await ask({ ...memory, measure: "average" })).values, [3_089.5, 2_089.5, 1_089.5]);
    assert.deepEqual((await ask({ ...memory, measure: "peak" })).values, [3_179, 2_179, 1_179]);
    assert.deepEqual((await ask({ ...memory, measure: "peak", by: "target" })).values, [3_179, 1_179]);
  });

  test("tells what is wrong with a question", async () => {
    const { ask } = fleetOf();
    await assert.rejects(ask({ column: "memory_bytes" }), /memory_bytes is a gauge, and has no increase/);
    await assert.rejects(ask({ by: "moon" }), /^QueryError: by: it has to be task, target/);
    await assert.rejects(ask({ limit: 0 }), /limit: /);
    await assert.rejects(ask({ from: DAY_START + 7 * HOUR }), /from: /);
  });
});

describe("compare", () => {
  test("holds two groups against each other, by Welch's test", async () => {
    const fleet = new QueryFleet();
    for (const [version, base] of [["1", 10], ["2", 20]] as const) {
      for (let host = 0; host < 5; host++) {
        const agent = fleet.addAgent("factory/one", `v${version}-${host}`, { version });
        const task = fleet.addTask(agent, "mill");
        fleet.take(
          task,
          [0, 1, 2].map((at) =>
            sampleOf(
              DAY_START + at * 600_000,
              { cpu_percent: base + host / 10, memory_bytes: 100 + host },
              at === 0,
            )
          ),
        );
      }
    }
    const query = new FleetQuery(fleet, fleet.store, () => DAY_START + HOUR);
    const side = (version: string) => ({ selection: { version }, from: DAY_START, until: DAY_START + HOUR });
    const question = { columns: ["cpu_percent", "memory_bytes"], basis: "tasks" } as const;
    const both = await query.compare({ ...question, sides: [side("1"), side("2")] }, OWN);
    const [cpu, memory] = both.columns;
    assert.deepEqual([cpu.verdict, cpu.figure, cpu.sides[0].count], ["more", "average", 5]);
    assert.ok(Math.abs(cpu.difference! - 10) < 1e-9 && cpu.low! < 10 && cpu.high! > 10);
    assert.ok(cpu.adjustedProbability! < 1e-6);
    assert.deepEqual([memory.verdict, memory.difference], ["within_noise", 0]);
    const none = await query.compare({ ...question, sides: [side("1"), side("3")] }, OWN);
    assert.deepEqual([none.columns[0].verdict, none.notes], ["unknown", ["the second side has no task"]]);
    const foreign = await query.compare(
      { ...question, sides: [side("1"), side("2")] },
      new Set(["x/y"] as const),
    );
    assert.equal(foreign.columns[0].sides[0].count, 0);
    await assert.rejects(
      query.compare({ ...question, columns: [], sides: [side("1"), side("2")] }, null),
      /columns: /,
    );
  });

  test("refuses periods that nobody waits for, and leaves out what is to come", async () => {
    const { query, tasks } = fleetOf();
    const now = DAY_START + 6 * HOUR;
    const side = (from: number, until: number) => ({ selection: { tasks: [tasks[0].id] }, from, until });
    const ask = (from: number, until: number) =>
      query.compare({
        sides: [side(DAY_START, now), side(from, until)],
        columns: ["cpu_seconds"],
        basis: "tasks",
      }, OWN);
    await assert.rejects(ask(1e8, now), { message: "sides.1.from: periods are of three years at most" });
    await assert.rejects(ask(1e8, 8.64e15), { message: "sides.1.from: periods are of three years at most" });
    await assert.rejects(ask(now + HOUR, now + 2 * HOUR), { message: "sides.1.from: it is later than now" });
    const means = async (until: number) => (await ask(DAY_START, until)).columns[0].sides[1].mean;
    const latest = await means(now + HOUR);
    assert.ok(latest !== null && latest > 0);
    assert.equal(await means(now + 1_000 * HOUR), latest);
  });

  test("holds two periods of a task, and its runs, against each other", async () => {
    const { query, tasks, fleet } = fleetOf();
    const sides = [0, 3].map((hour) => ({
      selection: { tasks: [tasks[0].id] },
      from: DAY_START + hour * HOUR,
      until: DAY_START + (hour + 2) * HOUR,
    })) as [never, never];
    const moments = await query.compare(
      { sides, columns: ["memory_bytes", "cpu_seconds"], basis: "moments" },
      OWN,
    );
    assert.deepEqual(moments.columns.map(({ verdict }) => verdict), ["more", "within_noise"]);
    assert.equal(moments.columns[0].difference, 180);
    assert.match(moments.notes.join(), /seem surer than they are.*different hours/);
    fleet.store.runRows.push(...[10, 11, 12, 20, 21, 22].map((cpu_seconds, at) => ({
      task: tasks[0].id,
      started: DAY_START,
      ended: DAY_START + (at < 3 ? 1 : 4) * HOUR,
      state: "ended" as const,
      error: null,
      figures: { cpu_seconds },
      quality: { cpu: "exact" },
    })));
    const runs = await query.compare({ sides, columns: ["cpu_seconds"], basis: "runs" }, OWN);
    assert.deepEqual([runs.columns[0].verdict, runs.columns[0].difference], ["more", 10]);
  });
});

test("runs come in pages, each once, also those of one moment", async () => {
  const { query, tasks, fleet } = fleetOf();
  for (let at = 0; at < 25; at++) {
    const ended = DAY_START + Math.floor(at / 10) * 1_000;
    const common = { started: DAY_START - 1 - at, ended, state: "ended" as const, error: null, quality: {} };
    fleet.store.runRows.push({ ...common, task: tasks[0].id, figures: { cpu_seconds: at } });
    fleet.store.runRows.push({ ...common, task: tasks[3].id, figures: { cpu_seconds: 1_000 } });
  }
  const question = { task: null, from: 0, until: DAY_START * 2, by: null, limit: 4 };
  const seen: (number | null)[] = [];
  let cursor: string | null = null;
  do {
    const page = await query.runs({ ...question, cursor }, OWN);
    assert.ok(page.tasks.every((id) => id === tasks[0].id));
    seen.push(...page.figures.cpu_seconds);
    cursor = page.cursor;
  } while (cursor !== null);
  assert.equal(seen.length, 25);
  assert.deepEqual(new Set(seen).size, 25);
  const most = await query.runs({ ...question, by: "cpu_seconds", limit: 2, cursor: null }, OWN);
  assert.deepEqual([most.figures.cpu_seconds, most.cursor], [[24, 23], null]);
  await assert.rejects(query.runs({ ...question, task: tasks[3].id, cursor: null }, OWN), /there is no task/);
  await assert.rejects(query.runs({ ...question, cursor: "x" }, OWN), /cursor: it is not one that a page/);
});

test("pages of runs repeat and skip nothing of what was there, whatever ends between them", async () => {
  const { query, tasks, fleet } = fleetOf();
  const end = (task: number, started: number, ended: number) =>
    fleet.store.runRows.push({
      ...{ task, started, ended, state: "ended" as const, error: null, quality: {} },
      figures: { cpu_seconds: started - DAY_START },
    });
  // All of two tasks ended at one moment, as where an agent goes with all of its tasks.
  for (let at = 0; at < 10; at++) end(tasks[at % 2].id, DAY_START + at, DAY_START + 100);
  const question = { task: null, from: 0, until: DAY_START * 2, by: null, limit: 3 };
  const seen: (number | null)[] = [];
  let cursor: string | null = null;
  for (let at = 0; at === 0 || cursor !== null; at++) {
    const page = await query.runs({ ...question, cursor }, OWN);
    seen.push(...page.figures.cpu_seconds);
    cursor = page.cursor;
    // One at the same moment that belongs before what was read, and one that is newer than all of it.
    if (at < 3) end(tasks[0].id, DAY_START + 50 + at, DAY_START + 100);
    if (at < 3) end(tasks[1].id, DAY_START + 60 + at, DAY_START + 200);
  }
  assert.deepEqual(seen.filter((is) => is! < 50).sort((a, b) => a! - b!), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(new Set(seen).size, seen.length);
});

test("search finds hosts by themselves and new tasks, of whom may be seen", async () => {
  const { query, tasks } = fleetOf(DAY_START + 600_000);
  const ids = async (text: string) => (await query.search(text, 10, OWN)).map(({ task }) => task.id).sort();
  assert.deepEqual(await ids("mill"), [tasks[0].id, tasks[2].id]);
  assert.deepEqual(await ids("MILL press"), [tasks[0].id]);
  assert.deepEqual(await ids("host-of-press linux"), [tasks[0].id, tasks[1].id, tasks[4].id]);
  assert.deepEqual(await ids("secret"), []);
  await assert.rejects(ids("  "), /q: it is empty/);
});

test("the overview counts states, tells percentiles, and what has changed within the hour", () => {
  const { query, fleet, press, oven, tasks } = fleetOf();
  const now = DAY_START + 6 * HOUR;
  Object.assign(oven, { presence: "lost", presenceSince: now - 60_000 });
  Object.assign(tasks[1], { state: "ended", stateSince: now - 120_000 });
  Object.assign(tasks[0], { runSince: now - 180_000 });
  const last = noFigures();
  last[0] = 40;
  Object.assign(press.hostTask!, { last });
  const { agents, tasks: counts, percentiles, changes, units } = query.overview(OWN);
  assert.deepEqual(agents, { online: 1, offline: 0, lost: 1 });
  assert.deepEqual(counts, { running: 2, ended: 1, stopped: 0, lost: 0 });
  assert.deepEqual(percentiles.cpu_percent, { p5: 40, p50: 40, p95: 40, max: 40 });
  assert.equal(percentiles.load_1m, null);
  assert.deepEqual(changes.map(({ kind, id, state }) => [kind, id, state]), [
    ["agent", oven.id, "lost"],
    ["task", tasks[1].id, "ended"],
    ["run", tasks[0].id, "running"],
  ]);
  assert.deepEqual(units.map(({ unit }) => unit), ["factory/one"]);
  assert.equal(fleet.units.size, 2);
});
