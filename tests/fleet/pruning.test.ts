import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PruneClock, Pruning } from "../../fleet/pruning.ts";
import type { Retention, Store } from "../../fleet/store/contract.ts";

const T0 = Date.UTC(2026, 10, 30);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A store that has samples up to a time, over starts of a manager. */
class Bench {
  readonly documents = new Map<string, unknown>();
  readonly pruned: number[] = [];
  steady = 0;
  clock!: PruneClock;

  constructor(readonly until: number | null = T0) {
    this.start();
  }

  get store(): Store {
    return {
      documents: () => Promise.resolve(this.documents),
      saveDocuments: (_: string, changes: ReadonlyMap<string, unknown>) => {
        for (const [name, value] of changes) this.documents.set(name, value);
        return Promise.resolve();
      },
      use: () => Promise.resolve([{ tier: "raw", bytes: 1, from: T0 - DAY_MS, until: this.until }]),
      prune: (_: Retention, now: number) => {
        this.pruned.push(now);
        return Promise.resolve([]);
      },
    } as unknown as Store;
  }

  start(): void {
    this.clock = new PruneClock(this.store, () => this.steady);
  }

  /** An hour later, by a clock that is so far ahead: how far what is believed is, in days. */
  async hour(aheadMs: number): Promise<number> {
    this.steady += HOUR_MS;
    const { now } = await this.clock.believed(T0 + this.steady + aheadMs);
    return Math.round((now - T0 - this.steady) / DAY_MS * 100) / 100 || 0;
  }
}

describe("what is old is removed by a clock", () => {
  test("that goes on, and is set by less than a day", async () => {
    const bench = new Bench();
    for (const hours of [0, 5, -30, -6, 0]) {
      assert.equal(await bench.hour(hours * HOUR_MS), Math.round(hours / 24 * 100) / 100 || 0);
    }
  });

  test("that is not believed for a day when it jumps, and no longer when it goes back", async () => {
    const bench = new Bench();
    assert.equal(await bench.hour(0), 0);
    for (let hour = 0; hour < 23; hour++) assert.equal(await bench.hour(400 * DAY_MS), 0, `${hour}`);
    assert.equal(await bench.hour(0), 0);
    for (let hour = 0; hour < 23; hour++) assert.equal(await bench.hour(400 * DAY_MS), 0, `${hour}`);
    assert.equal(await bench.hour(400 * DAY_MS), 400);
    assert.equal(await bench.hour(400 * DAY_MS), 400);
  });

  test("that was ahead from the start: the newest samples say so, and a restart changes nothing", async () => {
    const bench = new Bench();
    for (let hour = 0; hour < 23; hour++) {
      assert.ok(await bench.hour(400 * DAY_MS) < 1, `${hour}`);
      bench.start();
    }
    assert.equal(await bench.hour(400 * DAY_MS), 400);
  });

  test("and that it is doubted is said once", async () => {
    const bench = new Bench(Date.now() - 40 * DAY_MS);
    const said: string[] = [];
    const pruning = new Pruning(bench.store, {} as Retention, (level, line) => said.push(`${level} ${line}`));
    for (let times = 0; times < 2; times++) await pruning.prune(Date.now());
    assert.equal(said.length, 1);
    assert.match(said[0]!, /^warn the time is 40 days later than expected: /);
    assert.equal(bench.pruned.length, 2);
    for (const now of bench.pruned) assert.ok(now < Date.now() - 39 * DAY_MS);
  });
});
