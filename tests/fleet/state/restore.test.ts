import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import { decodeRolls } from "../../../fleet/chunk/rolls.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { ReservedNumbers } from "../../../fleet/state/numbers.ts";
import { restore } from "../../../fleet/state/restore.ts";
import { Sealer } from "../../../fleet/state/sealer.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { figures, hostSample, NOON, presence, sample, sender, UNIT } from "../support/arrivals.ts";

const at = (seconds: number) => NOON + seconds * 1_000;

/** A fleet over a real store, as after so many entries of a journal. */
async function fleetOver(store: Store): Promise<{ state: FleetState; sealer: Sealer }> {
  const numbers = new ReservedNumbers(store);
  await numbers.ensure(100);
  let sequence = 0;
  const state = new FleetState(numbers, () => -Infinity);
  return { state, sealer: new Sealer(state, store, () => ++sequence, () => new Map()) };
}

/** The fleet as another manager takes it up. */
async function restored(store: Store, now: number): Promise<FleetState> {
  const numbers = new ReservedNumbers(store);
  const state = new FleetState(numbers, () => -Infinity);
  await restore({ state, store, numbers, units: null, read: () => [], now });
  return state;
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-restore-"));
  const store = await openDirectory(join(directory, "store"));
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

test("an agent of very many tasks is sealed piece by piece, and all of it can be read back", () =>
  withStore(async (store) => {
    const numbers = new ReservedNumbers(store);
    await numbers.ensure(2_100);
    const state = new FleetState(numbers, () => -Infinity);
    const pieces: number[] = [];
    const seal = store.seal.bind(store);
    store.seal = (chunks, ...rest) => {
      pieces.push(...chunks.map(({ count }) => count));
      return seal(chunks, ...rest);
    };
    // Over midnight: each day has its own.
    for (const seconds of [0, 10, 20, 43_200, 43_210, 43_220]) {
      for (let task = 0; task < 2_000; task++) {
        const one = sample(seconds, { cpu_seconds: seconds + task }, { taskId: `job-${task}` });
        state.apply(one, one.time);
      }
    }
    await new Sealer(state, store, () => 1, () => new Map()).seal(null);
    assert.deepEqual(pieces, [3_999, 2_001, 3_999, 2_001]);
    const { id } = state.findAgent(UNIT, "web-1")!;
    const rolls = new Map<number, number>();
    for (const { data } of await store.rolls(id, NOON, at(43_230))) {
      for (const [task, buckets] of decodeRolls(data)) {
        for (const columns of buckets.values()) {
          rolls.set(task, (rolls.get(task) ?? 0) + columns.get("cpu_seconds")!.increase);
        }
      }
    }
    const samples = (await store.chunks(id, NOON, at(43_230)))
      .map(({ data }) => decodeChunk(data))
      .reduce((all, chunk) => {
        for (const [task, own] of chunk) {
          all.set(task, [
            ...all.get(task) ?? [],
            ...own.map(({ time }) => time),
          ]);
        }
        return all;
      }, new Map<number, number[]>());
    for (let task = 0; task < 2_000; task++) {
      const number = state.findTask(UNIT, "web-1", `job-${task}`)!.id;
      assert.deepEqual(samples.get(number), [0, 10, 20, 43_200, 43_210, 43_220].map(at));
      // Of a run that began before it was listened to all but its first figure is known.
      assert.equal(rolls.get(number), 43_220);
    }
  }));

test("a round that could not be stored is told of: the state counts it as on its way there", () =>
  withStore(async (store) => {
    const { state, sealer } = await fleetOver(store);
    const one = sample(10, { cpu_seconds: 1 });
    state.apply(one, one.time);
    assert.equal(await sealer.settled(), true);
    const seal = store.seal.bind(store);
    store.seal = () => Promise.reject(new Error("the unit is another's"));
    await assert.rejects(sealer.seal(null), /another's/);
    assert.equal(await sealer.settled(), false);
    store.seal = seal;
    const again = await fleetOver(store);
    again.state.apply(one, one.time);
    await again.sealer.seal(null);
    assert.equal(await again.sealer.settled(), true);
  }));

describe("after a restart", () => {
  test("it is known how well a run is, of which nothing is told twice", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      const [one, last] = [
        sample(10, { cpu_seconds: 1 }, { quality: { cpu: "exact", memory: "sampled" } }),
        sample(20, { cpu_seconds: 2 }, { state: "ended" }),
      ];
      state.apply(one, one.time);
      await sealer.seal(null);
      const again = await restored(store, at(20));
      again.apply(last, last.time);
      assert.deepEqual(again.endedRuns.map(({ quality }) => quality), [{ cpu: "exact", memory: "sampled" }]);
    }));

  test("what this hour has used is there, whenever its agent was seen for the first time", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      for (const seconds of [0, 10, 3_610, 3_620]) {
        const one = sample(seconds, { cpu_seconds: seconds }, { facts: { startedAt: at(-60) } });
        state.apply(one, one.time);
        await sealer.seal(null);
      }
      const again = await restored(store, at(3_700));
      const rolls = [...again.openHour(at(3_600), "cpu_seconds")];
      assert.deepEqual(rolls.map(([task, { increase }]) => [task.taskId, increase]), [["job", 3_610]]);
      assert.equal(again.findAgent(UNIT, "web-1")!.lastSeen, at(3_620));
    }));

  test("counters of programs' own go on, as do the others", () =>
    withStore(async (store) => {
      const told = (seconds: number, jobs: number) =>
        sample(seconds, { cpu_seconds: 1 }, {
          custom: new Map([["app_jobs_total", jobs], ["app_queue", 3]]),
          facts: { startedAt: at(-60) },
        });
      const { state, sealer } = await fleetOver(store);
      for (const one of [told(0, 5), told(10, 7)]) state.apply(one, one.time);
      await sealer.seal(null);
      const again = await restored(store, at(15));
      for (const one of [told(20, 11), told(30, 12)]) again.apply(one, one.time);
      await new Sealer(again, store, () => 2, () => new Map()).seal(null);
      let sum = 0;
      for (const { data } of await store.rolls(again.findAgent(UNIT, "web-1")!.id, at(0), at(60))) {
        for (const buckets of decodeRolls(data).values()) {
          for (const columns of buckets.values()) sum += columns.get("app_jobs_total")!.increase;
        }
      }
      assert.equal(sum, 12, "all of it, for it was seen from its start");
    }));

  test("a task goes on under its number, though the store had no more of it than that", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      const one = sample(10, { cpu_seconds: 1 });
      state.apply(one, one.time);
      const seal = store.seal.bind(store);
      store.seal = () => Promise.reject(new Error("killed"));
      await assert.rejects(sealer.seal(null), /killed/);
      store.seal = seal;
      const again = await restored(store, at(20));
      again.apply(one, one.time);
      assert.deepEqual([...again.tasks.keys()], [...state.tasks.keys()]);
      assert.equal(again.counts.samples, 1);
    }));

  test("so does one of which only events are told", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      const told = (days: number) => {
        const time = at(days * 86_400);
        state.apply(
          { kind: "event", sender: sender(), taskId: "job", time, event: "up", detail: null },
          time,
        );
      };
      for (const day of [0, 5]) {
        told(day);
        await sealer.seal(null);
      }
      const again = await restored(store, at(5.5 * 86_400));
      assert.deepEqual([...again.tasks.keys()], [...state.tasks.keys()]);
    }));

  test("an agent that has gone for long is not taken up again", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      state.apply(hostSample(10), at(10));
      await sealer.seal(null);
      assert.equal((await restored(store, at(30 * 86_400))).agents.size, 1);
      assert.equal((await restored(store, at(31 * 86_400))).agents.size, 0);
    }));

  test("a last will is still told from a goodbye", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      state.apply(presence(0, "online"), at(0));
      state.apply(hostSample(60), at(60));
      await sealer.seal(null);
      for (const [seconds, is] of [[0, "lost"], [61, "offline"]] as const) {
        const again = await restored(store, at(100));
        again.apply(presence(seconds, "offline"), at(101));
        assert.equal(again.findAgent(UNIT, "web-1")!.presence, is);
      }
    }));

  test("a restart of a task is noticed, by its start and by how long it is up", () =>
    withStore(async (store) => {
      const { state, sealer } = await fleetOver(store);
      state.apply(sample(10, { cpu_seconds: 1 }, { taskId: "a", facts: { startedAt: at(0) } }), at(10));
      state.apply(sample(10, { cpu_seconds: 1, uptime_seconds: 90 }, { taskId: "b" }), at(10));
      await sealer.seal(null);
      const again = await restored(store, at(20));
      const increases: number[] = [];
      const [cpu] = [figures({ cpu_seconds: 1 }).indexOf(1)];
      again.listen({ sample: ({ increases: of }) => increases.push(of[cpu]) });
      again.apply(sample(30, { cpu_seconds: 5 }, { taskId: "a", facts: { startedAt: at(15) } }), at(30));
      again.apply(sample(30, { cpu_seconds: 5, uptime_seconds: 8 }, { taskId: "b" }), at(30));
      assert.deepEqual(increases, [5, 5]);
      assert.equal(again.endedRuns.length, 2);
    }));
});

test("what changes while it is saved is saved again", () =>
  withStore(async (store) => {
    const { state, sealer } = await fleetOver(store);
    state.apply(hostSample(10), at(10));
    const sealing = sealer.seal(null);
    state.apply(presence(11, "offline"), at(11));
    await sealing;
    assert.equal((await restored(store, at(20))).findAgent(UNIT, "web-1")!.presence, "online");
    await sealer.seal(null);
    assert.equal((await restored(store, at(20))).findAgent(UNIT, "web-1")!.presence, "offline");
  }));
