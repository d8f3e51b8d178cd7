import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Evaluator } from "../../../../fleet/alert/evaluate/evaluator.ts";
import { alertKey } from "../../../../fleet/alert/evaluate/round.ts";
import type { AlertState } from "../../../../fleet/alert/evaluate/alert_state.ts";
import { ruleSchema, toRule } from "../../../../fleet/alert/rules/rule_schema.ts";
import { TestFleet } from "../../support/alerts_fleet.ts";

const T0 = Date.UTC(2026, 0, 5);
const S = 1_000;

/** Rules over a fleet, with a clock that goes on by steps of ten seconds. */
class Bench {
  readonly fleet = new TestFleet();
  readonly states = new Map<string, AlertState>();
  readonly told: string[] = [];
  now = T0;
  evaluator!: Evaluator;

  start(...rules: object[]): this {
    const parsed = rules.map((rule) => toRule(ruleSchema.parse(rule)));
    this.evaluator?.close();
    this.evaluator = new Evaluator(this.fleet, parsed, this.states.values(), this.now);
    return this;
  }

  evaluate(): void {
    for (const [key, state] of this.evaluator.evaluate(this.now)) {
      const before = this.states.get(key);
      if (state === null) this.states.delete(key);
      else this.states.set(key, state);
      if (state && state.transition !== (before?.transition ?? 0)) {
        this.told.push(`${(this.now - T0) / S} ${key} ${state.phase}`);
      }
    }
  }

  /** @param each what comes in before each evaluation, by the second */
  run(seconds: number, each: (second: number) => void = () => {}): void {
    for (let step = 0; step < seconds / 10; step++) {
      this.now += 10 * S;
      each((this.now - T0) / S);
      this.evaluate();
    }
  }

  one(): AlertState {
    assert.equal(this.states.size, 1);
    return [...this.states.values()][0];
  }
}

const HIGH = { alert: "high", of: "task", when: "cpu_percent > 90", until: "cpu_percent < 80" };

describe("a rule about the clock of an agent", () => {
  const OFF = {
    alert: "clock_off",
    of: "agent",
    when: "clock_offset_seconds > 10 or clock_offset_seconds < -30",
    until: "clock_offset_seconds < 5 and clock_offset_seconds > -15",
    for: "1m",
  };

  test("fires while it is far off, also where nothing else comes of it, and ends when it is right", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0);
    bench.start(OFF);
    const tell = (offset: number) => (seconds: number) => {
      [agent.toldOffset, agent.toldOffsetAt] = [offset, T0 + seconds * S];
    };
    bench.run(30, tell(8));
    assert.deepEqual(bench.told, []);
    bench.run(90, tell(3_600));
    assert.deepEqual(bench.told, [`100 clock_off/a${agent.id} firing`]);
    bench.run(30, tell(8));
    assert.equal(bench.one().phase, "firing", "hysteresis");
    bench.run(30, tell(4));
    assert.equal(bench.one().phase, "resolved");
    bench.run(90, tell(-31));
    assert.equal(bench.one().phase, "firing");
  });

  test("knows nothing of one that has been silent, and averages over what was told", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0);
    bench.start({ ...OFF, when: "avg(clock_offset_seconds, 2m) > 10", until: undefined, for: "0s" });
    [agent.toldOffset, agent.toldOffsetAt] = [30, T0];
    bench.run(60);
    assert.equal(bench.one().phase, "firing");
    bench.run(300);
    assert.equal(bench.one().phase, "firing", "no data: it is kept");
    [agent.toldOffset, agent.toldOffsetAt] = [1, T0 + 360 * S];
    bench.run(30);
    assert.equal(bench.one().phase, "resolved");
  });
});

