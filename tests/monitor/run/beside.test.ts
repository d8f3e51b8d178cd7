/* Something recurring beside a piece of work. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { beside } from "../../../monitor/run/beside.ts";

describe("beside", () => {
  test("has its turns while the work lasts, and none afterwards", async () => {
    let count = 0;
    const given = await beside({ sleepMs: () => 2, tick: () => void count++ }, async () => {
      await pause(200);
      return "done";
    });
    assert.equal(given, "done");
    assert.ok(count >= 3, `${count} turns`);
    const before = count;
    await pause(30);
    assert.equal(count, before);
  });

  test("leaves the work whole where a turn fails, and then throws that", async () => {
    let [count, isDone] = [0, false];
    const tick = () => {
      count++;
      throw new Error("no turn");
    };
    const work = async () => {
      await pause(60);
      isDone = true;
    };
    await assert.rejects(beside({ sleepMs: () => 0, tick }, work), /no turn/);
    assert.deepEqual([count, isDone], [1, true]);
  });

  test("has no turn where none is needed, and ends with work that fails", async () => {
    const recurring = { sleepMs: () => Infinity, tick: () => assert.fail("a turn") };
    const work = async () => {
      await pause(10);
      throw new Error("no work");
    };
    await assert.rejects(beside(recurring, work), /no work/);
  });
});
