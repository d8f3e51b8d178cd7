/* Hours and days of a range, one after another, with turns for others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readHours, readSums } from "../../../fleet/query/read_hours.ts";
import { DAY_START } from "../support/query_fleet.ts";

/** Far more days than are gone through before another has a turn. */
const FAR = DAY_START + 3_000_000 * 86_400_000;

/** A store in this process that has nothing, and answers at once. */
function emptyStore() {
  const asked = { hours: 0, days: 0 };
  const none = (what: keyof typeof asked) => () => (asked[what]++, Promise.resolve([]));
  return { asked, hours: none("hours"), days: none("days") };
}

/** A signal of who gives up at the first turn of others. */
function givingUp(): AbortSignal {
  const giving = new AbortController();
  setImmediate(() => giving.abort());
  return giving.signal;
}

test("empty years let others have turns, so that who asks can give up", async () => {
  const store = emptyStore();
  const hours = readHours(store, "d/c", "cpu_percent", DAY_START, FAR, givingUp());
  await assert.rejects(Array.fromAsync(hours), { name: "AbortError" });
  assert.ok(store.asked.hours > 0);
  store.asked.hours = 0;
  const sums = readSums(store, "d/c", "cpu_percent", DAY_START, FAR, new Set(), givingUp());
  await assert.rejects(Array.fromAsync(sums), { name: "AbortError" });
  assert.ok(store.asked.days > 0);
  assert.equal(store.asked.hours, 0, "whole days come first");
});
