import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { after, describe, test } from "node:test";
import type { Store } from "../../../../fleet/store/contract.ts";
import { EVERY_UNIT } from "../../../../fleet/model/unit.ts";
import { readAddress } from "../../../../fleet/store/postgres/address.ts";
import { Database } from "../../../../fleet/store/postgres/database.ts";
import type { Value } from "../../../../fleet/store/postgres/statements.ts";
import { Periods } from "../../../../fleet/store/postgres/periods.ts";
import { RawTier } from "../../../../fleet/store/postgres/raw_tier.ts";
import { NO_GUARD } from "../../../../fleet/store/postgres/shares.ts";
import { Turns } from "../../../../fleet/store/turn.ts";
import { decodeChunk } from "../../../../fleet/chunk/chunk.ts";
import { Leases } from "../../../../fleet/store/postgres/leases.ts";
import { openPostgres } from "../../../../fleet/store/postgres/open.ts";
import { eventually } from "../../../support/eventually.ts";
import { agentRow, all, chunkOf, DAY, entry, HOUR, hourOf, minutely, runRow, taskRow } from "../support.ts";
import { noPostgres, PostgresServer } from "./server.ts";

const A = "factory/line-1";
const B = "factory/line-2";
const OPENSSL = "/usr/bin/openssl";
const NO_EPOCHS = new Map();
const REAL = { skip: noPostgres, timeout: 60_000 };

let starting: Promise<PostgresServer> | undefined;
const server = () => starting ??= PostgresServer.start();
after(async () => await (await starting)?.[Symbol.asyncDispose]());

/** Stores in one database. */
async function stores(
  count: number,
): Promise<AsyncDisposable & { readonly [at: number]: Store; readonly url: string }> {
  const running = await server();
  const url = running.url(await running.newDatabase());
  // All at once: one of them makes the tables.
  const opened = await Promise.all(Array.from({ length: count }, () => openPostgres(url)));
  return Object.assign(opened, {
    url,
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
    },
  });
}

describe("chunks of an hour", () => {
  test(
    "are not there twice where an earlier try to merge them was done, of which no answer came",
    REAL,
    async () => {
      await using both = await stores(1);
      const store = both[0];
      const rows = minutely(7, DAY, 60);
      for (let at = 0; at < 6; at++) {
        await store.seal([chunkOf(1, A, rows.slice(10 * at, 10 * at + 10))], at + 1, NO_EPOCHS);
      }
      const database = new Database(readAddress(both.url, undefined));
      const late = Object.assign(Object.create(database) as Database, {
        all: async (sql: string, ...values: readonly Value[]) => {
          const found = await database.all(sql, ...values);
          if (sql.includes("FROM chunk")) await store.makeHours(DAY + HOUR);
          return found;
        },
        transaction: database.transaction.bind(database),
      });
      const again = new RawTier(late, new Periods(database), NO_GUARD);
      await assert.rejects(
        again.clean({ unit: A, hour: DAY, agents: [1] }, new Map([[1, 0]]), new Turns()),
        /merged meanwhile/,
      );
      await database.close();
      const chunks = await store.chunks(1, DAY, DAY + HOUR);
      assert.deepEqual(chunks.map(({ data }) => decodeChunk(data).get(7)!.length), [60]);
    },
  );
});

