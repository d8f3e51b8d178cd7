import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { TaskSample } from "../../../fleet/model/arrival.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import { noFigures } from "../../../fleet/model/column.ts";
import { Admission } from "../../../fleet/ingest/admission.ts";
import { Bucket } from "../../../fleet/ingest/bucket.ts";
import { ADMISSION_LIMITS } from "../../../fleet/ingest/limits.ts";
import type { AdmissionLimits } from "../../../fleet/ingest/limits.ts";
import { NOW } from "../support/ingest.ts";

const HOUR = 3_600_000;
const UNIT = "factory/line-1";

function sample(propletId: string, taskId: string, more: Partial<TaskSample> = {}): TaskSample {
  return {
    kind: "sample",
    sender: { unit: UNIT, propletId, agentId: null },
    taskId,
    time: NOW,
    isApproximate: false,
    figures: noFigures(),
    custom: null,
    state: "running",
    facts: null,
    quality: null,
    isEmbedded: false,
    ...more,
  };
}

function admission(limits: Partial<AdmissionLimits>): Admission {
  return new Admission({ ...ADMISSION_LIMITS, ...limits });
}

/** Why a sample is refused; "in" where it is not. */
function outcome(
  of: Admission,
  agent: string,
  task: string,
  now = NOW,
  more: Partial<TaskSample> = {},
): string {
  const { arrival, fault } = of.admit(sample(agent, task, more), now);
  assert.equal(arrival === null, fault !== null);
  return fault?.reason ?? "in";
}

describe("a bucket", () => {
  test("is full at first, fills at its rate, and never beyond", () => {
    const bucket = new Bucket({ perSecond: 2, most: 3 }, 0);
    assert.deepEqual([1, 2, 3, 4].map(() => bucket.take(0)), [true, true, true, false]);
    assert.equal(bucket.take(499), false);
    assert.equal(bucket.take(500), true);
    assert.equal(bucket.left(1e9), 3);
  });

  test("keeps debts, but not for ever", () => {
    const bucket = new Bucket({ perSecond: 1, most: 10 }, 0);
    bucket.spend(1e9, 0);
    assert.equal(bucket.left(0), -10);
    assert.equal(bucket.left(11_000), 1);
  });

  test("never has more than it may, wherever the clock goes", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(20))), (steps) => {
      const bucket = new Bucket({ perSecond: 1, most: 10 }, 0);
      let [spent, forward, last] = [0, 0, 0];
      for (const [now, count] of steps) {
        forward += Math.max(0, now - last);
        last = now;
        for (let number = 0; number < count; number++) if (bucket.take(now)) spent++;
        assert.ok(bucket.left(now) >= 0 && bucket.left(now) <= 10);
      }
      assert.ok(spent <= 10 + forward / 1_000);
    }));
  });
});

describe("agents where there is room for no more", () => {
  const MINUTE = 60_000;
  const flooded = (limits: Partial<AdmissionLimits> = {}, history?: Admission["history"]) =>
    new Admission({ ...ADMISSION_LIMITS, agentsOfUnit: 100, ...limits }, history);
  const flood = (own: Admission, from: number, count: number, now: number) => {
    for (let at = from; at < from + count; at++) outcome(own, `made-up-${at}`, "t", now);
  };

  test("names that were heard of once give their places to those that come, and never to more than some", () => {
    const own = flooded({ replacedAgents: { perSecond: 0, most: 3 } });
    flood(own, 0, 100, NOW);
    assert.equal(outcome(own, "late", "t", NOW + MINUTE - 1), "agents", "they may yet be heard of again");
    assert.deepEqual([...own.fullUnits(NOW + MINUTE)], [UNIT]);
    for (const name of ["a", "b", "c"]) assert.equal(outcome(own, name, "t", NOW + MINUTE), "in");
    assert.equal(outcome(own, "d", "t", NOW + MINUTE), "agents");
    assert.deepEqual([...own.fullUnits(NOW + 2 * HOUR)], []);
  });

  test("who has been heard of for long keeps his, however many come", () => {
    const own = flooded();
    for (let at = 0; at <= 60; at++) {
      for (let agent = 0; agent < 50; agent++) outcome(own, `real-${agent}`, "t", NOW + at * MINUTE);
    }
    const now = NOW + 60 * MINUTE;
    for (let at = 0; at < 20; at++) flood(own, at * 200, 200, now + at * 2 * MINUTE);
    for (let agent = 0; agent < 50; agent++) {
      assert.equal(own.admit(sample(`real-${agent}`, "t"), now + HOUR).fault, null);
    }
  });

  test("who comes back after days finds a place, though all are taken by names heard of this moment", () => {
    const history = (_: UnitKey, name: string) =>
      name.startsWith("real") ? { firstSeen: NOW - 100 * HOUR, lastSeen: NOW - 48 * HOUR } : undefined;
    const own = flooded({ newAgents: { perSecond: 0, most: 100 } }, history);
    flood(own, 0, 200, NOW);
    for (let agent = 0; agent < 100; agent++) assert.equal(outcome(own, `real-${agent}`, "t"), "in");
    assert.equal(outcome(own, "made-up-500", "t", NOW + 2 * MINUTE), "agents");
  });

  test("those of one unit do not lock out the agents of another", () => {
    const own = flooded({ agentsOfUnit: 1_000, agents: 100 });
    flood(own, 0, 100, NOW);
    const other = { sender: { unit: "other/line" as UnitKey, propletId: "h1", agentId: null } };
    assert.equal(own.admit(sample("h1", "t", other), NOW + MINUTE).fault, null);
  });
});

