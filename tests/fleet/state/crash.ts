/* A manager whose store breaks off at any change, and what is there once it has gone on: of every store. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import { decodeRolls } from "../../../fleet/chunk/rolls.ts";
import { COLUMN_AT } from "../../../fleet/model/column.ts";
import type { TaskSample } from "../../../fleet/model/arrival.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { ReservedNumbers } from "../../../fleet/state/numbers.ts";
import { restore } from "../../../fleet/state/restore.ts";
import { Sealer } from "../../../fleet/state/sealer.ts";
import type { JournalEntry, Store } from "../../../fleet/store/contract.ts";
import { NOON, sample, sender, UNIT } from "../support/arrivals.ts";

const CPU = COLUMN_AT.get("cpu_seconds")!;
/** What a store is changed by. */
const CHANGES = ["reserve", "saveInventory", "append", "seal", "forget", "saveRuns", "makeHours"];

class Crash extends Error {}

/** A store whose nth change, and whatever comes after it, does not take place. */
function crashing(store: Store, at: number): Store {
  let left = at;
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const bound = value.bind(target);
      if (!CHANGES.includes(String(name))) return bound;
      return (...words: unknown[]) => left-- > 0 ? bound(...words) : Promise.reject(new Crash());
    },
  });
}

/** Samples stand in the journal as their place in the list of all. */
const entryOf = (place: number): JournalEntry => ({
  unit: UNIT,
  topic: "t",
  receivedAt: NOON + place,
  payload: new TextEncoder().encode(String(place)),
  isRetained: false,
});

/** Samples of three tasks of two hosts, over midnight, with restarts and ends. */
function samplesOf(count: number): TaskSample[] {
  const cpu = [0, 0, 0];
  const isOver = [false, false, false];
  return Array.from({ length: count }, (_, n) => {
    const task = n % 3;
    const seconds = 12 * 3_600 - 60 + Math.floor(n / 3) * 5;
    const isNew = isOver[task] || (n > 5 && n % 11 === task);
    cpu[task] = isNew ? 1 : cpu[task] + task + 1;
    isOver[task] = n % 17 === 16;
    return sample(seconds, { cpu_seconds: cpu[task], uptime_seconds: cpu[task] }, {
      sender: sender(`host-${task % 2}`),
      taskId: `task-${task}`,
      state: isOver[task] ? "ended" : "running",
    });
  });
}

/** One life of a manager: takes in what is left, and stores it now and then. @returns how many are safe */
async function live(
  store: Store,
  samples: readonly TaskSample[],
  from: number,
  sealEvery: number,
): Promise<number> {
  let safe = from;
  const numbers = new ReservedNumbers(store);
  const state = new FleetState(numbers, () => NOON);
  const read = ({ payload }: JournalEntry) => [samples[Number(new TextDecoder().decode(payload))]];
  try {
    let sequence = await restore({ state, store, numbers, units: null, read, now: NOON + 12 * 3_600_000 });
    const sealer = new Sealer(state, store, () => sequence, () => new Map());
    for (let place = from; place < samples.length; place += 2) {
      const batch = [place, place + 1].filter((one) => one < samples.length);
      await numbers.ensure(batch.length);
      sequence = await store.append(batch.map(entryOf));
      safe = place + batch.length;
      for (const one of batch) state.apply(samples[one], NOON + one);
      if (place % sealEvery < 2) await sealer.seal(null);
      else if (place % 5 === 0) await sealer.saveRuns();
    }
    await sealer.seal(null);
    await store.makeHours(NOON + 24 * 3_600_000);
    return Infinity;
  } catch (error) {
    if (error instanceof Crash) return safe;
    throw error;
  }
}

/** What the samples say each task has used, and how often it has ended. */
function expected(samples: readonly TaskSample[]) {
  const tasks = new Map<
    string,
    { times: number[]; used: number; last: number | null; isOver: boolean; runs: number }
  >();
  for (const { taskId, time, figures, state } of samples) {
    const task = tasks.get(taskId) ?? { times: [], used: 0, last: null, isOver: false, runs: 0 };
    const value = figures[CPU];
    const begins = task.last === null || task.isOver || value < task.last;
    if (begins && task.last !== null && !task.isOver) task.runs += 1;
    task.used += begins ? value : value - task.last!;
    task.last = value;
    task.isOver = state === "ended";
    if (task.isOver) task.runs += 1;
    task.times.push(time);
    tasks.set(taskId, task);
  }
  return tasks;
}

/** A place for a store that is empty at first, and can be opened again and again. */
interface CrashPlace extends AsyncDisposable {
  open(): Promise<Store>;
}

/**
 * Let a store break off at random changes, several times in a row, and hold what is there against what was sent.
 * @param runs how often
 */
export async function crashAgainAndAgain(newPlace: () => Promise<CrashPlace>, runs: number): Promise<void> {
  const crashes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(crashes, fc.integer({ min: 3, max: 30 }), async (lives, sealEvery) => {
      await using place = await newPlace();
      const samples = samplesOf(60);
      let from = 0;
      for (const at of [...lives, Infinity]) {
        const store = await place.open();
        const safe = await live(crashing(store, at), samples, from, sealEvery);
        await store.close();
        // What was not acknowledged is delivered again, and something of what was.
        from = Math.max(0, Math.min(safe, samples.length) - 1);
      }
      const store = await place.open();
      const names = new Map<number, string>();
      for await (const { id, taskId } of store.tasks(null)) names.set(id, taskId);
      const found = new Map<string, number[]>();
      let [increase, fine] = [0, 0];
      for await (const { id } of store.agents(null)) {
        for (const { data } of await store.chunks(id, 0, NOON * 2)) {
          for (const [task, rows] of decodeChunk(data)) {
            const name = names.get(task) ?? `no task ${task}`;
            found.set(name, [...found.get(name) ?? [], ...rows.map(({ time }) => time)]);
          }
        }
        for (const { data } of await store.rolls(id, 0, NOON * 2)) {
          for (const buckets of decodeRolls(data).values()) {
            for (const columns of buckets.values()) fine += columns.get("cpu_seconds")?.increase ?? 0;
          }
        }
      }
      for (const { rolls } of await store.hours(UNIT, "cpu_seconds", 0, NOON * 2)) {
        for (const [, roll] of rolls) increase += roll.increase;
      }
      const runs = await store.runs({ from: 0, until: NOON * 2, limit: 1_000 });
      await store.close();
      const wanted = expected(samples);
      let [used, ended] = [0, 0];
      for (const [name, task] of wanted) {
        assert.deepEqual(found.get(name)?.toSorted((a, b) => a - b), task.times, name);
        used += task.used;
        ended += task.runs;
      }
      assert.deepEqual([...found.keys()].toSorted(), [...wanted.keys()].toSorted());
      assert.deepEqual([fine, increase], [used, used]);
      assert.equal(runs.length, ended);
    }),
    { numRuns: runs },
  );
}