describe("a rule about a figure", () => {
  const OVER = { alert: "spent", of: "task", when: "cpu_seconds > 5" };

  test("hears a reading that came later, though the agent's clock now seems less far off", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0);
    const task = bench.fleet.addTask(agent, "web", T0);
    bench.start(OVER);
    // What an agent had kept comes all at once: the first seems to be of long ago.
    agent.clockOffset = -30;
    bench.fleet.feed(task, T0 - 30 * S, { cpu_seconds: 1 });
    agent.clockOffset = -1;
    bench.fleet.feed(task, T0 - 5 * S, { cpu_seconds: 9 });
    bench.run(10);
    assert.deepEqual(bench.told, [`10 spent/t${task.id} firing`]);
  });

  test("knows what came while a unit was read again", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0);
    const task = bench.fleet.addTask(agent, "web", T0);
    bench.start({ ...OVER, when: "cpu_seconds > 5 and memory_bytes > 100" });
    bench.fleet.feed(task, T0, { cpu_seconds: 1, memory_bytes: 200 });
    bench.run(10);
    assert.deepEqual(bench.told, []);
    // Of what is stored of a task the memory is none.
    bench.fleet.reread(task, T0 + 5 * S, { cpu_seconds: 9 });
    bench.run(10);
    assert.deepEqual(bench.told, [`20 spent/t${task.id} firing`]);
  });

  const begin = (rule: object) => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0, { labels: { rack: "r7" } as never });
    const task = bench.fleet.addTask(agent, "web", T0, { target: "nginx" });
    bench.start(rule);
    const feed = (cpu_percent: number) => () => bench.fleet.feed(task, bench.now, { cpu_percent });
    return { bench, agent, task, feed, id: task.id };
  };

  test("fires after its time, and ends by its other condition", () => {
    const { bench, feed, id } = begin({ ...HIGH, for: "30s", summary: "{task_id} of {rack} at {value}" });
    bench.run(20, feed(50));
    bench.run(20, feed(95));
    bench.run(20, feed(50)); // Too short.
    bench.run(50, feed(95));
    bench.run(30, feed(85)); // Not yet below the end.
    bench.run(20, feed(70));
    assert.deepEqual(bench.told, [`100 high/t${id} firing`, `150 high/t${id} resolved`]);
    const state = bench.one();
    assert.equal(state.summary, "web of r7 at 95.0%");
    assert.deepEqual(state.labels, {
      domain: "d",
      channel: "c",
      proplet_id: "h1",
      host: "h1.example",
      rack: "r7",
      task_id: "web",
      target: "nginx",
    });
  });

  test("stays for as long as it is kept", () => {
    const { bench, feed, id } = begin({ alert: "k", of: "task", when: "cpu_percent > 90", keep: "1m" });
    bench.run(10, feed(95));
    bench.run(50, feed(1));
    bench.run(20, feed(95));
    bench.run(70, feed(1));
    assert.deepEqual(bench.told, [`10 k/t${id} firing`, `140 k/t${id} resolved`]);
  });

  for (
    const [no_data, told] of [
      ["keep", ["10 n/ID firing"]],
      ["resolve", ["10 n/ID firing", "80 n/ID resolved"]],
      ["fire", ["10 n/ID firing"]],
    ] as const
  ) {
    test(`without figures: ${no_data}`, () => {
      const { bench, feed, agent, id } = begin({ alert: "n", of: "task", when: "cpu_percent > 90", no_data });
      bench.run(10, feed(95));
      bench.run(200, () => agent.lastSeen = bench.now);
      assert.deepEqual(bench.told.map((line) => line.replace(`t${id}`, "ID")), told);
    });
  }

  test("is over with its task", () => {
    const { bench, feed, task, id } = begin(HIGH);
    bench.run(10, feed(95));
    bench.fleet.setState(task, "ended", bench.now);
    bench.run(10);
    assert.deepEqual(bench.told, [`10 high/t${id} firing`, `20 high/t${id} resolved`]);
    bench.fleet.removeTask(task);
    bench.run(3 * 3_600, () => {});
    assert.equal(bench.states.size, 0);
  });

  test("neither repeats itself nor forgets by a restart", () => {
    const { bench, feed, id } = begin({ ...HIGH, for: "30s" });
    bench.run(20, feed(95));
    bench.start({ ...HIGH, for: "30s" });
    bench.run(30, feed(95));
    assert.deepEqual(bench.told, [`40 high/t${id} firing`]);
    bench.start({ ...HIGH, for: "30s" });
    bench.run(30, feed(95));
    bench.run(10, feed(10));
    assert.deepEqual(bench.told, [`40 high/t${id} firing`, `90 high/t${id} resolved`]);
  });

  test("that flaps is told of ever more seldom", () => {
    const { bench, task } = begin({ alert: "f", of: "task", when: "cpu_percent > 90" });
    bench.run(4 * 3_600, (second) => {
      bench.fleet.feed(task, bench.now, { cpu_percent: second % 40 < 20 ? 95 : 5 });
    });
    // Undamped it would have been 720.
    assert.equal(bench.told.length, 3);
    assert.equal(bench.one().phase, "firing");
    bench.run(2 * 60, () => bench.fleet.feed(task, bench.now, { cpu_percent: 1 }));
    assert.equal(bench.one().phase, "resolved");
  });

  test("is only about what it names", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h1", T0);
    const tasks = ["web-1", "web-2", "db-1"].map((name) => bench.fleet.addTask(agent, name, T0));
    bench.start({ ...HIGH, where: { task_id: ["web-*"], proplet_id: "h?" } });
    const late = bench.fleet.addTask(agent, "web-3", T0);
    bench.run(10, () => {
      for (const task of [...tasks, late]) bench.fleet.feed(task, bench.now, { cpu_percent: 99 });
    });
    assert.deepEqual([...bench.states.keys()], [tasks[0], tasks[1], late].map(({ id }) => `high/t${id}`));
  });
});

