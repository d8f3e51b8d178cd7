import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { readSums } from "../../../fleet/query/read_hours.ts";
import type { HourColumn, Store } from "../../../fleet/store/contract.ts";
import { ROOT } from "../../support/fixture.ts";
import { chunkOf, DAY, HOUR, MINUTE, minutely } from "./support.ts";

const DAY_MS = 24 * HOUR;
const UNIT = "a/b";

/** By task what all of some columns have together. */
async function sumOf(columns: AsyncIterable<HourColumn> | Iterable<HourColumn>): Promise<unknown> {
  const sums = new Map<number, { n: number; sum: number; min: number; max: number; increase: number }>();
  for await (const { rolls } of columns) {
    for (const [task, { n, sum, min, max, increase }] of rolls) {
      const to = sums.get(task) ?? { n: 0, sum: 0, min: Infinity, max: -Infinity, increase: 0 };
      sums.set(task, {
        n: to.n + n,
        sum: Math.round((to.sum + sum) * 1e6) / 1e6,
        min: Math.min(to.min, min),
        max: Math.max(to.max, max),
        increase: Math.round((to.increase + increase) * 1e6) / 1e6,
      });
    }
  }
  return sums;
}

/** Hours of two days and a part of a third; the first task has gone by the second. */
async function fill(store: Store): Promise<void> {
  let sequence = 0;
  for (
    const [hour, tasks] of [[0, [7, 8]], [5, [7]], [23, [8]], [24, [8, 9]], [40, [9]], [49, [9]]] as const
  ) {
    const rows = tasks.flatMap((task) => minutely(task, DAY + hour * HOUR + task * MINUTE, 5, hour * task));
    await store.seal([chunkOf(1, UNIT, rows)], ++sequence, new Map());
  }
}

const RUNTIME = process.versions["deno"] === undefined ? [] : ["run", "--no-check", "--allow-all"];

/** Make the hours of a store that nobody has open, but no days: what does it is killed before the first. */
async function makeHoursOnly(place: string): Promise<void> {
  const program = [...RUNTIME, join(ROOT, "tests/fleet/store/make_hours_only.ts"), place];
  const child = spawn(process.execPath, program, { stdio: "inherit" });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", "it is killed when it is about to make a day");
}

/** What a test does with a store; it can be closed, changed by someone else, and opened again. */
type Body = (
  store: Store,
  again: (meanwhile?: (place: string) => Promise<void>) => Promise<Store>,
) => Promise<void>;

/** Hours of days that are over, in one: what every store has to do of them. */
export function testDays(check: (title: string, body: Body) => void): void {
  check("a day that is over is in one, with all that its hours have", async (store) => {
    await fill(store);
    await store.makeHours(DAY + 50 * HOUR);
    const days = await store.days(UNIT, "cpu_seconds", DAY, DAY + 3 * DAY_MS);
    assert.deepEqual(days.map(({ hour }) => hour), [DAY, DAY + DAY_MS]);
    for (const day of days) {
      const hours = await store.hours(UNIT, "cpu_seconds", day.hour, day.hour + DAY_MS - 1);
      assert.deepEqual(await sumOf([day]), await sumOf(hours));
    }
    assert.deepEqual(await store.days("a/c", "cpu_seconds", DAY, DAY + DAY_MS), []);
    assert.deepEqual(await store.days(UNIT, "no_such", DAY, DAY + DAY_MS), []);
  });

  check("what comes late for a day is in it", async (store) => {
    await fill(store);
    await store.makeHours(DAY + 50 * HOUR);
    await store.seal([chunkOf(2, UNIT, minutely(11, DAY + 3 * HOUR, 5))], 9, new Map());
    await store.makeHours(DAY + 50 * HOUR);
    const [day] = await store.days(UNIT, "cpu_seconds", DAY, DAY);
    assert.deepEqual([...day!.rolls].map(([task]) => task), [7, 8, 11]);
    const hours = await store.hours(UNIT, "cpu_seconds", DAY, DAY + DAY_MS - 1);
    assert.deepEqual(await sumOf([day!]), await sumOf(hours));
  });

  check(
    "a day that was not made since its manager was killed is made in the next round",
    async (store, again) => {
      await fill(store);
      const after = await again(makeHoursOnly);
      assert.deepEqual(await after.days(UNIT, "cpu_seconds", DAY, DAY + DAY_MS), []);
      const hours = await after.hours(UNIT, "cpu_seconds", DAY, DAY + DAY_MS - 1);
      assert.deepEqual(hours.map(({ hour }) => (hour - DAY) / HOUR), [0, 5, 23]);
      assert.deepEqual(await after.makeHours(DAY + 50 * HOUR), []);
      const days = await after.days(UNIT, "cpu_seconds", DAY, DAY + 3 * DAY_MS);
      assert.deepEqual(days.map(({ hour }) => hour), [DAY, DAY + DAY_MS]);
      assert.deepEqual(await sumOf([days[0]!]), await sumOf(hours));
      assert.deepEqual(await after.documents("due_days"), new Map([[`${DAY + 2 * DAY_MS} ${UNIT}`, true]]));
    },
  );

  check("a day whose last hours nothing was heard in is made once it is over", async (store) => {
    await store.seal([chunkOf(1, UNIT, minutely(7, DAY + 20 * HOUR, 5))], 1, new Map());
    await store.makeHours(DAY + 21 * HOUR);
    assert.deepEqual(await store.days(UNIT, "cpu_seconds", DAY, DAY), []);
    await store.makeHours(DAY + 24 * HOUR);
    assert.deepEqual((await store.days(UNIT, "cpu_seconds", DAY, DAY)).map(({ hour }) => hour), [DAY]);
  });

  check("a period has the same sums by days and by hours, wherever it begins and ends", async (store) => {
    await fill(store);
    await store.makeHours(DAY + 50 * HOUR);
    const withoutDays = { hours: store.hours.bind(store), days: () => Promise.resolve([]) };
    let whole = 0;
    for (const from of [-3, 0, 1, 24, 25]) {
      for (const until of [6, 24, 25, 48, 49, 72]) {
        for (const open of [[], [24], [49]]) {
          const range = [DAY + from * HOUR, DAY + until * HOUR] as const;
          const without = new Set(open.map((hour) => DAY + hour * HOUR));
          const read = async (of: Pick<Store, "hours" | "days">) => {
            const columns = await Array.fromAsync(readSums(of, UNIT, "cpu_seconds", ...range, without));
            return { sum: await sumOf(columns), count: columns.length };
          };
          const [byDays, byHours] = [await read(store), await read(withoutDays)];
          assert.deepEqual(byDays.sum, byHours.sum, `${from} to ${until}, without ${open}`);
          if (byDays.count < byHours.count) whole++;
        }
      }
    }
    assert.ok(whole > 20, `${whole} were read by days`);
  });
}
