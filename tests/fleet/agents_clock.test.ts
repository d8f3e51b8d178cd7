import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AgentsClock, limitsBy } from "../../fleet/agents_clock.ts";
import { Admission } from "../../fleet/ingest/admission.ts";
import { Intake } from "../../fleet/ingest/intake.ts";

const T0 = Date.UTC(2026, 10, 30);
const MINUTE_MS = 60_000;

/** A machine whose clock is off, and agents that speak every ten seconds. */
class Bench {
  steady = 5_000;
  aheadMs: number;
  readonly clock: AgentsClock;

  /** @param established how many of the agents have been known for long: the first ones */
  constructor(aheadMs: number, established = 0) {
    this.aheadMs = aheadMs;
    this.clock = new AgentsClock(
      () => this.right + this.aheadMs,
      () => this.steady,
      (_, agent) => Number(agent) < established,
    );
  }

  get right(): number {
    return T0 + this.steady;
  }

  /** How far it is off now, in minutes. */
  get off(): number {
    return Math.round((this.clock.now() - this.right) / MINUTE_MS * 10) / 10 || 0;
  }

  /** @param ahead by agent: minutes that its clock is ahead of the right time */
  run(minutes: number, ...ahead: readonly number[]): this {
    for (let round = 0; round < 6 * minutes; round++) {
      this.steady += 10_000;
      for (const [at, minutes] of ahead.entries()) {
        this.clock.hear("d/c", `${at}`, this.right + minutes * MINUTE_MS - at);
      }
    }
    return this;
  }
}

