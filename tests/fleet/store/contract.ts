import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HourRolls } from "../../../fleet/chunk/hour_rolls.ts";
import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import { rollsOf } from "../../../fleet/chunk/rolls.ts";
import type { Retention, Store } from "../../../fleet/store/contract.ts";
import { testDays } from "./days.ts";
import { agentRow, all, chunkOf, DAY, entry, FIVE_MINUTES, HOUR, hourOf } from "./support.ts";
import { MINUTE, minutely, rollsIn, runRow, taskRow } from "./support.ts";

/** A place for a store that is empty at first, and can be opened again and again. */
export interface TestPlace extends AsyncDisposable {
  /** Its directory or URL. */
  readonly name: string;
  open(): Promise<Store>;
  /** Open a copy that `backup` has made; missing where the server's own tools copy, as `backup` says. */
  openCopy?(directory: string): Promise<Store>;
}

const A = "factory/line-1";
const B = "factory/line-2";
const NO_EPOCHS = new Map();
const FOR_EVER: Retention = {
  raw: { days: 1e6, bytes: null },
  fiveMinutes: { days: 1e6, bytes: null },
  hours: { days: 1e6, bytes: null },
  runs: { days: 1e6 },
};

/** What every store of the fleet has to do, whatever it is made of. */
export function testStore(
  name: string,
  place: () => Promise<TestPlace>,
  { skip }: { skip: string | false } = { skip: false },
): void {
  /** A test of a store, and of the same store opened again. */
  type Again = (meanwhile?: (place: string) => Promise<void>) => Promise<Store>;
  const check = (title: string, body: (store: Store, again: Again) => Promise<void>) =>
    test(title, { skip }, async () => {
      await using where = await place();
      let store = await where.open();
      try {
        await body(store, async (meanwhile) => {
          await store.close();
          await meanwhile?.(where.name);
          return store = await where.open();
        });
      } finally {
        await store.close();
      }
    });

  describe(`${name}: days`, () => testDays(check));

  describe(`${name}: inventory`, () => {
    check("hands out numbers that nothing has yet", async (store, again) => {
      const first = await store.reserve("agent", 3);
      assert.equal(await store.reserve("agent", 1), first + 3);
      assert.equal(await store.reserve("task", 10), await store.reserve("task", 1) - 10);
      assert.equal(await (await again()).reserve("agent", 1), first + 4);
    });

    check("keeps agents and tasks as they were saved last", async (store, again) => {
      const agents = [
        agentRow(1, A, { host: "été", labels: { rack: "4", __proto__x: "y" }, agentId: "a1", os: "linux" }),
        agentRow(2, B, { version: "1.2", bootId: "b" }),
      ];
      const tasks = [
        taskRow(1, 1, { last: { cpu_seconds: 1.25, memory_bytes: 2 ** 40 }, target: "t", name: "n" }),
        taskRow(2, 1, { taskId: "" }),
        taskRow(3, 2, { labels: { container: "c" }, state: "lost" }),
      ];
      await store.saveInventory(agents, tasks);
      const changed = { ...tasks[0]!, state: "ended", lastTime: DAY + 99 };
      await store.saveInventory([], [changed]);
      const reopened = await again();
      assert.deepEqual(await all(reopened.agents(null)), agents);
      assert.deepEqual(await all(reopened.tasks(null)), [changed, ...tasks.slice(1)]);
      assert.deepEqual(await all(reopened.agents([B])), [agents[1]]);
      assert.deepEqual(await all(reopened.tasks([B])), [tasks[2]]);
      assert.deepEqual(await all(reopened.tasks([])), []);
    });

    check("of more than fits into one step is complete", async (store) => {
      const tasks = Array.from({ length: 1_234 }, (_, at) => taskRow(at + 1, 1));
      await store.saveInventory([agentRow(1, A)], tasks);
      assert.deepEqual((await all(store.tasks([A]))).map(({ id }) => id), tasks.map(({ id }) => id));
    });

    check(
      "is searched for all words, in names and labels, the latest first, of some units",
      async (store) => {
        await store.saveInventory(
          [agentRow(1, A, { host: "Alpha" }), agentRow(2, B, { host: "beta", labels: { rack: "R7" } })],
          [
            taskRow(1, 1, { taskId: "web", name: "nginx 100%_" }),
            taskRow(2, 1, { taskId: "db", labels: { unit: "postgres.service" } }),
            taskRow(3, 2, { taskId: "web", target: "WEB" }),
          ],
        );
        const find = async (words: string[], units: (typeof A | typeof B)[] | null = null, limit = 10) =>
          (await store.search(words, units, limit)).map(({ id }) => id);
        assert.deepEqual(await find(["web"]), [3, 1]);
        assert.deepEqual(await find(["WEB", "alph"]), [1]);
        assert.deepEqual(await find(["postgres"]), [2]);
        assert.deepEqual(await find(["rack=r7"]), [3]);
        assert.deepEqual(await find(["0%_"]), [1]);
        assert.deepEqual(await find(["%"]), [1]);
        assert.deepEqual(await find(["web"], [A]), [1]);
        assert.deepEqual(await find([], null, 2), [3, 2]);
        assert.deepEqual(await find(["'; DROP TABLE task; --"]), []);
      },
    );
  });

  describe(`${name}: journal`, () => {
    check("gives back entries in order, until they are forgotten", async (store, again) => {
      const first = await store.append([entry(A, "1"), { ...entry(B, "2"), isRetained: true }]);
      const second = await store.append([entry(A, "3")]);
      assert.ok(second > first);
      const reopened = await again();
      const found = await all(reopened.replay(null));
      assert.deepEqual(
        found.map(({ sequence: _, payload, ...rest }) => ({
          ...rest,
          payload: new TextDecoder().decode(payload),
        })),
        [
          { ...entry(A, "1"), payload: "1" },
          { ...entry(B, "2"), payload: "2", isRetained: true },
          { ...entry(A, "3"), payload: "3" },
        ],
      );
      assert.deepEqual(found.map(({ sequence }) => sequence), [first - 1, first, second]);
      assert.equal((await all(reopened.replay([B]))).length, 1);
      await reopened.forget([A], first);
      assert.deepEqual((await all(reopened.replay(null))).map(({ sequence }) => sequence), [first, second]);
      await reopened.forget(null, second);
      assert.deepEqual(await all(reopened.replay(null)), []);
      assert.ok(await (await again()).append([entry(A, "4")]) > second, "numbers are never used again");
    });

    check("of many entries is replayed and forgotten as a whole", async (store) => {
      const last = await store.append(Array.from({ length: 1_700 }, (_, at) => entry(A, `${at}`)));
      const found = await all(store.replay(null));
      assert.deepEqual(
        found.map(({ payload }) => new TextDecoder().decode(payload)),
        found.map((_, at) => `${at}`),
      );
      await store.forget(null, last - 1);
      assert.equal((await all(store.replay(null))).length, 1);
    });
  });

  describe(`${name}: chunks`, () => {
    check("are found by agent and time, with what they are sealed up to", async (store, again) => {
      const rows = minutely(7, DAY + HOUR, 30);
      await store.seal([chunkOf(1, A, rows), chunkOf(2, B, minutely(8, DAY, 5))], 42, NO_EPOCHS);
      await store.seal([chunkOf(1, A, minutely(7, DAY + 2 * HOUR, 30, 30))], 50, NO_EPOCHS);
      const reopened = await again();
      const found = await reopened.chunks(1, DAY, DAY + 2 * HOUR - 1);
      assert.deepEqual(found.map(({ from, until }) => [from, until]), [[
        DAY + HOUR,
        DAY + HOUR + 29 * MINUTE,
      ]]);
      assert.deepEqual([...decodeChunk(found[0]!.data).values()].flat(), rows.map(([, sample]) => sample));
      assert.equal((await reopened.chunks(1, DAY, DAY + 3 * HOUR)).length, 2);
      assert.deepEqual(await reopened.chunks(3, DAY, DAY + 3 * HOUR), []);
      assert.deepEqual(await reopened.chunks(1, DAY + 24 * HOUR, DAY + 48 * HOUR), []);
      assert.deepEqual(await reopened.sealed(DAY), new Map([[1, 50], [2, 42]]));
      assert.deepEqual(await reopened.sealed(DAY + 24 * HOUR), new Map());
    });

    check("that are sealed again with the same number are not doubled", async (store) => {
      const today = chunkOf(1, A, minutely(7, DAY, 5));
      const tomorrow = chunkOf(1, A, minutely(7, DAY + 24 * HOUR, 5, 5));
      await store.seal([today], 9, NO_EPOCHS);
      await store.seal([today, tomorrow], 9, NO_EPOCHS);
      assert.equal((await store.chunks(1, DAY, DAY + 48 * HOUR)).length, 2);
    });

    check("of more than one day, or of a unit that has changed hands, are refused", async (store, again) => {
      const over = chunkOf(1, A, minutely(7, DAY + 23.9 * HOUR, 30));
      await assert.rejects(store.seal([over], 1, NO_EPOCHS), /more than one day/);
      const lease = await store.lease(A, "me", 1_000);
      await store.seal([chunkOf(1, A, minutely(7, DAY, 1))], 1, new Map([[A, lease!.epoch]]));
      const later = await again();
      const next = await later.lease(A, "me", 1_000);
      assert.ok(next!.epoch > lease!.epoch);
      assert.equal((await later.lease(A, "me", 1_000))!.epoch, next!.epoch);
      const stale = later.seal([chunkOf(1, A, minutely(7, DAY, 1))], 2, new Map([[A, lease!.epoch]]));
      await assert.rejects(stale, /changed hands/);
      await later.release(A, "me");
      assert.ok((await later.lease(A, "me", 1_000))!.epoch > next!.epoch);
    });
  });

  describe(`${name}: figures of five minutes and of hours`, () => {
    const rows = minutely(7, DAY + HOUR, 150);
    /** The same in three chunks, one of which goes over the end of an hour. */
    const seal = async (store: Store) => {
      await store.seal([chunkOf(1, A, rows.slice(0, 50))], 1, NO_EPOCHS);
      await store.seal([chunkOf(1, A, rows.slice(50, 70), 49)], 2, NO_EPOCHS);
      await store.seal(
        [chunkOf(1, A, rows.slice(70), 69), chunkOf(2, B, minutely(9, DAY + HOUR, 3))],
        3,
        NO_EPOCHS,
      );
    };
    const whole = rollsOf(rows, () => null, FIVE_MINUTES);
    const sum = (hour: number) =>
      [...whole.get(7)!].filter(([bucket]) => bucket >= hour && bucket < hour + HOUR)
        .reduce((total, [, columns]) => total + columns.get("cpu_seconds")!.increase, 0);

    check("are the same before and after hours are made, at any stage", async (store, again) => {
      await seal(store);
      assert.deepEqual(await rollsIn(store, 1, DAY, DAY + 24 * HOUR), whole);
      assert.deepEqual(await store.makeHours(DAY + HOUR), []);
      assert.deepEqual(await store.makeHours(DAY + 2 * HOUR), [{ unit: A, hour: DAY + HOUR }, {
        unit: B,
        hour: DAY + HOUR,
      }]);
      assert.deepEqual(await rollsIn(store, 1, DAY, DAY + 24 * HOUR), whole);
      const reopened = await again();
      assert.equal((await reopened.makeHours(DAY + 24 * HOUR)).length, 2);
      assert.deepEqual(await reopened.makeHours(DAY + 24 * HOUR), []);
      assert.deepEqual(await rollsIn(reopened, 1, DAY, DAY + 24 * HOUR), whole);
      const some = await rollsIn(reopened, 1, DAY + 2 * HOUR, DAY + 3 * HOUR - 1);
      assert.deepEqual([...some.get(7)!.keys()].length, 12);
      for (const hour of [DAY + HOUR, DAY + 2 * HOUR, DAY + 3 * HOUR]) {
        const used = await hourOf(reopened, A, "cpu_seconds", hour);
        assert.equal(used.get(7)!.increase, sum(hour));
      }
      assert.deepEqual(
        await hourOf(reopened, A, "memory_bytes", DAY + HOUR),
        new Map([
          [7, { n: 60, sum: 60 * 7 * 4_096, min: 7 * 4_096, max: 7 * 4_096, increase: 0 }],
        ]),
      );
      assert.deepEqual(await hourOf(reopened, B, "memory_bytes", DAY + 2 * HOUR), new Map());
      assert.equal((await reopened.hours(A, "cpu_seconds", DAY, DAY + 24 * HOUR)).length, 3);
      assert.deepEqual(await reopened.hours(A, "no_such_column", DAY, DAY + 24 * HOUR), []);
    });

    check("are made anew by what comes late, and count nothing twice", async (store) => {
      await seal(store);
      await store.makeHours(DAY + 24 * HOUR);
      const before = await hourOf(store, A, "cpu_seconds", DAY + HOUR);
      const late = minutely(8, DAY + HOUR + 10 * MINUTE, 20);
      await store.seal([chunkOf(1, A, late)], 4, NO_EPOCHS);
      const both = new Map([...whole, ...rollsOf(late, () => null, FIVE_MINUTES)]);
      assert.deepEqual(await rollsIn(store, 1, DAY, DAY + 24 * HOUR), both);
      assert.deepEqual(await store.makeHours(DAY + 24 * HOUR), [{ unit: A, hour: DAY + HOUR }]);
      assert.deepEqual(await rollsIn(store, 1, DAY, DAY + 24 * HOUR), both);
      const after = await hourOf(store, A, "cpu_seconds", DAY + HOUR);
      assert.deepEqual(after.get(7), before.get(7));
      assert.equal(after.get(8)!.increase, 19);
      assert.equal(after.get(8)!.n, 20);
    });

    check("can be made while more is sealed, and stopped in the midst", async (store) => {
      for (let agent = 1; agent <= 60; agent++) {
        await store.seal([chunkOf(agent, A, minutely(agent, DAY, 60))], agent, NO_EPOCHS);
      }
      const stop = new AbortController();
      const stopped = store.makeHours(DAY + HOUR, stop.signal);
      stop.abort();
      await stopped.catch((error) => assert.equal(error.name, "AbortError"));
      const making = store.makeHours(DAY + HOUR);
      await store.seal([chunkOf(1, A, minutely(1_001, DAY, 10))], 61, NO_EPOCHS);
      await making;
      await store.makeHours(DAY + HOUR);
      const column = await hourOf(store, A, "cpu_seconds", DAY);
      assert.equal(column.size, 61);
      assert.equal([...column.values()].reduce((total, { increase }) => total + increase, 0), 60 * 59 + 9);
    });

    check("have one chunk of each agent once they are made, with the same samples", async (store) => {
      for (let at = 0; at < 6; at++) {
        const samples = minutely(7, DAY + at * 10 * MINUTE, 10, 10 * at);
        await store.seal([chunkOf(1, A, samples, 10 * at - 1)], at + 1, NO_EPOCHS);
      }
      const read = async () =>
        (await store.chunks(1, DAY, DAY + 2 * HOUR)).map(({ data }) => decodeChunk(data).get(7)!);
      const before = await read();
      assert.equal(before.length, 6);
      await store.makeHours(DAY + HOUR);
      assert.deepEqual(await read(), [before.flat()]);
      // What comes late is one with it, when the hour is made again.
      await store.seal([chunkOf(1, A, minutely(7, DAY + 60 * MINUTE - 1, 1, 60), 59)], 9, NO_EPOCHS);
      assert.equal((await read()).length, 2);
      await store.makeHours(DAY + HOUR);
      assert.deepEqual((await read()).map(({ length }) => length), [61]);
    });

    check("come as arrays, too, where the store has them so", async (store) => {
      await seal(store);
      await store.makeHours(DAY + 24 * HOUR);
      const [column] = await store.hours(A, "cpu_seconds", DAY + HOUR, DAY + HOUR);
      if (!(column!.rolls instanceof HourRolls)) return;
      assert.deepEqual([...column!.rolls.field("task")], [7]);
      assert.deepEqual([...column!.rolls.field("increase")], [59]);
    });
  });

  describe(`${name}: runs, documents and logs`, () => {
    check("keep runs, once each, and find them by task, unit, time and figure", async (store, again) => {
      await store.saveInventory([agentRow(1, A), agentRow(2, B)], [taskRow(1, 1), taskRow(2, 2)]);
      const runs = [
        runRow(1, DAY, { figures: { cpu_seconds: 5, 'a "b"': 1 }, quality: { cpu: "exact" } }),
        runRow(1, DAY + 2 * HOUR, { figures: { cpu_seconds: 50 }, error: "signal 9", state: "lost" }),
        runRow(2, DAY + HOUR, { figures: { memory_bytes: 1 } }),
      ];
      await store.saveRuns(runs);
      await store.saveRuns([runs[0]!]);
      const reopened = await again();
      const range = { from: DAY, until: DAY + 24 * HOUR, limit: 10 };
      const [first, second, third] = runs;
      assert.deepEqual(await reopened.runs(range), [second, third, first]);
      assert.deepEqual(await reopened.runs({ ...range, by: "cpu_seconds" }), [second, first, third]);
      assert.deepEqual((await reopened.runs({ ...range, by: 'a "b"', limit: 1 }))[0], first);
      assert.deepEqual(await reopened.runs({ ...range, task: 1, limit: 1 }), [second]);
      assert.deepEqual(await reopened.runs({ ...range, units: [B] }), [third]);
      assert.deepEqual(await reopened.runs({ ...range, units: [] }), []);
      assert.deepEqual(await reopened.runs({ ...range, until: DAY + 30 * MINUTE }), [first]);
      assert.deepEqual(await reopened.runs({ ...range, from: DAY + 3 * HOUR }), [second]);
      const together = [3, 2, 1].map((at) => ({ ...runRow(1, DAY + at), ended: first!.ended }));
      await reopened.saveRuns(together);
      assert.deepEqual(await reopened.runs({ ...range, after: third! }), [...together, first]);
      assert.deepEqual(await reopened.runs({ ...range, after: together[0]!, limit: 2 }), together.slice(1));
      assert.deepEqual(await reopened.runs({ ...range, after: third!, units: [B] }), []);
    });

    check("keep documents by name, and remove those that are null", async (store, again) => {
      await store.saveDocuments("rules", new Map<string, unknown>([["a", { x: [1, "é"] }], ["b", 2]]));
      await store.saveDocuments("other", new Map([["a", "own"]]));
      await store.saveDocuments("rules", new Map<string, unknown>([["b", null], ["c", true]]));
      const reopened = await again();
      assert.deepEqual(
        await reopened.documents("rules"),
        new Map<string, unknown>([["a", { x: [1, "é"] }], ["c", true]]),
      );
      assert.deepEqual(await reopened.documents("nothing"), new Map());
    });

    check("tell logs newest first", async (store, again) => {
      const lines = [0, 1, 2, 3].map((at) => ({
        at: DAY + at,
        unit: at === 3 ? null : at % 2 === 0 ? A : B,
        text: `line ${at}`,
        detail: at === 0 ? null : { at },
      } as const));
      await store.log("audit", lines.slice(0, 2));
      await store.log("audit", lines.slice(2));
      await store.log("alerts", [lines[0]!]);
      const reopened = await again();
      assert.deepEqual(await reopened.readLog("audit", { limit: 10 }), lines.toReversed());
      assert.deepEqual(await reopened.readLog("audit", { limit: 1, until: DAY + 2 }), [lines[2]]);
      assert.deepEqual(await reopened.readLog("audit", { limit: 9, units: [A], from: DAY + 1 }), [lines[2]]);
    });
  });

  describe(`${name}: retention and backup`, () => {
    const day = (at: number) => DAY + at * 24 * HOUR;
    const fill = async (store: Store, days: number) => {
      for (let at = 0; at < days; at++) {
        const rows = minutely(7, day(at), 60, at * 60);
        await store.seal([chunkOf(1, A, rows, at === 0 ? null : at * 60 - 1)], at + 1, NO_EPOCHS);
      }
    };

    check("removes what is too old, says what, and keeps what it has made of it", async (store, again) => {
      await fill(store, 5);
      const retention = { ...FOR_EVER, raw: { days: 2, bytes: null } };
      const removed = await store.prune(retention, day(5));
      assert.equal(removed.length, 3);
      assert.match(removed[0]!, /2025-11-24.*older than 2 days/);
      assert.deepEqual(await store.prune(retention, day(5)), []);
      const reopened = await again();
      assert.deepEqual(await reopened.chunks(1, day(0), day(3) - 1), []);
      assert.equal((await reopened.chunks(1, day(0), day(5))).length, 2);
      assert.equal((await hourOf(reopened, A, "cpu_seconds", day(1))).get(7)!.increase, 60);
      const use = (await reopened.use()).find(({ tier }) => tier === "raw")!;
      assert.equal(use.from, day(3));
      assert.ok(use.bytes > 0);
    });

    check("does not store what comes too late for it, nor spoils what it has made", async (store) => {
      await fill(store, 3);
      await store.prune({ ...FOR_EVER, raw: { days: 1, bytes: null } }, day(3));
      await store.seal(
        [chunkOf(1, A, minutely(9, day(0), 5)), chunkOf(1, A, minutely(9, day(2), 5))],
        9,
        NO_EPOCHS,
      );
      await store.makeHours(day(3));
      assert.deepEqual([...(await hourOf(store, A, "cpu_seconds", day(0))).keys()], [7]);
      assert.deepEqual([...(await hourOf(store, A, "cpu_seconds", day(2))).keys()].sort(), [7, 9]);
      assert.deepEqual(await store.chunks(1, day(0), day(1) - 1), []);
    });

    check("removes the oldest where there is too much, and never all", async (store) => {
      await fill(store, 4);
      const { bytes } = (await store.use()).find(({ tier }) => tier === "raw")!;
      const removed = await store.prune({ ...FOR_EVER, raw: { days: 100, bytes: bytes - 1 } }, day(4));
      assert.equal(removed.length, 1);
      assert.match(removed[0]!, /2025-11-24.*more than is to be kept/);
      await store.prune({ ...FOR_EVER, raw: { days: 100, bytes: 1 } }, day(4));
      assert.equal((await store.chunks(1, day(0), day(5))).length, 1);
    });

    check("removes runs by age", async (store) => {
      await store.saveRuns([runRow(1, day(0)), runRow(1, day(3))]);
      const removed = await store.prune({ ...FOR_EVER, runs: { days: 2 } }, day(4));
      assert.deepEqual(removed, ["1 run (older than 2 days)"]);
      assert.equal((await store.runs({ from: 0, until: day(9), limit: 9 })).length, 1);
    });

    check(
      "removes tasks and agents of which nothing is kept any more, but for those with runs",
      async (store) => {
        const [then, now] = [DAY, DAY + 100 * 24 * HOUR];
        const quiet = { lastSeen: then, presenceSince: then, firstSeen: then };
        const ended = { lastTime: then, stateSince: then, firstSeen: then };
        await store.saveInventory(
          [{ ...agentRow(1, A), ...quiet }, { ...agentRow(2, A), ...quiet }, {
            ...agentRow(5_000, B),
            ...quiet,
            lastSeen: now,
          }],
          [
            { ...taskRow(1, 1), ...ended },
            { ...taskRow(2, 2), ...ended },
            { ...taskRow(30_000, 2), ...ended },
            { ...taskRow(30_001, 5_000), ...ended, lastTime: now - 50 * 24 * HOUR },
            // Nothing but its name is stored.
            { ...taskRow(30_002, 5_000), ...ended, lastTime: 0, firstSeen: now },
          ],
        );
        await store.saveRuns([runRow(2, then)]);
        const days = { days: 60, bytes: null };
        const retention = { ...FOR_EVER, raw: days, fiveMinutes: days, hours: days };
        const known = async () => [
          (await all(store.agents(null))).map(({ id }) => id),
          (await all(store.tasks(null))).map(({ id }) => id),
        ];
        assert.deepEqual(await store.prune({ ...retention, hours: { days: 100, bytes: null } }, now), []);
        assert.deepEqual(await store.prune(retention, now), [
          "2 tasks of which nothing is kept any more",
          "1 agent of which nothing is kept any more",
        ]);
        assert.deepEqual(await known(), [[2, 5_000], [2, 30_001, 30_002]]);
        await store.prune({ ...retention, runs: { days: 60 } }, now);
        assert.deepEqual(await known(), [[5_000], [30_001, 30_002]]);
      },
    );

    check("removes lines of logs by the age of runs", async (store) => {
      const line = (at: number) => ({ at, unit: null, text: `at ${at}`, detail: null });
      await store.log("audit", [line(day(0)), line(day(3))]);
      await store.log("alerts", [line(day(0))]);
      const removed = await store.prune({ ...FOR_EVER, runs: { days: 2 } }, day(4));
      assert.deepEqual(removed, ["2 lines of the audit and of alerts (older than 2 days)"]);
      assert.deepEqual((await store.readLog("audit", { limit: 9 })).map(({ at }) => at), [day(3)]);
      assert.deepEqual(await store.readLog("alerts", { limit: 9 }), []);
    });

    test("makes a copy while it is in use, which can be opened as a store", { skip }, async () => {
      await using where = await place();
      const store = await where.open();
      const directory = mkdtempSync(join(tmpdir(), "proctor-backup-"));
      try {
        if (!where.openCopy) return await assert.rejects(store.backup(directory), /copied by .* own tools/);
        await fill(store, 2);
        await store.makeHours(day(1));
        await store.saveInventory([agentRow(1, A)], [taskRow(7, 1)]);
        const last = await store.append([entry(A, "x")]);
        const copying = store.backup(directory);
        await store.append([entry(A, "y")]);
        await store.seal([chunkOf(1, A, minutely(7, day(1) + HOUR, 5, 120), 119)], 3, NO_EPOCHS);
        await copying;
        await assert.rejects(store.backup(directory), /not empty/);
        const copy = await where.openCopy(directory);
        try {
          assert.equal((await all(copy.tasks(null))).length, 1);
          assert.ok((await all(copy.replay(null))).some(({ sequence }) => sequence === last));
          assert.deepEqual(
            await hourOf(copy, A, "cpu_seconds", DAY),
            await hourOf(store, A, "cpu_seconds", DAY),
          );
          assert.deepEqual(
            await rollsIn(copy, 1, day(0), day(1) + HOUR - 1),
            await rollsIn(store, 1, day(0), day(1) + HOUR - 1),
          );
          assert.ok(await copy.append([entry(A, "z")]) > Math.max(...(await copy.sealed(day(1))).values()));
        } finally {
          await copy.close();
        }
      } finally {
        rmSync(directory, { recursive: true });
        await store.close();
      }
    });
  });
}
