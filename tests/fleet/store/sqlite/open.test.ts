import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { ProctorError } from "../../../../core/error.ts";
import { decodeChunk } from "../../../../fleet/chunk/chunk.ts";
import { openDirectory } from "../../../../fleet/store/sqlite/open.ts";
import { SmallDisk } from "../../../supervisor/support/small_disk.ts";
import { all, chunkOf, DAY, entry, MINUTE, minutely, rollsIn, taskRow } from "../support.ts";

/** A directory for a test. */
class Place implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "proctor-store-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** That a promise fails with one clear line. */
function refuses(promise: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof ProctorError, String(error));
    assert.match(error.message, message);
    assert.equal(error.lines.length, 1);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

describe("a directory of a store", () => {
  test("is ours alone, whatever is in it", async () => {
    using place = new Place();
    const directory = join(place.path, "below", "store");
    const store = await openDirectory(directory);
    await store.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
    await store.makeHours(Infinity);
    await store.backup(join(place.path, "copy"));
    for (const top of [directory, join(place.path, "copy")]) {
      assert.equal(statSync(top).mode & 0o777, 0o700);
      for (const name of readdirSync(top, { recursive: true, encoding: "utf8" })) {
        const found = statSync(join(top, name));
        assert.equal(found.mode & 0o777, found.isDirectory() ? 0o700 : 0o600, name);
      }
    }
    await store.close();
  });

  test("is of one manager at a time", async () => {
    using place = new Place();
    const store = await openDirectory(place.path);
    await refuses(
      openDirectory(place.path),
      /^another manager \(PID \d+\) has the store .*; end it, or choose/,
    );
    await store.close();
    await (await openDirectory(place.path)).close();
  });

  test("that others may write to, or that is another thing, is refused", async () => {
    using place = new Place();
    mkdirSync(join(place.path, "open"), { mode: 0o777 });
    chmodSync(join(place.path, "open"), 0o777);
    await refuses(openDirectory(join(place.path, "open")), /others may write to/);
    writeFileSync(join(place.path, "file"), "");
    await refuses(openDirectory(join(place.path, "file")), /is not a directory/);
  });

  test("of a newer proctor, of another program, or that is damaged, is not touched", async () => {
    using place = new Place();
    await (await openDirectory(place.path)).close();
    const fleet = join(place.path, "fleet.db");
    const other = new DatabaseSync(fleet);
    other.exec("PRAGMA user_version = 2");
    other.close();
    await refuses(
      openDirectory(place.path),
      /fleet\.db is of a newer proctor \(version 2 of its tables, not 1\)/,
    );
    rmSync(fleet);
    const foreign = new DatabaseSync(fleet);
    foreign.exec("CREATE TABLE x (y)");
    foreign.close();
    await refuses(openDirectory(place.path), /fleet\.db is not a file of proctor's/);
    writeFileSync(fleet, "no database at all, but a text that is long enough to be taken for one".repeat(20));
    await refuses(openDirectory(place.path), /cannot open .*fleet\.db: it is not a database/);
  });

  test("goes on with its numbers when its journal is lost", async () => {
    using place = new Place();
    const store = await openDirectory(place.path);
    const last = await store.append([entry("a/b", "1"), entry("a/b", "2")]);
    await store.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], last, new Map());
    await store.close();
    rmSync(join(place.path, "journal.db"));
    const later = await openDirectory(place.path);
    assert.equal(await later.append([entry("a/b", "3")]), last + 1);
    await later.close();
  });

  test("tells of figures that are damaged, and makes hours of the others", async () => {
    using place = new Place();
    const said: string[] = [];
    const store = await openDirectory(place.path, (line) => said.push(line));
    const good = chunkOf(1, "a/b", minutely(7, DAY, 5));
    await store.seal(
      [good, { ...chunkOf(2, "a/b", minutely(8, DAY, 5)), rolls: good.rolls.slice(0, -3) }],
      1,
      new Map(),
    );
    await store.makeHours(Infinity);
    assert.equal(said.length, 1);
    assert.match(said[0]!, /^the rolls of agent 2 at 2025-11-24T00:00:00.000Z are left out: /);
    assert.deepEqual([...await rollsIn(store, 1, DAY, DAY + MINUTE)].map(([task]) => task), [7]);
    const [column] = await store.hours("a/b", "cpu_seconds", DAY, DAY);
    assert.deepEqual([...column!.rolls].map(([task]) => task), [7]);
    await store.close();
  });
});

