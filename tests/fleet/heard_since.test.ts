import assert from "node:assert/strict";
import { test } from "node:test";
import { HeardSince } from "../../fleet/heard_since.ts";
import { unitKey } from "../../fleet/model/unit.ts";

/** Documents of a collection, in memory. */
function kept() {
  const all = new Map<string, unknown>();
  return {
    documents: () => Promise.resolve(new Map(all)),
    saveDocuments: (_: string, changes: ReadonlyMap<string, unknown>) => {
      for (const [key, value] of changes) value === null ? all.delete(key) : all.set(key, value);
      return Promise.resolve();
    },
  };
}

const [ONE, TWO] = ["one", "two"].map((channel) => unitKey({ domain: "d", channel }));

test("a unit is heard since it was listened to first, whatever is listened to later", async () => {
  const store = kept();
  const heard = await HeardSince.open(store);
  assert.equal(heard.of(ONE), Infinity);
  await heard.note([ONE], 1_000);
  await heard.note([ONE, TWO], 2_000);
  assert.deepEqual([heard.of(ONE), heard.of(TWO)], [1_000, 2_000]);
  const again = await HeardSince.open(store);
  await again.note([ONE, TWO], 3_000);
  assert.deepEqual([again.of(ONE), again.of(TWO)], [1_000, 2_000]);
});

test("once all are listened to, that is when those are heard since that come later", async () => {
  const store = kept();
  await (await HeardSince.open(store)).note([ONE], 1_000);
  await (await HeardSince.open(store)).note(null, 2_000);
  const heard = await HeardSince.open(store);
  await heard.note(null, 3_000);
  await heard.note([TWO], 4_000);
  assert.deepEqual([heard.of(ONE), heard.of(TWO)], [1_000, 2_000]);
});

test("of units that are forgotten nothing is known any more, of others it is", async () => {
  const store = kept();
  const heard = await HeardSince.open(store);
  await heard.note([ONE, TWO], 1_000);
  await heard.forget([]);
  await heard.forget([ONE]);
  for (const one of [heard, await HeardSince.open(store)]) {
    assert.deepEqual([one.of(ONE), one.of(TWO)], [Infinity, 1_000]);
  }
});