describe("who may send how much", () => {
  test("tasks of an agent: the newest are refused, those that are there go on, neighbours have theirs", () => {
    const own = admission({ tasksOfAgent: 3 });
    assert.deepEqual(["a", "b", "c", "d"].map((task) => outcome(own, "h1", task)), [
      "in",
      "in",
      "in",
      "agent_tasks",
    ]);
    assert.deepEqual(["a", "b", "c"].map((task) => outcome(own, "h1", task, NOW + 1)), ["in", "in", "in"]);
    assert.deepEqual(["a", "b", "c"].map((task) => outcome(own, "h2", task)), ["in", "in", "in"]);
  });

  test("tasks that have ended, or are silent for long, make room", () => {
    const own = admission({ tasksOfAgent: 2 });
    outcome(own, "h1", "a");
    assert.equal(outcome(own, "h1", "b", NOW, { state: "ended" }), "in");
    assert.equal(outcome(own, "h1", "c", NOW + 1), "in");
    assert.equal(outcome(own, "h1", "d", NOW + 2), "agent_tasks");
    outcome(own, "h1", "c", NOW + 23 * HOUR);
    assert.equal(outcome(own, "h1", "d", NOW + 25 * HOUR), "in");
    assert.equal(outcome(own, "h1", "a", NOW + 25 * HOUR), "agent_tasks");
  });

  test("new tasks in an hour", () => {
    const own = admission({ newTasks: { perSecond: 10 / 3_600, most: 10 } });
    const count = (from: number, now: number) =>
      Array.from({ length: 100 }, (_, at) => outcome(own, "h1", `t${from + at}`, now)).filter((is) =>
        is === "in"
      ).length;
    assert.equal(count(0, NOW), 10);
    assert.equal(count(100, NOW + HOUR / 2), 5);
    assert.equal(outcome(own, "h1", "t0", NOW), "in");
    assert.equal(outcome(own, "h1", "other", NOW + HOUR / 2), "new_tasks");
  });

  test("tasks of a unit, and of all", () => {
    const own = admission({ tasksOfUnit: 2, tasks: 3 });
    assert.deepEqual([outcome(own, "h1", "a"), outcome(own, "h2", "a"), outcome(own, "h2", "b")], [
      "in",
      "in",
      "tasks",
    ]);
    const other = { unit: "d/other", propletId: "h1", agentId: null } as const;
    assert.equal(outcome(own, "", "a", NOW, { sender: other }), "in");
    assert.equal(outcome(own, "", "b", NOW, { sender: other }), "tasks");
  });

  test("agents of a unit: new ones at a rate, and so many in all; one that has gone makes room after a day", () => {
    const replacedAgents = { perSecond: 0, most: 0 };
    const own = admission({ newAgents: { perSecond: 1, most: 2 }, agentsOfUnit: 3, replacedAgents });
    assert.deepEqual(["a", "b", "c"].map((agent) => outcome(own, agent, "t")), ["in", "in", "new_agents"]);
    assert.equal(outcome(own, "c", "t", NOW + 1_000), "in");
    assert.equal(outcome(own, "d", "t", NOW + HOUR), "agents");
    assert.equal(outcome(own, "a", "t", NOW + 20 * HOUR), "in");
    assert.equal(outcome(own, "d", "t", NOW + 25 * HOUR), "in");
    assert.equal(outcome(own, "a", "t", NOW + 25 * HOUR), "in");
  });

  test("units", () => {
    const own = admission({ units: 1 });
    assert.equal(outcome(own, "h", "t"), "in");
    const sender = { unit: "d/other", propletId: "h", agentId: null } as const;
    assert.equal(outcome(own, "h", "t", NOW, { sender }), "units");
    assert.equal(own.charge("d/other", "h", { count: 1, bytes: 1 }, NOW), "units");
  });

  test("units that nothing but a name is known of make room for one that has agents", () => {
    const own = admission({ units: 100 });
    for (let number = 0; number < 1_000; number++) {
      assert.equal(own.charge(`evil-${number}/c`, null, { count: 1, bytes: 1 }, NOW), null);
    }
    assert.equal(outcome(own, "h", "t"), "in");
  });

  test("units of which no agent was heard for long make room, and take their agents and tasks along", () => {
    const own = admission({ units: 1_000, agents: 1_000, tasks: 1_000 });
    const send = (unit: UnitKey, now: number) =>
      outcome(own, "h", "t", now, { sender: { unit, propletId: "h", agentId: null } });
    for (let number = 0; number < 1_000; number++) assert.equal(send(`d/${number}`, NOW), "in");
    assert.equal(send("d/new", NOW + 23 * HOUR), "units");
    // All but one live on; the one is found, though only some are looked through each time.
    for (let number = 0; number < 1_000; number++) {
      if (number !== 700) assert.equal(send(`d/${number}`, NOW + 23 * HOUR), "in");
    }
    let tries = 1;
    while (send("d/new", NOW + 25 * HOUR) !== "in") tries++;
    assert.ok(tries > 1 && tries <= 16, `${tries} tries`);
    assert.equal(send("d/700", NOW + 25 * HOUR), "units");
    assert.equal(send("d/0", NOW + 25 * HOUR), "in", "one that lives stays");
    // After 90 days of silence all of them do, at once.
    assert.equal(send("d/other", NOW + 90 * 24 * HOUR), "in");
  });

  test("a unit that has made room begins like any other one", () => {
    const own = admission({ units: 1, agents: 1, tasks: 1 });
    const sender = { unit: "d/other", propletId: "h", agentId: null } as const;
    assert.equal(outcome(own, "h", "t"), "in");
    assert.equal(outcome(own, "h", "t", NOW + 25 * HOUR, { sender }), "in");
    assert.equal(outcome(own, "h", "t", NOW + 25 * HOUR), "units");
    assert.equal(outcome(own, "h", "t", NOW + 50 * HOUR), "in");
  });

  test("names of custom figures: the sample goes on without them", () => {
    const own = admission({ customNamesOfAgent: 2 });
    const admit = (names: string[], now = NOW) => {
      const custom = new Map(names.map((name, at) => [name, at]));
      const { arrival, fault } = own.admit(sample("h1", "t", { custom }), now);
      return [
        (arrival as TaskSample).custom && [...(arrival as TaskSample).custom!.keys()],
        fault?.reason,
        fault?.isPartial,
      ];
    };
    assert.deepEqual(admit(["a", "b", "c"]), [["a", "b"], "agent_custom_names", true]);
    assert.deepEqual(admit(["b", "a"]), [["b", "a"], undefined, undefined]);
    assert.deepEqual(admit(["d"]), [null, "agent_custom_names", true]);
    assert.deepEqual(admit(["d"], NOW + 24 * HOUR), [["d"], undefined, undefined]);
  });

  test("messages of an agent at a rate; of one that its topic names nothing more is unpacked", () => {
    const own = admission({ messages: { perSecond: 1, most: 5 } });
    outcome(own, "h1", "t");
    assert.equal(own.charge(UNIT, "h1", { count: 10, bytes: 100 }, NOW), null);
    assert.equal(own.charge(UNIT, "h1", { count: 1, bytes: 100 }, NOW), "rate");
    assert.deepEqual(own.opens(UNIT, "h1", NOW), { reason: "rate" });
    assert.deepEqual(own.opens(UNIT, "h2", NOW), { bodyBytes: Infinity });
    assert.deepEqual(own.opens(UNIT, null, NOW), { bodyBytes: Infinity });
    assert.deepEqual(own.opens(UNIT, "h1", NOW + 8_000), { bodyBytes: Infinity });
  });

  test("what is known from before a restart is there, whatever the bounds are by now", () => {
    const own = admission({ tasksOfAgent: 1, newTasks: { perSecond: 0, most: 0 } });
    for (const task of ["a", "b"]) own.remember(UNIT, "h1", task, NOW);
    assert.deepEqual(["a", "b", "c"].map((task) => outcome(own, "h1", task)), ["in", "in", "agent_tasks"]);
  });

  test("a host with 2,000 processes is let in at once, and after an hour without its broker", () => {
    const own = new Admission();
    for (let task = 0; task < 2_000; task++) assert.equal(outcome(own, "h1", `t${task}`), "in");
    for (let publish = 0; publish < 7_200; publish++) {
      assert.equal(own.charge(UNIT, "h1", { count: 100, bytes: 90_000 }, NOW + publish), null);
    }
  });

  test("a million names, and a million agents, cost no more memory than the bounds say", () => {
    const own = admission({ agentsOfUnit: 100, newAgents: { perSecond: 1e9, most: 1e9 }, tasksOfAgent: 50 });
    const taken = new Map<string, number>();
    for (let number = 0; number < 1_000_000; number++) {
      const is = outcome(own, number % 2 === 0 ? "one" : `agent-${number}`, `task-${number}`);
      taken.set(is, (taken.get(is) ?? 0) + 1);
    }
    assert.deepEqual(Object.fromEntries(taken), { in: 50 + 99, agent_tasks: 499_950, agents: 499_901 });
  });
});
