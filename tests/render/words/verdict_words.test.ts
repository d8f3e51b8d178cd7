import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SummaryRecord, Waiting } from "../../../core/schema/record.ts";
import { verdictWords } from "../../../render/words/verdict_words.ts";

const WAITING: Waiting = {
  verdict: null,
  available_cores: 2,
  pressure_scope: "group",
  cpu_some_seconds: 3.5,
  cpu_full_seconds: 1,
  memory_some_seconds: 1.25,
  memory_full_seconds: 0,
  io_some_seconds: 8,
  io_full_seconds: 6.5,
  run_queue_seconds: 4.75,
  block_io_seconds: null,
  throttled_seconds: 2.5,
  throttled_period_count: 31,
  quota_cores: 0.5,
  steal_seconds: 0,
};

/** What is said of ten seconds of which so many were used. */
function said(waiting: Partial<Waiting>, cpu_seconds = 9.9): string | null {
  const summary = { wall_seconds: 10, cpu_seconds, waiting: { ...WAITING, ...waiting } };
  const words = verdictWords(summary as SummaryRecord);
  return words && `${words.cause}: ${words.figures}`;
}

describe("a verdict in words", () => {
  for (
    const [verdict, sentence] of [
      ["cpu_bound", "CPU-bound on 1 core: it used 0.99 of 2 cores on average"],
      [
        "waited_for_cpu",
        "waited 3.50s for CPU: out of 10.00s; its threads waited 4.75s together; " +
        "it used 0.99 of 2 cores on average",
      ],
      [
        "throttled",
        "throttled by a quota of 0.5 cores: its CPUs stood still for 2.50s together in 31 periods, out of 10.00s; " +
        "it used 0.99 of 2 cores on average",
      ],
      ["waited_for_disk", "waited 6.50s for disk: out of 10.00s; it used 0.99 of 2 cores on average"],
      [
        "memory_pressure",
        "memory pressure: some of it waited 1.25s for memory, out of 10.00s; it used 0.99 of 2 cores on average",
      ],
    ] as const
  ) {
    test(verdict, () => assert.equal(said({ verdict }), sentence));
  }

  test("mostly_idle", () => {
    const sentence = "mostly idle: it used 0.50% of a core on average, and waited for something outside: " +
      "a network, a timer, another process";
    assert.equal(said({ verdict: "mostly_idle" }, 0.05), sentence);
  });

  test("what is not the run's own pressure is not told as its", () => {
    const words = said({ verdict: "waited_for_cpu", pressure_scope: "machine" })!;
    assert.match(words, /^waited 4\.75s for CPU: out of 10\.00s; it used/);
  });

  test("names the hypervisor where it took a part that matters", () => {
    assert.match(said({ verdict: "cpu_bound", steal_seconds: 1.5 })!, /the hypervisor took 1\.50s/);
    assert.doesNotMatch(said({ verdict: "cpu_bound", steal_seconds: 0.4 })!, /hypervisor/);
  });

  test("there is none without a verdict, nor of older records", () => {
    assert.equal(said({}), null);
    assert.equal(verdictWords({ wall_seconds: 10 } as SummaryRecord), null);
  });
});