describe("a manager that nothing but agents can tell the time", () => {
  test("goes by them when most of them say that it is later", () => {
    assert.equal(new Bench(-5 * MINUTE_MS).run(1, 0, 0, 0).off, 0);
    assert.equal(new Bench(-5 * MINUTE_MS).run(1, 0, 0, -300, -6).off, -5, "no more than half of them");
    assert.equal(new Bench(-90 * MINUTE_MS).run(1, 0, 0, 0, 7).off, 0);
  });

  test("is not moved by a single agent, by a few, or by those that are late", () => {
    for (const ahead of [[600], [600, 0], [600, 600, 0, 0], [-600, -600, -600], [0.9, 0.9, 0.9]]) {
      assert.equal(new Bench(0).run(1, ...ahead).off, 0, `${ahead}`);
    }
  });

  test("asks those alone that have been known for long, where there are two of them", () => {
    const made = Array.from({ length: 40 }, () => 600);
    assert.equal(new Bench(0, 2).run(1, 0, 0, ...made).off, 0);
    assert.equal(new Bench(0, 1).run(1, 0, ...made).off, 600, "one of them is not more than others are");
    assert.equal(new Bench(-5 * MINUTE_MS, 2).run(1, 0, 0, ...made.map(() => -5)).off, 0);
  });

  test("hears those that have been known for long, however many names were there before", () => {
    const bench = new Bench(0, 2);
    for (let at = 2; at < 20_010; at++) bench.clock.hear("d/c", `${at}`, bench.right + 600 * MINUTE_MS);
    bench.run(1, 0, 0);
    assert.equal(bench.off, 0);
  });

  test("believes nobody who says that it is more than a day later", () => {
    assert.equal(new Bench(0).run(1, 1e6, 1e6, 1e6).off, 1_440);
  });

  test("forgets all of it when its own clock is set", () => {
    const bench = new Bench(-5 * MINUTE_MS).run(1, 0, 0, 0);
    bench.aheadMs = 0;
    assert.equal(bench.off, 0);
    assert.equal(bench.run(1, 0, 0, 0).clock.aheadMs, 0);
  });

  test("forgets agents that have fallen silent, and follows those that correct themselves", () => {
    const bench = new Bench(0).run(1, 30, 30, 30);
    assert.equal(bench.off, 30);
    assert.equal(bench.run(3, 0, 0, 0).off, 0);
    bench.run(1, 30, 30, 30, 0, 0);
    assert.equal(bench.run(12, 0, 0).off, 0);
  });

  test("takes in samples that would be of the future by its own clock, from the second agent on", () => {
    const bench = new Bench(-10 * MINUTE_MS);
    const intake = new Intake({
      heard: ({ unit, agent, time }) => bench.clock.hear(unit, agent, time),
    });
    const send = (agent: string) => {
      bench.steady += 1_000;
      const message = {
        ...{ proplet_id: agent, task_id: "job", timestamp: new Date(bench.right).toISOString() },
        metrics: { cpu_seconds: 1 },
      };
      const payload = new TextEncoder().encode(JSON.stringify(message));
      const topic = "m/d/c/c/control/proplet/task_metrics";
      return intake.take({ topic, payload, receivedAt: bench.clock.now(), isRetained: false }).length;
    };
    assert.deepEqual(["a", "b", "a", "b", "c"].map(send), [0, 0, 1, 1, 1]);
    assert.deepEqual([...intake.refusals.totals], [["future", 2]]);
  });

  const HOUR = 60;
  const DAY = 24 * HOUR;

  test("tells that it is ahead of most of them once that stays so, and goes by its own clock", () => {
    const bench = new Bench(HOUR * MINUTE_MS).run(9, 0, 0, 0);
    assert.deepEqual([bench.off, bench.clock.aheadMs], [60, 0], "what has waited looks alike");
    assert.equal(Math.round(bench.clock.agentsBehindMs / MINUTE_MS), 60);
    bench.run(2, 0, 0, 0);
    assert.deepEqual([bench.off, Math.round(bench.clock.aheadMs / MINUTE_MS)], [60, 60]);
    bench.aheadMs = 0;
    bench.run(1, 0, 0, 0);
    assert.deepEqual([bench.off, bench.clock.aheadMs, bench.clock.agentsBehindMs], [0, 0, 0]);
  });

  test("takes what has waited, and comes less and less late, for no clock", () => {
    const bench = new Bench(0);
    for (let minute = 0; minute < 30; minute++) {
      bench.run(1, minute - 40, minute - 40, minute - 40);
      assert.equal(bench.clock.aheadMs, 0, `${minute}`);
    }
  });

  test("is not told that it is ahead by one agent, or by a few", () => {
    for (const behind of [[-60], [-60, 0], [-60, -60, 0, 0], [-0.9, -0.9]]) {
      const { clock } = new Bench(0).run(15, ...behind);
      assert.deepEqual([clock.aheadMs, clock.agentsBehindMs], [0, 0], `${behind}`);
    }
  });

  test("throws nothing away that is new by its agents, and too old by a clock that is fast", () => {
    const bench = new Bench(30 * DAY * MINUTE_MS);
    let isRestoring = false;
    const intake = new Intake({
      limits: limitsBy(bench.clock, 14 * DAY * MINUTE_MS, () => isRestoring),
      heard: ({ unit, agent, time }) => bench.clock.hear(unit, agent, time),
    });
    const message = (agent: string, at: number) => {
      const fields = { proplet_id: agent, task_id: "job", timestamp: new Date(at).toISOString() };
      const payload = new TextEncoder().encode(JSON.stringify({ ...fields, metrics: { cpu_seconds: 1 } }));
      const topic = "m/d/c/c/control/proplet/task_metrics";
      return { topic, payload, receivedAt: bench.clock.now(), isRetained: false };
    };
    const send = (agent: string, agoDays = 0) => {
      bench.steady += 1_000;
      return intake.take(message(agent, bench.right - agoDays * DAY * MINUTE_MS));
    };
    assert.deepEqual(["a", "b", "a", "b", "c"].map((agent) => send(agent).length), [0, 0, 1, 1, 1]);
    const [{ kind, ...taken }] = send("a");
    assert.deepEqual([kind, "time" in taken && taken.time], ["sample", bench.right], "by its own time");
    assert.equal(send("a", 13).length, 1);
    assert.equal(send("a", 15).length, 0);
    // After a restart nobody has spoken yet.
    const restarted = new Bench(30 * DAY * MINUTE_MS);
    isRestoring = true;
    const again = new Intake({
      limits: limitsBy(restarted.clock, 14 * DAY * MINUTE_MS, () => isRestoring),
    });
    assert.equal(again.again(message("a", bench.right)).length, 1);
    isRestoring = false;
    assert.equal(again.take(message("a", bench.right)).length, 0);
  });

  test("has known an agent for long that was heard of for an hour, now or before a restart", () => {
    const past = new Map([["old", { firstSeen: T0, lastSeen: T0 + 60 * MINUTE_MS }]]);
    const admission = new Admission(undefined, (_, agent) => past.get(agent));
    const is = () => ["old", "kept", "new"].map((agent) => admission.isEstablished("d/c", agent));
    assert.deepEqual(is(), [true, false, false]);
    admission.remember("d/c", "kept", "job", T0 + 60 * MINUTE_MS, T0);
    admission.remember("d/c", "new", "job", T0 + 60 * MINUTE_MS, T0 + MINUTE_MS);
    assert.deepEqual(is(), [true, true, false]);
  });
});
