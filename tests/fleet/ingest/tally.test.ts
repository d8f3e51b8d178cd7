import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Intake } from "../../../fleet/ingest/intake.ts";
import { Tally } from "../../../fleet/ingest/tally.ts";
import { NOW, NOW_TEXT, published, taskMessage, TASKS } from "../support/ingest.ts";

const one = { messages: 10, samples: 5, bytes: 100, lastTime: null };

describe("how taking in goes", () => {
  test("is counted by unit, with rates of the last minute", () => {
    const tally = new Tally(10);
    for (let second = 0; second < 300; second++) tally.add("d/c", one, NOW + second * 1_000);
    tally.add("d/other", { ...one, lastTime: NOW - 1_500 }, NOW);
    const [unit, other] = tally.units(NOW + 300_000);
    assert.deepEqual([unit.messages, unit.samples, unit.bytes, unit.lagSeconds], [
      3_000,
      1_500,
      30_000,
      null,
    ]);
    assert.deepEqual([unit.messagesPerSecond, unit.samplesPerSecond], [10, 5]);
    assert.deepEqual([other.unit, other.lagSeconds, other.messagesPerSecond], ["d/other", 1.5, 0]);
    const [later] = tally.units(NOW + 400_000);
    assert.deepEqual([later.messages, later.messagesPerSecond], [3_000, 0]);
  });

  test("of a unit that is new the rate is that of its time so far", () => {
    const tally = new Tally(10);
    for (let second = 0; second < 20; second++) tally.add("d/c", one, NOW + 3_000 + second * 1_000);
    const [unit] = tally.units(NOW + 3_000 + 20_000);
    assert.equal(unit.messagesPerSecond, 10);
  });

  test("units are so many at most", () => {
    const tally = new Tally(2);
    for (let number = 0; number < 5; number++) tally.add(`d/${number}`, one, NOW);
    assert.equal([...tally.units(NOW)].length, 2);
  });

  test("the door counts what it reads, and how late samples are", () => {
    const intake = new Intake();
    const body = [taskMessage(), taskMessage({ task_id: "db" }), taskMessage({ state: "odd" })];
    const { payload } = published(TASKS, body);
    intake.take(published(TASKS, payload, { receivedAt: Date.parse(NOW_TEXT) + 2_000 }));
    const [{ unit, messages, samples, bytes, lagSeconds }] = intake.tally.units(NOW + 2_000);
    assert.deepEqual([unit, messages, samples, bytes, lagSeconds], [
      "factory/line-1",
      3,
      2,
      payload.byteLength,
      2,
    ]);
  });
});