describe("a day that is damaged", () => {
  /** Overwrite all pages of a file but the first with noise. */
  function damage(file: string, from: number): void {
    const bytes = readFileSync(file);
    crypto.getRandomValues(bytes.subarray(from, Math.min(bytes.length, from + 65_536)));
    writeFileSync(file, bytes);
  }

  for (const [what, from] of [["from its first byte on", 0], ["behind its first page", 1_024]] as const) {
    test(`${what} is set aside, told, and what comes is sealed`, async () => {
      using place = new Place();
      const first = await openDirectory(place.path);
      await first.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
      await first.close();
      const file = join(place.path, "raw", "2025-11-24.db");
      damage(file, from);
      const said: string[] = [];
      const store = await openDirectory(place.path, (line) => said.push(line));
      const later = DAY + 10 * MINUTE;
      const days = [later, DAY + 24 * 60 * MINUTE];
      await store.seal(days.map((day) => chunkOf(1, "a/b", minutely(7, day, 5))), 2, new Map());
      await store.seal([chunkOf(1, "a/b", minutely(7, later + 10 * MINUTE, 5))], 3, new Map());
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(
        said[0]!,
        /2025-11-24\.db: it is (damaged|not a database); it is set aside as 2025-11-24\.db\.damaged-\d{8}T\d{6}Z, and/,
      );
      const aside = readdirSync(join(place.path, "raw")).filter((name) => /\.damaged-[^-]*$/.test(name));
      assert.equal(aside.length, 1);
      assert.equal((await store.chunks(1, DAY, DAY + 60 * MINUTE)).length, 2);
      assert.deepEqual(await store.sealed(DAY), new Map([[1, 3]]));
      assert.deepEqual(
        (await store.makeHours(Infinity)).map(({ hour }) => hour),
        [DAY, DAY + 24 * 60 * MINUTE],
      );
      await store.close();
      // Nobody takes it for a day.
      const again = await openDirectory(place.path, (line) => said.push(line));
      const kept = await again.chunks(1, DAY, DAY + 60 * MINUTE);
      // Those of an hour that is over have become one.
      assert.deepEqual(kept.map(({ data }) => decodeChunk(data).get(7)!.length), [10]);
      await again.close();
      assert.equal(said.length, 1);
    });
  }

  test("that hours have been made of keeps these, and makes them of what comes late, too", async () => {
    using place = new Place();
    const first = await openDirectory(place.path);
    await first.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
    await first.makeHours(Infinity);
    await first.close();
    const use = async (store: Awaited<typeof first>) => {
      const [column] = await store.hours("a/b", "cpu_seconds", DAY, DAY);
      return [...column!.rolls].map(([task, { n }]) => [task, n]);
    };
    damage(join(place.path, "raw", "2025-11-24.db"), 0);
    const store = await openDirectory(place.path);
    assert.deepEqual(await use(store), [[7, 5]]);
    await store.seal([chunkOf(1, "a/b", minutely(7, DAY + 10 * MINUTE, 5))], 2, new Map());
    await store.makeHours(Infinity);
    assert.deepEqual(await use(store), [[7, 10]]);
    await store.close();
  });

  test("of other tiers is set aside, too: hours are made of what is there", async () => {
    using place = new Place();
    const first = await openDirectory(place.path);
    await first.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
    await first.makeHours(Infinity);
    await first.close();
    const files = readdirSync(place.path, { recursive: true, encoding: "utf8" })
      .filter((name) => /2025(-11)?\.db$/.test(name));
    assert.equal(files.length, 2, files.join());
    for (const file of files) damage(join(place.path, file), 0);
    const said: string[] = [];
    const store = await openDirectory(place.path, (line) => said.push(line));
    for (const agent of [1, 2, 3]) {
      await store.seal([chunkOf(agent, "a/b", minutely(agent, DAY + 10 * MINUTE, 5))], 2, new Map());
    }
    await store.makeHours(Infinity);
    const [column] = await store.hours("a/b", "cpu_seconds", DAY, DAY);
    assert.deepEqual([...column!.rolls].map(([task]) => task), [1, 2, 3]);
    assert.equal(said.length, 2, said.join("\n"));
    await store.close();
  });
});

describe("a disk that is full", () => {
  test(
    "refuses what it has no room for, keeps what it has, and goes on",
    { skip: SmallDisk.obstacle() },
    async () => {
      using disk = new SmallDisk();
      const store = await openDirectory(join(disk.path, "store"));
      try {
        await store.append([entry("a/b", "1")]);
        await store.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
        disk.fill();
        const large = entry("a/b", "x".repeat(300_000));
        await refuses(store.append([entry("a/b", "2"), large]), /journal\.db: no space left on the device$/);
        const noise = chunkOf(1, "a/b", minutely(9, DAY + MINUTE, 5));
        await refuses(
          store.seal([{ ...noise, data: crypto.getRandomValues(new Uint8Array(65_536)) }], 2, new Map()),
          /2025-11-24\.db: no space left on the device$/,
        );
        const many = Array.from({ length: 400 }, (_, at) => taskRow(at + 1, 1, { name: "n".repeat(500) }));
        await refuses(store.saveInventory([], many), /fleet\.db: no space left on the device$/);
        assert.equal((await all(store.replay(null))).length, 1);
        assert.deepEqual(await store.sealed(DAY), new Map([[1, 1]]));
        disk.empty();
        assert.ok(await store.append([entry("a/b", "3")]) > 1);
        await store.seal([noise], 2, new Map());
        assert.equal((await store.chunks(1, DAY, DAY + 9 * MINUTE)).length, 2);
      } finally {
        await store.close();
      }
    },
  );

  test("that is damaged is told so", async () => {
    using place = new Place();
    const store = await openDirectory(place.path);
    await store.seal([chunkOf(1, "a/b", minutely(7, DAY, 5))], 1, new Map());
    await store.close();
    const file = join(place.path, "raw", "2025-11-24.db");
    truncateSync(file, 3_000);
    await refuses(
      openDirectory(place.path).then(async (again) => {
        try {
          await again.chunks(1, DAY, DAY + MINUTE);
        } finally {
          await again.close();
        }
      }),
      /2025-11-24\.db: it is damaged$/,
    );
  });
});
