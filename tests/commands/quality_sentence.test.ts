import assert from "node:assert/strict";
import { test } from "node:test";
import { qualitySentence } from "../../commands/doctor/quality_sentence.ts";
import type { Accounting } from "../../core/schema/record.ts";

const accounting = (qualities: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(qualities).map(([name, quality]) => [name, { source: "x", quality }]),
  ) as unknown as Accounting;
const finding = (ok: boolean, advice: string | null) => ({ topic: "t", ok, detail: "d", advice });

test("a sentence names each quantity once, the best first, and what would give more", () => {
  const told = accounting({ io: "unavailable", cpu: "exact", peak_memory: "sampled", memory: "sampled" });
  assert.equal(
    qualitySentence(told, [
      finding(true, "not this"),
      finding(false, "buy another"),
      finding(false, "nor this"),
    ]),
    "Of a run exact is cpu; sampled are peak memory, memory; unavailable is io; what would give more: buy another.",
  );
});

test("where all is well nothing would give more", () => {
  assert.equal(
    qualitySentence(accounting({ cpu: "exact" }), [finding(true, null)]),
    "Of a run exact is cpu; nothing would give more.",
  );
});
