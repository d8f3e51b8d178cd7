import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Evaluator } from "../../../../fleet/alert/evaluate/evaluator.ts";
import type { AlertState } from "../../../../fleet/alert/evaluate/alert_state.ts";
import { ruleSchema, toRule } from "../../../../fleet/alert/rules/rule_schema.ts";
import { TestFleet } from "../../support/alerts_fleet.ts";
import type { TestAgent } from "../../support/alerts_fleet.ts";

const T0 = Date.UTC(2026, 0, 5);
const S = 1_000;
const GONE = { alert: "gone", of: "host", when: "absent", for: "60s" };

/** Hosts that speak every ten seconds, for as long as they are alive. */
class Hosts {
  readonly fleet = new TestFleet();
  readonly agents: TestAgent[] = [];
  readonly states = new Map<string, AlertState>();
  readonly told: { readonly second: number; readonly key: string; readonly phase: string }[] = [];
  now = T0;
  evaluator!: Evaluator;

  constructor(count: number, where: (at: number) => object = () => ({})) {
    for (let at = 0; at < count; at++) this.agents.push(this.fleet.addAgent(`h${at}`, T0, where(at)));
  }

  start(...rules: object[]): this {
    this.evaluator?.close();
    const parsed = rules.map((rule) => toRule(ruleSchema.parse(rule)));
    this.evaluator = new Evaluator(this.fleet, parsed, this.states.values(), this.now);
    return this;
  }

  /** @param speaks whether a host speaks at a second */
  run(seconds: number, speaks: (at: number, second: number) => boolean): void {
    for (let step = 0; step < seconds / 10; step++) {
      this.now += 10 * S;
      const second = (this.now - T0) / S;
      this.agents.forEach((agent, at) => {
        if (speaks(at, second)) agent.lastSeen = this.now - (at % 10) * 900;
      });
      this.evaluate();
    }
  }

  evaluate(): void {
    for (const [key, state] of this.evaluator.evaluate(this.now)) {
      const before = this.states.get(key)?.transition ?? 0;
      if (state === null) this.states.delete(key);
      else this.states.set(key, state);
      if (state && state.transition !== before) {
        this.told.push({ second: (this.now - T0) / S, key, phase: state.phase });
      }
    }
  }

  get lines(): string[] {
    return this.told.map(({ second, key, phase }) => `${second} ${key} ${phase}`);
  }
}