describe("a lease", () => {
  test(
    "is one manager's at a time, by name and by opened store, and goes on when it is kept",
    REAL,
    async () => {
      await using both = await stores(2);
      const first = (await both[0].lease(A, "me", 60_000))!;
      assert.equal(await both[1].lease(A, "me", 60_000), null);
      assert.equal(await both[0].lease(A, "you", 60_000), null);
      assert.ok(await both[1].lease(B, "me", 60_000));
      assert.deepEqual(await both[0].lease(A, "me", 60_000), first);
      await both[1].release(A, "me");
      assert.equal(await both[1].lease(A, "me", 60_000), null, "nobody gives back what is not his");
      await both[0].close();
      assert.ok(
        (await both[1].lease(A, "me", 60_000))!.epoch > first.epoch,
        "a clean end gives it back at once",
      );
    },
  );

  test("that is not kept goes to who asks, and only one of many gets it", REAL, async () => {
    await using many = await stores(4);
    const old = (await many[0].lease(A, "m", 500))!;
    let taken: (Awaited<ReturnType<Store["lease"]>>)[] = [];
    await eventually(async () => {
      taken = await Promise.all([1, 2, 3].map((at) => many[at].lease(A, "m", 60_000)));
      return taken.some((lease) => lease !== null);
    });
    assert.equal(taken.filter((lease) => lease !== null).length, 1);
    assert.equal(taken.find((lease) => lease !== null)!.epoch, old.epoch + 1);
  });

  test(
    "that another has refuses every change of the earlier holder, and nothing of it is left",
    REAL,
    async () => {
      await using both = await stores(2);
      const [old, next] = [both[0], both[1]];
      const first = (await old.lease(A, "m", 300))!;
      const last = await old.append([entry(A, "1")]);
      await old.saveInventory([agentRow(1, A)], [taskRow(7, 1)]);
      await old.seal([chunkOf(1, A, minutely(7, DAY, 5))], last, NO_EPOCHS);
      await eventually(async () => await next.lease(A, "m", 60_000) !== null);
      const chunk = chunkOf(1, A, minutely(7, DAY + HOUR, 5, 5), 4);
      const refused = [
        () => old.append([entry(A, "2")]),
        () => old.seal([chunk], last + 1, NO_EPOCHS),
        () => old.seal([chunk], last + 1, new Map([[A, first.epoch]])),
        () => old.saveInventory([agentRow(1, A, { host: "old" })], []),
        () => old.saveInventory([], [taskRow(7, 1, { name: "old" })]),
        () => old.saveRuns([runRow(7, DAY)]),
        () => old.saveDocuments("rules", new Map([["old", 1]])),
        () => old.forget(null, last),
        () => old.makeHours(DAY + 24 * HOUR),
      ];
      for (const change of refused) await assert.rejects(change(), /changed hands/, `${change}`);
      assert.equal((await all(next.replay(null))).length, 1);
      assert.equal((await next.chunks(1, DAY, DAY + 24 * HOUR)).length, 1);
      assert.deepEqual(await all(next.agents(null)), [agentRow(1, A)]);
      assert.deepEqual(await all(next.tasks(null)), [taskRow(7, 1)]);
      assert.deepEqual(await next.runs({ from: 0, until: 2 * DAY, limit: 9 }), []);
      assert.equal((await next.documents("rules")).size, 0);
      assert.equal((await next.makeHours(DAY + 24 * HOUR)).length, 1);
      assert.equal(await old.lease(A, "m", 1_000), null);
      await old.release(A, "m");
      await old.append([entry(B, "of another unit")]);
    },
  );

  test(
    "is kept while changes of its holder are under way, and goes to another after them",
    REAL,
    async () => {
      await using both = await stores(2);
      const [holder, next] = [both[0], both[1]];
      const first = await holder.lease(A, "m", 60_000);
      const database = new Database(readAddress(both.url), 2);
      const running = await server();
      try {
        let taking: Promise<unknown> | undefined;
        await database.transaction(async (statements) => {
          // As every change of the holder's begins.
          await new Leases(database).guard(statements, new Map([[A, first!.epoch]]));
          assert.deepEqual(await holder.lease(A, "m", 5_000), first);
          await database.all("UPDATE lease SET ends = '-infinity' WHERE unit = $1", A);
          taking = next.lease(A, "m", 20_000);
          await eventually(async () => {
            const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
            return (await running.ask("postgres", waiting)).length > 0;
          }, 2_000);
        });
        assert.deepEqual(await taking, { unit: A, epoch: first!.epoch + 1 });
      } finally {
        await database.close();
      }
    },
  );

  test("tells whose hours a manager makes: its own, or all that there are", REAL, async () => {
    await using both = await stores(2);
    await both[0].seal(
      [chunkOf(1, A, minutely(7, DAY, 5)), chunkOf(2, B, minutely(8, DAY, 5))],
      1,
      NO_EPOCHS,
    );
    await both[0].lease(A, "m", 60_000);
    assert.deepEqual(await both[0].makeHours(DAY + HOUR), [{ unit: A, hour: DAY }]);
    await both[1].lease(EVERY_UNIT, "m", 60_000);
    assert.deepEqual(await both[1].makeHours(DAY + HOUR), [{ unit: B, hour: DAY }]);
    assert.equal((await hourOf(both[0], B, "cpu_seconds", DAY)).get(8)!.increase, 4);
  });

  test(
    "stays with the holder while a day is removed that another still has to make hours of",
    REAL,
    async () => {
      await using both = await stores(2);
      const day = 24 * HOUR;
      for (const at of [0, 1]) {
        await both[0].seal([chunkOf(1, A, minutely(7, DAY + at * day, 5))], at + 1, NO_EPOCHS);
      }
      await both[0].lease(A, "m", 60_000);
      await both[1].lease(B, "m", 60_000);
      const tier = { days: 1, bytes: null };
      const retention = { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 1 } };
      assert.deepEqual(await both[1].prune(retention, DAY + 9 * day), []);
      const removed = await both[0].prune(retention, DAY + 9 * day);
      assert.deepEqual(removed, ["samples of 2025-11-24 (older than 1 day)"]);
      // The other has seen the day, and knows nothing of its end.
      await both[1].seal(
        [chunkOf(2, B, minutely(8, DAY, 5)), chunkOf(2, B, minutely(8, DAY + day, 5))],
        9,
        NO_EPOCHS,
      );
      assert.equal((await both[1].chunks(2, DAY, DAY + 2 * day)).length, 1);
    },
  );
});

