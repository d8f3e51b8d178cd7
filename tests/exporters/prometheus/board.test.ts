import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { COUNTERS } from "../../../core/measure/metrics.ts";
import { Counters } from "../../../exporters/counters.ts";
import { Board } from "../../../exporters/prometheus/board.ts";
import { description, summary, taskMessage } from "../support/sample_messages.ts";

const MINUTE_MS = 60_000;

/** A board whose clock is in the test's hands. */
function boardAt(start = 0) {
  const clock = { nowMs: start };
  return { clock, board: new Board({ agent: "node-7" }, () => [], () => clock.nowMs) };
}

describe("counters", () => {
  test("never fall, whatever the messages say", () => {
    const value = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null });
    fc.assert(fc.property(fc.array(value), (values) => {
      const counters = new Counters();
      let highest: number | undefined;
      for (const now of values) {
        counters.take(taskMessage("t", { disk_read_bytes: now }).metrics);
        if (now !== null) highest = Math.max(now, highest ?? 0);
        assert.equal(counters.values.disk_read_bytes, highest);
      }
    }));
  });

  test("what a profile does not collect is not a counter", () => {
    const counters = new Counters();
    counters.take(
      taskMessage("t", Object.fromEntries(COUNTERS.map(({ name }) => [name, undefined]))).metrics,
    );
    assert.deepEqual(counters.values, {});
  });
});

describe("a board", () => {
  test("forgets a task that ended once its last values have arrived, and not before", () => {
    const { board } = boardAt();
    board.message(taskMessage("a"));
    board.message(taskMessage("b"));
    const early = board.snapshot();
    board.message(taskMessage("a", {}, "ended"));
    assert.equal(board.delivered(early, true), 2);
    assert.deepEqual([...board.tasks.keys()], ["a", "b"], "the last values of a have not arrived");
    assert.equal(board.delivered(board.snapshot(), true), 1);
    assert.deepEqual([...board.tasks.keys()], ["b"]);
    assert.equal(board.lostCount, 0);
  });

  test("waits for what a run tells at its end", () => {
    const { board } = boardAt();
    board.begin(description("a"));
    board.message(taskMessage("a", {}, "ended"));
    const before = board.snapshot();
    board.end("a", summary());
    board.delivered(before, true);
    assert.equal(board.tasks.get("a")?.summary?.exit_code, 3);
  });

  test("forgets a task that nobody asks for after five minutes, and counts it as lost", () => {
    const { board, clock } = boardAt();
    board.message(taskMessage("a", {}, "stopped"));
    clock.nowMs = 5 * MINUTE_MS;
    assert.equal(board.snapshot().size, 1);
    clock.nowMs++;
    assert.equal(board.snapshot().size, 0);
    assert.equal(board.lostCount, 1);
  });

  test("forgets the oldest of more than ten thousand that ended, with nobody asking", () => {
    const { board } = boardAt();
    for (let number = 0; number < 10_010; number++) board.message(taskMessage(`t${number}`, {}, "ended"));
    assert.equal(board.tasks.size, 10_000);
    assert.equal(board.lostCount, 10);
    assert.ok(!board.tasks.has("t9") && board.tasks.has("t10"));
  });

  test("a task that begins anew begins at zero, and outlives its predecessor's end", () => {
    const { board, clock } = boardAt();
    board.message(taskMessage("a", { cpu_seconds: 100 }, "ended"));
    clock.nowMs = 4 * MINUTE_MS;
    board.message(taskMessage("a", { cpu_seconds: 1 }));
    assert.equal(board.tasks.get("a")?.counters.values.cpu_seconds, 1);
    clock.nowMs = 60 * MINUTE_MS;
    board.delivered(board.snapshot(), true);
    assert.ok(board.tasks.has("a"));
  });

  test("keeps the start of a task though its uptime wavers", () => {
    const { board } = boardAt();
    board.message(taskMessage("a", { timestamp: "2026-01-15T10:30:00.250Z", uptime_seconds: 0.25 }));
    board.message(taskMessage("a", { timestamp: "2026-01-15T10:30:01.250Z", uptime_seconds: 1.2 }));
    assert.equal(board.tasks.get("a")?.startSeconds, Date.parse("2026-01-15T10:30:00Z") / 1_000);
  });

  test("counts at its end what went to nobody", () => {
    const { board } = boardAt();
    board.message(taskMessage("a"));
    board.message(taskMessage("b"));
    board.delivered(board.snapshot(), true);
    board.message(taskMessage("b"));
    board.close();
    assert.equal(board.lostCount, 1);
  });
});
