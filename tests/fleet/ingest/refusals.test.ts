import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Fault } from "../../../fleet/ingest/fault.ts";
import { readMessage } from "../../../fleet/ingest/read_message.ts";
import { Refusals } from "../../../fleet/ingest/refusals.ts";
import { NOW, published, taskMessage, TASKS } from "../support/ingest.ts";

const fault = (agent: string | null, more: Partial<Fault> = {}): Fault => ({
  reason: "json",
  unit: "factory/line-1",
  agent,
  detail: null,
  ...more,
});

function refuse(body: unknown): Refusals {
  const refusals = new Refusals();
  const publish = published(TASKS, body);
  for (const one of readMessage(publish).faults) refusals.add(one, publish);
  return refusals;
}

describe("refusals", () => {
  test("are counted by agent and reason, and in all", () => {
    const refusals = new Refusals();
    for (
      const [agent, reason, at] of [["a", "json", 1], ["a", "json", 2], ["a", "future", 3], [
        null,
        "json",
        4,
      ]] as const
    ) {
      refusals.add(fault(agent, { reason }), published(TASKS, {}, { receivedAt: NOW + at }));
    }
    assert.deepEqual([...refusals.counts()], [
      { unit: "factory/line-1", agent: "a", reason: "json", count: 2, lastAt: NOW + 2 },
      { unit: "factory/line-1", agent: "a", reason: "future", count: 1, lastAt: NOW + 3 },
      { unit: "factory/line-1", agent: null, reason: "json", count: 1, lastAt: NOW + 4 },
    ]);
    assert.deepEqual([...refusals.totals], [["json", 3], ["future", 1]]);
  });

  test("say what is wrong, and what would be right", () => {
    const [kept] = refuse(taskMessage({ metrics: { memory_bytes: -5 } })).latest;
    assert.equal(kept.detail, "metrics.memory_bytes: -5 is too small; it is at least 0");
    assert.equal(kept.excerpt, '{"task_id":"web","proplet_id":"host-1","metrics":{"memory_bytes":-5}}');
    assert.deepEqual([kept.unit, kept.agent, kept.topic, kept.at], ["factory/line-1", "host-1", TASKS, NOW]);
    const [other] = refuse(taskMessage({ state: "odd" })).latest;
    assert.equal(other.detail, 'state: "odd" is none of running, ended, stopped');
    const [long] = refuse(taskMessage({ task_id: "" })).latest;
    assert.equal(long.detail, "task_id: is not a name of at most 256 bytes");
  });

  test("are printable and short, whatever was sent", () => {
    const evil = "\u001b]0;x\u0007\u202e".repeat(1_000);
    for (
      const body of [
        new TextEncoder().encode(evil),
        taskMessage({ state: evil }),
        taskMessage({ proplet_id: evil }),
      ]
    ) {
      const [kept] = refuse(body).latest;
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(JSON.stringify(kept) + kept.excerpt + kept.detail, /[\x00-\x1f\u202e]/);
      assert.ok(kept.excerpt.length <= 200 && (kept.detail?.length ?? 0) <= 300, kept.excerpt);
    }
    const [packed] = refuse(gzipSync("{").subarray(0, 15)).latest;
    assert.equal(packed.excerpt, "gzip, 15 bytes");
  });

  test("one of a kind of a sender a minute, five a second in all, the last so many", () => {
    const refusals = new Refusals({ senders: 1_000, kept: 7, keptPerSecond: 5 });
    const add = (agent: string, at: number) =>
      refusals.add(fault(agent), published(TASKS, {}, { receivedAt: NOW + at }));
    for (let number = 0; number < 100; number++) add("a", number);
    assert.equal(refusals.latest.length, 1);
    for (let number = 0; number < 100; number++) add(`b${number}`, 100);
    assert.equal(refusals.latest.length, 5);
    for (let number = 0; number < 10; number++) add("c", 60_000 * (number + 1));
    assert.equal(refusals.latest.length, 7);
    assert.ok(refusals.latest.every(({ agent }) => agent === "c"));
  });

  test("of a million made-up senders are counted together", () => {
    const refusals = new Refusals({ senders: 100, kept: 5, keptPerSecond: 1 });
    const publish = published(TASKS, {});
    refusals.add(fault(null), publish);
    for (let number = 0; number < 1_000_000; number++) refusals.add(fault(`a${number}`), publish);
    const counts = [...refusals.counts()];
    assert.equal(counts.length, 100);
    assert.equal(counts.find(({ agent }) => agent === null)?.count, 1_000_000 - 99 + 1);
    for (let number = 0; number < 1_000; number++) refusals.add(fault("x", { unit: `d/${number}` }), publish);
    assert.equal([...refusals.counts()].length, 101);
    assert.equal(refusals.totals.get("json"), 1_001_001);
  });
});