describe("what agents send", () => {
  test("is kept where PostgreSQL cannot have a character, which is shown by another", REAL, async () => {
    await using one = await stores(1);
    const odd = "a\0b \"\\{},NULL' é\u{1F600}\uD800";
    await one[0].saveInventory([agentRow(1, A, { host: odd })], [
      taskRow(1, 1, { taskId: "NULL", name: odd, labels: { [odd]: odd } }),
    ]);
    const [task] = await all(one[0].tasks(null));
    assert.equal(task!.name, odd.toWellFormed().replace("\0", "\uFFFD"));
    assert.equal(task!.taskId, "NULL");
    assert.equal(task!.target, null);
    assert.deepEqual(task!.labels, { [odd]: odd });
    assert.deepEqual((await one[0].search(["\\{}"], null, 9)).map(({ id }) => id), [1]);
    const run = runRow(1, DAY + 0.5, { error: odd, figures: { [odd]: 0.1 + 0.2, cpu_seconds: 1e300 } });
    await one[0].saveRuns([run]);
    const [stored] = await one[0].runs({ from: 0, until: 2 * DAY, by: odd, limit: 1 });
    assert.equal(stored!.started, run.started);
    assert.deepEqual(Object.values(stored!.figures), [0.1 + 0.2, 1e300]);
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    await one[0].append([{ ...entry(A, ""), payload: bytes }]);
    assert.deepEqual([...(await all(one[0].replay(null)))[0]!.payload], [...bytes]);
  });
});