describe("functions of a window", () => {
  const value = (when: string, each: (second: number) => Record<string, number>, seconds = 600) => {
    const bench = new Bench();
    const task = bench.fleet.addTask(bench.fleet.addAgent("h1", T0), "t", T0);
    bench.start({ alert: "w", of: "task", when: `${when} > -1T` });
    let last = each(0).cpu_seconds ?? NaN;
    bench.run(seconds, (second) => {
      const values = each(second);
      const now = values.cpu_seconds ?? NaN;
      bench.fleet.feed(task, bench.now, values, { cpu_seconds: now >= last ? now - last : now });
      last = now;
    });
    return bench.one().value;
  };
  const lastFrom = (when: string, each: (second: number) => Record<string, number>) => {
    // The value that is shown is that of the beginning: a window has to be full by then.
    const bench = new Bench();
    const task = bench.fleet.addTask(bench.fleet.addAgent("h1", T0), "t", T0);
    bench.start({ alert: "w", of: "task", when: `${when} > -1T and memory_bytes == 1` });
    let last = each(0).cpu_seconds ?? NaN;
    bench.run(1_200, (second) => {
      const values = each(second);
      const now = values.cpu_seconds ?? NaN;
      const figures = { ...values, memory_bytes: second >= 1_200 ? 1 : 0 };
      bench.fleet.feed(task, bench.now, figures, { cpu_seconds: now >= last ? now - last : now });
      last = now;
    });
    return bench.one().value!;
  };

  test("are what arithmetic says", () => {
    const ramp = (second: number) => ({
      cpu_percent: second,
      cpu_seconds: second / 10,
      restart_count: Math.floor(second / 100),
    });
    // Ten minutes back from second 1,200: buckets of 50 s, of which the first begins at 650.
    const readings = [...Array(56).keys()].map((at) => 650 + at * 10);
    const mean = readings.reduce((sum, one) => sum + one) / readings.length;
    assert.equal(lastFrom("avg(cpu_percent, 10m)", ramp), mean);
    assert.equal(lastFrom("max(cpu_percent, 10m)", ramp), 1_200);
    assert.equal(lastFrom("min(cpu_percent, 10m)", ramp), 650);
    assert.equal(lastFrom("count(cpu_percent, 10m)", ramp), 56);
    assert.equal(lastFrom("delta(cpu_percent, 10m)", ramp), 550);
    assert.ok(Math.abs(lastFrom("increase(cpu_seconds, 10m)", ramp) - 56) < 1e-9);
    assert.ok(Math.abs(lastFrom("rate(cpu_seconds, 10m)", ramp) - 0.1) < 0.003);
    assert.equal(lastFrom("increase(restart_count, 10m)", ramp), 6);
    assert.ok(Math.abs(lastFrom("p95(cpu_percent, 10m)", ramp) - 1_170) <= 10);
    assert.ok(Math.abs(lastFrom("trend(cpu_percent, 10m, in: 1h)", ramp) - 4_800) < 40);
    assert.equal(lastFrom("100 * cpu_percent / 1200 + 1", ramp), 101);
  });

  test("count a restart's counter from nothing", () => {
    const saw = (second: number) => ({ cpu_seconds: second % 600 / 10 });
    assert.ok(lastFrom("increase(cpu_seconds, 20m)", saw) > 100);
  });

  test("are read at the beginning already, from what is open", () => {
    const fleet = new TestFleet();
    const task = fleet.addTask(fleet.addAgent("h1", T0), "t", T0);
    const { last } = task;
    fleet.opened.set(
      task.id,
      [100, 200, 300].map((value, at) => {
        const figures = last.slice();
        figures[0] = value;
        return { time: T0 - 60_000 + at * 10_000, figures, custom: null, begins: false };
      }),
    );
    const rule = toRule(ruleSchema.parse({ alert: "w", of: "task", when: "avg(cpu_percent, 5m) > 1" }));
    const evaluator = new Evaluator(fleet, [rule], [], T0);
    const [state] = evaluator.evaluate(T0).values();
    assert.equal(state?.value, 200);
    assert.equal(alertKey(state!), `w/t${task.id}`);
  });

  test("know nothing of nothing", () =>
    assert.equal(value("avg(cpu_percent, 1m)", () => ({ cpu_percent: 4 })), 4));
});

