import assert from "node:assert/strict";
import { test } from "node:test";
import { qualitySentence } from "../../commands/doctor/quality_sentence.ts";
import type { Accounting } from "../../core/schema/record.ts";

const accounting = (qualities: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(qualities).map(([name, quality]) => [name, { source: "x", quality }]),
  ) as unknown as Accounting;

test("a sentence names each quantity once, the best first", () => {
  const told = accounting({
    io: "unavailable",
    cpu: "exact",
    disk: "exact",
    peak_memory: "sampled",
    memory: "sampled",
  });
  assert.equal(
    qualitySentence(told),
    "CPU and disk are exact here; peak memory and memory are sampled; I/O is unavailable.",
  );
});

test("of one quantity it is in the singular", () => {
  assert.equal(qualitySentence(accounting({ faults: "lower_bound" })), "Page faults is a lower bound.");
  assert.equal(
    qualitySentence(accounting({ memory: "upper_bound", cpu: "exact" })),
    "CPU is exact here; memory is an upper bound.",
  );
});