describe("absence", () => {
  test("of each of 10,000 hosts is told within 30 s after its deadline, and so is its return", () => {
    const hosts = new Hosts(10_000).start(GONE);
    // Each goes at a time of its own; the last stays.
    const goneAt = (at: number) => 100 + at % 1_000;
    hosts.run(1_400, (at, second) => at === 9_999 || second < goneAt(at));
    assert.equal(hosts.told.length, 9_999);
    const late = hosts.told.map(({ second, key }) => {
      const agent = hosts.fleet.agents.get(Number(key.slice("gone/a".length)))!;
      return second - ((agent.lastSeen - T0) / S + 60);
    });
    assert.ok(Math.min(...late) >= 0, `${Math.min(...late)}`);
    assert.ok(Math.max(...late) <= 30, `${Math.max(...late)}`);
    hosts.told.length = 0;
    hosts.run(20, () => true);
    assert.equal(hosts.told.filter(({ phase }) => phase === "resolved").length, 9_999);
  });

  test("of all of a unit at once is one alert, and of the broker another", () => {
    const hosts = new Hosts(1_000, (at) => ({ channel: at < 600 ? "a" : "b" })).start(GONE);
    hosts.run(100, () => true);
    hosts.run(200, (at) => at >= 600);
    assert.deepEqual(hosts.lines, ["160 gone/ud/a firing"]);
    assert.equal(hosts.states.get("gone/ud/a")!.summary, "d/a: all 600 hosts fell silent at once");
    hosts.run(20, () => true);
    assert.deepEqual(hosts.lines.slice(1), ["310 gone/ud/a resolved"]);
    hosts.told.length = 0;
    for (const unit of hosts.fleet.units.keys()) hosts.fleet.listening.set(unit, null);
    hosts.run(600, () => false);
    assert.deepEqual(hosts.lines, ["390 gone/broker firing"]);
    assert.deepEqual(hosts.states.get("gone/broker")!.units, ["d/a", "d/b"]);
    // It is back, and three hosts are not.
    for (const unit of hosts.fleet.units.keys()) hosts.fleet.listening.set(unit, hosts.now);
    hosts.run(100, (at) => at >= 3);
    assert.deepEqual(hosts.lines.slice(1), [
      "930 gone/broker resolved",
      ...[0, 1, 2].map((at) => `980 gone/a${hosts.agents[at].id} firing`),
    ]);
  });

  test("by its own word is none, unless it is asked for", () => {
    const hosts = new Hosts(3).start(GONE, { ...GONE, alert: "off", planned: true, for: "0s" });
    hosts.run(100, () => true);
    hosts.fleet.setPresence(hosts.agents[1], "offline", hosts.now);
    hosts.run(300, (at) => at !== 1);
    assert.deepEqual(hosts.lines, [`110 off/a${hosts.agents[1].id} firing`]);
  });

  test("by a will is told at once", () => {
    const hosts = new Hosts(3).start({ ...GONE, for: "0s" });
    hosts.run(100, () => true);
    hosts.fleet.setPresence(hosts.agents[1], "lost", hosts.now);
    hosts.run(60, (at) => at !== 1);
    assert.deepEqual(hosts.lines, [`130 gone/a${hosts.agents[1].id} firing`]);
  });

  test("is not waited for where hosts come and go", () => {
    const hosts = new Hosts(3, (at) => ({ labels: at === 1 ? { ephemeral: "true" } : {} })).start(GONE);
    hosts.run(400, (at) => at !== 1);
    hosts.fleet.setPresence(hosts.agents[1], "lost", hosts.now);
    hosts.run(400, (at) => at !== 1);
    assert.deepEqual(hosts.lines, []);
  });

  test("is not ours: after a lag of the manager everybody has time to speak", () => {
    const hosts = new Hosts(50).start(GONE);
    hosts.run(100, () => true);
    hosts.now += 600 * S;
    hosts.evaluate();
    hosts.run(50, (_, second) => second > 740);
    assert.deepEqual(hosts.lines, []);
    hosts.run(100, (at) => at > 0);
    assert.deepEqual(hosts.lines, [`810 gone/a${hosts.agents[0].id} firing`]);
  });

  test("is neither told again nor forgotten by a restart of the manager", () => {
    const hosts = new Hosts(20).start(GONE);
    hosts.run(100, () => true);
    hosts.run(100, (at) => at !== 4);
    const told = [`160 gone/a${hosts.agents[4].id} firing`];
    assert.deepEqual(hosts.lines, told);
    hosts.now += 300 * S;
    hosts.fleet.listening.set("d/c", hosts.now);
    hosts.start(GONE).run(200, (at) => at !== 4);
    assert.deepEqual(hosts.lines, told);
    hosts.run(10, () => true);
    assert.deepEqual(hosts.lines.slice(1), [`710 gone/a${hosts.agents[4].id} resolved`]);
  });

  test("of a unit is told by a rule of units alone, where there is one", () => {
    const hosts = new Hosts(30).start(GONE, { alert: "unit", of: "unit", when: "absent", for: "30s" });
    hosts.run(300, (_, second) => second < 100);
    assert.deepEqual(hosts.lines, ["150 unit/ud/c firing"]);
  });

  test("of a task is that of its agent, or its own", () => {
    const hosts = new Hosts(3);
    const rule = { alert: "task", of: "task", when: "absent", for: "0s" };
    const tasks = hosts.agents.flatMap((agent) =>
      ["a", "b"].map((name) => hosts.fleet.addTask(agent, name, T0))
    );
    hosts.start(rule);
    const feed = (skipped: readonly number[]) => {
      hosts.now += 10 * S;
      tasks.forEach((task, at) => {
        if (!skipped.includes(at)) hosts.fleet.feed(task, hosts.now, { cpu_percent: 1 });
      });
      hosts.evaluate();
    };
    for (let at = 0; at < 5; at++) feed([]);
    // A task of a host that lives, and both of one that does not.
    for (let at = 0; at < 12; at++) feed([0, 2, 3]);
    assert.deepEqual(hosts.lines, [`110 task/t${tasks[0].id} firing`]);
    hosts.fleet.setState(tasks[0], "ended", hosts.now);
    feed([0, 2, 3]);
    assert.deepEqual(hosts.lines.slice(1), [`180 task/t${tasks[0].id} resolved`]);
  });
});