describe("a database that cannot be used", () => {
  const refused = async (url: string, message: RegExp, password?: string) => {
    await assert.rejects(openPostgres(url, undefined, password), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret|\n/);
      return true;
    });
  };

  test(
    "is told in one sentence: none, not ours, newer, of another encoding, of a wrong password",
    REAL,
    async () => {
      const running = await server();
      await refused(running.url("no_such"), /^cannot use postgres:\/\/.*: there is no such database/);
      await refused(`postgres://proctor:s3cret@127.0.0.1:1/x`, /127\.0\.0\.1:1\/x: nothing listens there/);
      await refused("postgres://proctor@localhost/x?host=/no/such/place", /there is no socket/);
      await refused(running.url("postgres", "tcp", "guarded"), /user name or password.*PGPASSWORD/, "s3cret");
      const newer = await running.newDatabase();
      await (await openPostgres(running.url(newer))).close();
      await running.ask(newer, "UPDATE version SET version = 99");
      await refused(running.url(newer), /of a newer proctor \(version 99, not 2\)/);
      const latin = await running.newDatabase("ENCODING 'LATIN1' TEMPLATE template0");
      await refused(running.url(latin), /its encoding is LATIN1; .*--encoding=UTF8/);
      await running.ask("postgres", "CREATE ROLE poor LOGIN");
      await refused(running.url(await running.newDatabase(), "tcp", "poor"), /lacks the rights/);
      const own = await running.newDatabase();
      await running.ask(own, "CREATE SCHEMA proctor AUTHORIZATION poor");
      await (await openPostgres(running.url(own, "tcp", "poor"))).close();
      await refused(`${running.url(own, "tcp", "poor")}?sslmode=require`, /it may speak no TLS/);
      await (await openPostgres(`${running.url(own, "tcp", "poor")}?sslmode=prefer`)).close();
      const fine = await openPostgres(
        running.url(await running.newDatabase(), "tcp", "guarded"),
        undefined,
        "let me in",
      );
      await fine.close();
      await assert.rejects(fine.append([]), /it is closed/);
    },
  );

  const noTls = noPostgres || (!existsSync(OPENSSL) && `needs ${OPENSSL}`);
  test(
    "since somebody else may be there is told where that is to be known",
    { ...REAL, skip: noTls },
    async () => {
      await using running = await PostgresServer.start();
      const url = running.url(await running.newDatabase(), "tcp").replace("127.0.0.1", "localhost");
      const certificate = running.useTls(OPENSSL);
      await refused(`${url}?sslmode=verify-full`, /self.signed certificate/);
      const store = await openPostgres(`${url}?sslrootcert=${certificate}`);
      await store.append([entry(A, "1")]);
      const [found] = await running.ask("postgres", "SELECT count(*) FROM pg_stat_ssl WHERE ssl");
      assert.ok(found!["count"] as number > 0);
      await store.close();
    },
  );

  test("for a while is told at each call, and goes on by itself when the server is back", REAL, async () => {
    await using running = await PostgresServer.start();
    const store = await openPostgres(running.url(await running.newDatabase()));
    const last = await store.append([entry(A, "1")]);
    running.down();
    for (
      const call of [() => store.append([entry(A, "2")]), () => store.lease(A, "m", 5_000), () => store.use()]
    ) {
      await assert.rejects(call(), /^ProctorError: cannot use postgres:\/\/proctor@[^\n]*$/);
    }
    running.up();
    assert.ok(await store.append([entry(A, "3")]) > last);
    assert.ok(await store.lease(A, "m", 5_000));
    const kept = (await all(store.replay(null))).map(({ payload }) => new TextDecoder().decode(payload));
    assert.deepEqual(kept, ["1", "3"]);
    await store.close();
  });

  test(
    "since nothing comes back any more fails a lease within its time, and is tried anew",
    REAL,
    async () => {
      const running = await server();
      const name = await running.newDatabase();
      let isDeaf = false;
      const sockets = new Set<Socket>();
      const between = createServer((near) => {
        const far = connect(running.port, "127.0.0.1");
        for (const socket of [near, far]) sockets.add(socket.on("error", () => {}));
        near.on("data", (data) => far.write(data)).on("close", () => far.destroy());
        far.on("data", (data) => isDeaf || near.write(data)).on("close", () => near.destroy());
      });
      await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
      const { port } = between.address() as AddressInfo;
      const store = await openPostgres(`postgres://proctor@127.0.0.1:${port}/${name}`);
      try {
        assert.ok(await store.lease(A, "m", 60_000));
        isDeaf = true;
        await assert.rejects(store.lease(A, "m", 400), /it does not answer/);
        isDeaf = false;
        assert.ok(await store.lease(A, "m", 60_000));
      } finally {
        await store.close();
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => between.close(resolve));
      }
    },
  );
});
