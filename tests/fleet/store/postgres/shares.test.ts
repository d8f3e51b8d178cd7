import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openShared } from "../../../../fleet/store/postgres/open.ts";
import { eventually } from "../../../support/eventually.ts";
import { agentRow, all, chunkOf, DAY, entry, minutely, runRow, taskRow } from "../support.ts";
import { holdInTheMidst } from "./hold_in_the_midst.ts";
import { noPostgres, PostgresServer } from "./server.ts";

const A = "factory/line-1";
const B = "factory/line-2";
const TIER = { days: 1, bytes: null };
const REAL = { skip: noPostgres, timeout: 60_000 };

let starting: Promise<PostgresServer> | undefined;
const server = () => starting ??= PostgresServer.start();
after(async () => await (await starting)?.[Symbol.asyncDispose]());

/** Two managers of one database. */
async function two() {
  const running = await server();
  const database = await running.newDatabase();
  const url = running.url(database);
  const open = () => openShared(url, () => {});
  const [one, other] = await Promise.all([open(), open()]);
  return Object.assign([one!, other!] as const, {
    database,
    async [Symbol.asyncDispose]() {
      for (const { shares, store } of [one!, other!]) {
        await shares.leave();
        await store.close();
      }
    },
  });
}

test(
  "a unit that another has taken refuses every change of the earlier holder, and others none",
  REAL,
  async () => {
    await using both = await two();
    const [{ shares: old }, { shares: next, store }] = both;
    assert.ok(await old.take(A, 300) && await old.take(B, 60_000));
    assert.equal(await next.take(B, 60_000), false);
    const zombie = old.ofUnit(A);
    const last = await zombie.append([entry(A, "1")]);
    await eventually(() => next.take(A, 60_000));
    const refused = [
      () => zombie.append([entry(A, "2")]),
      () => zombie.saveInventory([agentRow(1, A)], [taskRow(7, 1)]),
      () => zombie.seal([chunkOf(1, A, minutely(7, DAY, 5))], last, new Map()),
      () => zombie.forget([A], last),
      () => zombie.saveRuns([runRow(7, DAY)]),
      () => zombie.saveDocuments("alerts", new Map([["state/x", 1]])),
      () => zombie.prune({ raw: TIER, fiveMinutes: TIER, hours: TIER, runs: { days: 1 } }, DAY),
      () => zombie.log("alerts", [{ at: DAY, unit: A, text: "fired", detail: null }]),
    ];
    for (const change of refused) await assert.rejects(change(), /changed hands/, `${change}`);
    await old.ofUnit(B).append([entry(B, "of a unit that is still its own")]);
    assert.deepEqual((await old.beat(60_000, null)).kept, new Set([B]));
    await next.ofUnit(A).append([entry(A, "3")]);
    const kept = (await all(store.replay([A]))).map(({ payload }) => new TextDecoder().decode(payload));
    assert.deepEqual(kept, ["1", "3"]);
    assert.equal((await store.readLog("alerts", { limit: 9 })).length, 0);
    // What was never taken is nobody's to write, either.
    await assert.rejects(next.ofUnit("factory/line-3").append([entry(B, "x")]), /changed hands/);
  },
);