describe("rules of many", () => {
  test("are about all tasks of a unit, or of the fleet", () => {
    const bench = new Bench();
    const tasks = ["a", "b"].flatMap((channel) => {
      const agent = bench.fleet.addAgent(`h${channel}`, T0, { channel });
      return [1, 2, 3].map((at) => bench.fleet.addTask(agent, `t${at}`, T0));
    });
    bench.start(
      { alert: "sum", of: "unit", when: "sum(memory_bytes) > 10" },
      { alert: "few", of: "fleet", when: "count() < 7 and max(memory_bytes) == 6" },
    );
    bench.run(
      10,
      () => tasks.forEach((task, at) => bench.fleet.feed(task, bench.now, { memory_bytes: at + 1 })),
    );
    assert.deepEqual(bench.told, ["10 sum/ud/b firing", "10 few/fleet firing"]);
    assert.equal(bench.states.get("sum/ud/b")!.value, 15);
  });

  test("are about a unit though nothing is left in it, and about no other", () => {
    const bench = new Bench();
    const agents = ["a", "b"].map((domain) => bench.fleet.addAgent("h", T0, { domain }));
    const task = bench.fleet.addTask(agents[0], "t", T0);
    bench.start({ alert: "few", of: "unit", where: { domain: "a" }, when: "count() < 1" });
    bench.run(10, () => bench.fleet.feed(task, bench.now, { cpu_percent: 1 }));
    bench.fleet.setState(task, "ended", bench.now);
    bench.fleet.removeTask(task);
    bench.run(100);
    assert.deepEqual(bench.told, ["20 few/ua/c firing"]);
  });

  test("tell the odd one among its peers", () => {
    const bench = new Bench();
    const agent = bench.fleet.addAgent("h", T0);
    const tasks = [...Array(6).keys()].map((at) =>
      bench.fleet.addTask(agent, `t${at}`, T0, { target: "web" })
    );
    const few = [...Array(4).keys()].map((at) => bench.fleet.addTask(agent, `f${at}`, T0, { target: "few" }));
    bench.start({ alert: "odd", of: "task", when: "outlier(cpu_percent, by: target) > 5" });
    bench.run(10, () => {
      tasks.forEach((task, at) =>
        bench.fleet.feed(task, bench.now, { cpu_percent: at === 3 ? 95 : 20 + at })
      );
      few.forEach((task, at) => bench.fleet.feed(task, bench.now, { cpu_percent: at === 3 ? 95 : 20 }));
    });
    assert.deepEqual(bench.told, [`10 odd/t${tasks[3].id} firing`]);
  });
});

describe("an alert about a unit that is not known here", () => {
  const unitOf = (bench: Bench) => {
    const agent = bench.fleet.addAgent("h1", T0);
    const task = bench.fleet.addTask(agent, "t1", T0);
    const { units, agents, tasks } = bench.fleet;
    const leave = () => {
      units.delete(agent.unit);
      agents.delete(agent.id);
      bench.fleet.removeTask(task);
    };
    const comeBack = (cpu: number) => {
      units.set(agent.unit, new Set([agent]));
      agents.set(agent.id, agent);
      tasks.set(task.id, task);
      agent.tasks.set(task.taskId, task);
      bench.fleet.reread(task, bench.now, { cpu_percent: cpu });
    };
    const fire = () => bench.run(10, () => bench.fleet.feed(task, bench.now, { cpu_percent: 95 }));
    return { task, leave, comeBack, fire };
  };

  test("stays as it is, and goes on when the unit is back", () => {
    const bench = new Bench();
    const { task, leave, comeBack, fire } = unitOf(bench);
    bench.start(HIGH);
    fire();
    leave();
    // Places of what is gone are freed once a minute.
    bench.run(200);
    bench.start(HIGH);
    bench.run(200);
    assert.equal(bench.one().phase, "firing");
    comeBack(95);
    bench.run(20);
    assert.equal(bench.one().phase, "firing");
    bench.run(10, () => bench.fleet.feed(task, bench.now, { cpu_percent: 5 }));
    assert.deepEqual(bench.told, [`10 high/t${task.id} firing`, `440 high/t${task.id} resolved`]);
  });

  test("ends when the unit is not back for as long as an agent is remembered that has gone", () => {
    const bench = new Bench();
    const { leave, fire } = unitOf(bench);
    bench.start(HIGH);
    fire();
    leave();
    bench.now += 30 * 86_400 * S - 60 * S;
    bench.run(40);
    assert.equal(bench.one().phase, "firing");
    bench.run(60);
    assert.equal(bench.one().phase, "resolved");
  });
});