test(
  "managers learn of each other, of units and who has them, and of what was written of these",
  REAL,
  async () => {
    await using both = await two();
    const [{ shares: one }, { shares: other }] = both;
    await one.add([A, B]);
    await Promise.all([one.beat(60_000, '{"from":"one"}'), other.beat(60_000, null)]);
    // Both reach for it at once: one gets it.
    const got = await Promise.all([one.take(A, 60_000), other.take(A, 60_000)]);
    assert.deepEqual(got.toSorted(), [false, true]);
    const holder = got[0] ? one : other;
    const { members, holders, time } = await other.beat(60_000, null);
    assert.ok(time.askedAt < time.answeredAt);
    assert.ok(
      Math.abs(time.time - Date.now()) < 60_000 && Math.abs((await one.time()).time - time.time) < 60_000,
    );
    assert.deepEqual(holders, new Map([[A, holder.self], [B, null]]));
    assert.deepEqual(
      new Map(members.map(({ name, report }) => [name, report])),
      new Map([[one.self, '{"from":"one"}'], [other.self, "{}"]]),
    );
    assert.equal(await one.storeName(), await other.storeName());
    const store = holder.ofUnit(A);
    const first = await store.append([entry(A, "1")]);
    const last = await store.append([entry(A, "2")]);
    const [news] = await other.news(new Map([[A, first]]), 9);
    assert.deepEqual(news!.entries.map(({ sequence }) => sequence), [last]);
    await store.forget([A], last);
    // Whoever knows no more than the first sees that he has missed something.
    assert.deepEqual(await other.news(new Map([[A, first], [B, 0]]), 9), [
      { unit: A, sealed: last, entries: [] },
      { unit: B, sealed: 0, entries: [] },
    ]);
    const { propletId } = agentRow(3, A);
    const { taskId } = taskRow(7, 3);
    const wanted = new Map([[propletId, new Set([taskId, "of nobody"])], ["nobody", new Set([taskId])]]);
    const namesAre = async (isUnheard: boolean) => {
      const tasks = new Map([[taskId, { id: 7, isUnheard }]]);
      assert.deepEqual(
        await other.names(A, wanted),
        new Map([[propletId, { agent: { id: 3, isUnheard }, tasks }]]),
      );
    };
    await store.saveInventory([agentRow(3, A, { lastSeen: DAY })], [taskRow(7, 3, { lastTime: 0 })]);
    await namesAre(true);
    await store.saveInventory([agentRow(3, A)], [taskRow(7, 3)]);
    await namesAre(false);
    assert.equal((await other.names(B, wanted)).size, 0);
    await holder.leave();
    assert.ok(await (holder === one ? other : one).take(A, 60_000), "a clean end gives it back at once");
  },
);

test("a holder that was stopped in the midst of a statement keeps nobody from its unit", REAL, async () => {
  await using both = await two();
  const [{ shares: old }, { shares: next }] = both;
  assert.ok(await old.take(A, 300));
  const running = await server();
  const sql = `SELECT epoch FROM proctor.lease WHERE unit = '${A}' FOR KEY SHARE`;
  using _held = await holdInTheMidst(running.port, both.database, sql);
  const began = performance.now();
  await eventually(() => next.take(A, 3_000).catch(() => false));
  assert.ok(performance.now() - began < 15_000);
});

test(
  "units are forgotten by what is kept of them, and nobody writes by a lease of before",
  REAL,
  async () => {
    await using both = await two();
    const [{ shares: old, store }, { shares: next }] = both;
    const [empty, brief, long, A] = ["made-up/1", "made-up/2", "real/1", "factory/line-1"] as const;
    await old.add([empty, brief, long, A]);
    const row = (id: number, unit: typeof brief | typeof long, firstSeen: number, lastSeen: number) => ({
      ...agentRow(id, unit),
      firstSeen,
      lastSeen,
    });
    await store.saveInventory([row(1, brief, DAY, DAY + 1), row(2, long, DAY - 1_000, DAY)], []);
    assert.ok(await old.take(A, 300) && await old.take(empty, 300));
    const zombie = old.ofUnit(empty);
    await old.ofUnit(A).append([entry(A, "waits")]);
    const all = [empty, brief, long, A];
    assert.deepEqual(await next.forgetUnits(all, 0, 9), [empty], "that of which something waits stays");
    assert.deepEqual(await next.forgetUnits([long, A], DAY, 9), []);
    assert.deepEqual(await next.forgetUnits(all, DAY + 2, 1), [brief]);
    assert.deepEqual([...(await next.beat(60_000, null)).holders.keys()], [A, long]);
    // It goes to another, who gives it back; then it is found again, and begins anew.
    await eventually(() => next.take(empty, 60_000));
    await next.release(empty);
    await next.forgetUnits([], 0, 9);
    assert.ok(await next.take(empty, 60_000));
    await assert.rejects(zombie.append([entry(A, "x")]), /changed hands/);
    await next.ofUnit(empty).append([entry(A, "y")]);
  },
);
