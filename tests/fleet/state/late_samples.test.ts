import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import { decodeRolls } from "../../../fleet/chunk/rolls.ts";
import type { TaskSample } from "../../../fleet/model/arrival.ts";
import { COLUMN_AT } from "../../../fleet/model/column.ts";
import { markAgents } from "../../../fleet/share/follower.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { Sealer } from "../../../fleet/state/sealer.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { emptyFleet, NOON, sample, UNIT } from "../support/arrivals.ts";

const CPU = COLUMN_AT.get("cpu_seconds")!;

/** The task's samples in memory, as seconds after noon and CPU seconds. */
function kept(state: FleetState): number[][] {
  const task = state.findTask(UNIT, "web-1", "job")!;
  return state.open(task, -Infinity, Infinity).map(({ time, figures }) => [
    (time - NOON) / 1_000,
    figures[CPU],
  ]);
}

function apply(state: FleetState, ...samples: TaskSample[]): void {
  for (const one of samples) state.apply(one, one.time);
}

describe("a sample that comes after newer ones", () => {
  test("is part of the history, in its place, and no news", () => {
    const state = emptyFleet();
    const told: number[] = [];
    apply(state, sample(10, { cpu_seconds: 1, memory_bytes: 5 }));
    state.listen({ sample: ({ time }) => told.push((time - NOON) / 1_000) });
    apply(
      state,
      sample(40, { cpu_seconds: 4, memory_bytes: 5 }),
      sample(30, { cpu_seconds: 3, memory_bytes: 9 }),
      sample(20, { cpu_seconds: 2, memory_bytes: 5 }, { state: "ended" }),
      sample(50, { cpu_seconds: 5, memory_bytes: 5 }),
    );
    assert.deepEqual(kept(state), [[10, 1], [20, 2], [30, 3], [40, 4], [50, 5]]);
    assert.deepEqual(told, [40, 50]);
    assert.deepEqual({ ...state.counts }, { messages: 5, samples: 5, repeated: 0 });
    const task = state.findTask(UNIT, "web-1", "job")!;
    assert.equal(task.state, "running");
    assert.equal(task.run("ended", 0, null).figures.max_memory_bytes, 9);
  });

  test("is taken once", () => {
    const state = emptyFleet();
    const all = [10, 30, 20].map((seconds) => sample(seconds, { cpu_seconds: seconds }));
    apply(state, ...all, ...all, ...all);
    assert.deepEqual(kept(state), [[10, 10], [20, 20], [30, 30]]);
    assert.equal(state.counts.repeated, 6);
  });

  test("is left out where a counter is ahead of what came before it: its clock was set back", () => {
    for (
      const [before, after] of [
        [{ cpu_seconds: 5 }, { cpu_seconds: 6 }],
        [{ cpu_seconds: 5, uptime_seconds: 60 }, { cpu_seconds: 5, uptime_seconds: 70 }],
      ]
    ) {
      const state = emptyFleet();
      apply(state, sample(10, before), sample(100, before), sample(40, after));
      assert.deepEqual(kept(state), [[10, 5], [100, 5]]);
      assert.equal(state.counts.repeated, 1);
    }
  });

  test("is left out where it does not fit between its neighbours: it has begun anew by a clock that was set back", () => {
    const state = emptyFleet();
    apply(
      state,
      ...[10, 20, 30].map((seconds) => sample(seconds, { cpu_seconds: seconds })),
      sample(15, { cpu_seconds: 1 }),
      sample(25, { cpu_seconds: 22 }),
    );
    assert.deepEqual(kept(state), [[10, 10], [20, 20], [25, 22], [30, 30]]);
  });
});

describe("what counters are stored to have grown by", () => {
  /** In the store, of samples as they come. */
  async function stored(...samples: TaskSample[]): Promise<number> {
    return (await storedWhole(samples)).grown;
  }

  /** With how many samples there are. */
  async function storedWhole(samples: readonly TaskSample[]): Promise<{ grown: number; times: number[] }> {
    const directory = mkdtempSync(join(tmpdir(), "proctor-late-"));
    const store = await openDirectory(join(directory, "store"));
    try {
      const state = emptyFleet();
      apply(state, ...samples);
      await new Sealer(state, store, () => 1, () => new Map()).seal(null);
      const [times, grown] = await storedIn(store);
      return { grown: grown.get(1) ?? 0, times: times.get(1)!.map((time) => (time - NOON) / 1_000) };
    } finally {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const cpu = (seconds: number, cpu_seconds: number, uptime_seconds?: number) =>
    sample(seconds, uptime_seconds === undefined ? { cpu_seconds } : { cpu_seconds, uptime_seconds });

  test("is not more for late samples of a run that is counted whole", async () => {
    const started = (startedAt: number, one: TaskSample): TaskSample =>
      sample(0, {}, { ...one, facts: { startedAt: NOON + startedAt * 1_000 } });
    const first = started(5, cpu(10, 3, 5));
    const [later, ...late] = [cpu(60, 50, 50), cpu(40, 30, 30), cpu(50, 40, 40)].map((one) =>
      started(10, one)
    );
    assert.equal(await stored(first, later!), 53);
    assert.deepEqual(await storedWhole([first, later!, ...late]), { grown: 53, times: [10, 40, 50, 60] });
    // Of which run it is that has no uptime is known as long as the run had not begun.
    const bare = (seconds: number, cpu_seconds: number) => started(10, cpu(seconds, cpu_seconds));
    assert.deepEqual(await storedWhole([first, later!, bare(40, 30)]), { grown: 53, times: [10, 40, 60] });
    // That of the run before adds what that has used.
    assert.deepEqual(await storedWhole([first, started(30, cpu(60, 30, 30)), started(5, cpu(20, 13, 15))]), {
      grown: 43,
      times: [10, 20, 60],
    });
    // Nothing is known of a task before its first samples: those that come late are there, and add nothing.
    const fresh = [later!, ...late];
    assert.deepEqual(await storedWhole(fresh), { grown: 50, times: [40, 50, 60] });
  });

  test("is never more than what was used, whatever comes when, over restarts that tell of themselves or not", async () => {
    const step = fc.record({
      restarts: fc.nat(3),
      used: fc.nat(8),
      rank: fc.integer({ min: -3, max: 3 }),
    });
    const stories = fc.array(step, { minLength: 1, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(stories, fc.boolean(), fc.boolean(), async (given, hasUptime, isStarted) => {
        let [total, used, since] = [0, 0, -7];
        const samples = given.map((one, at) => {
          if (one.restarts === 0) [used, since] = [0, at * 10 - 5];
          used += one.used;
          total += one.used;
          const uptime = hasUptime ? at * 10 - since : NaN;
          const facts = isStarted ? { facts: { startedAt: NOON + since * 1_000 } } : {};
          return {
            place: at + one.rank,
            one: sample(at * 10, { cpu_seconds: used, uptime_seconds: uptime }, facts),
          };
        });
        const came = samples.toSorted((a, b) => a.place - b.place).map(({ one }) => one);
        const { grown, times } = await storedWhole(came);
        assert.ok(grown <= total, `${grown} of ${total}`);
        assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b));
      }),
      { numRuns: 150 },
    );
  });

  test("is the same where a late sample has no figure of it", async () => {
    assert.equal(await stored(cpu(10, 10), cpu(40, 20), sample(30, { memory_bytes: 5 })), 10);
  });

  test("is the same over midnight for a clock that was set back", async () => {
    const midnight = 43_200;
    const all = [cpu(midnight - 10, 10), cpu(midnight + 10, 11), cpu(midnight + 20, 20)];
    assert.equal(await stored(...all, cpu(midnight - 5, 20)), 10);
    assert.equal(await stored(...all, cpu(midnight - 5, 10.5)), 10);
  });
});

test("one that is older than what the holder of its unit has stored meanwhile is left out by those that follow, too", () => {
  const state = emptyFleet();
  const cpu = (seconds: number) => sample(seconds, { cpu_seconds: seconds });
  for (const [at, one] of [cpu(10), cpu(30), cpu(20), cpu(40), cpu(50)].entries()) {
    apply(state, one);
    markAgents(state, [one], at + 1);
  }
  const agent = state.findAgent(UNIT, "web-1")!;
  agent.dropSealed(2);
  assert.deepEqual(kept(state), [[40, 40], [50, 50]]);
  assert.equal(agent.tail.before(state.findTask(UNIT, "web-1", "job")!.id)![CPU], 30);
  apply(state, cpu(25), cpu(45));
  assert.deepEqual(kept(state), [[40, 40], [45, 45], [50, 50]]);
  agent.dropSealed(4);
  assert.deepEqual(kept(state), [[45, 45], [50, 50]]);
});

const TASKS = 3;
/** What is published, in blocks of steps; of each block the order in which it comes, some of it twice. */
const blocks = fc.array(
  fc.record({
    steps: fc.integer({ min: 1, max: 5 }),
    order: fc.infiniteStream(fc.nat(1_000)),
    repeats: fc.array(fc.nat(1_000), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 5 },
);

test("whatever the order, all of it is stored once and sums are exact, though another goes on with it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-late-"));
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(blocks, fc.nat(100), fc.boolean(), async (given, killed, isLearntLater) => {
        const store = await openDirectory(join(directory, `${++number}`));
        try {
          await check(store, given, killed % given.length, isLearntLater);
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

type Block = typeof blocks extends fc.Arbitrary<(infer One)[]> ? One : never;

/** One holds the fleet and seals it after each block, until it is killed in one; another that follows it goes on. */
async function check(
  store: Store,
  given: readonly Block[],
  killedIn: number,
  isLearntLater: boolean,
): Promise<void> {
  const numbers = () => {
    let [agents, tasks] = [0, 0];
    return { agent: () => ++agents, task: () => ++tasks };
  };
  const [holder, follower] = [new FleetState(numbers(), () => 0), new FleetState(numbers(), () => 0)];
  let [sequence, sealed] = [0, 0];
  const seal = (state: FleetState) => new Sealer(state, store, () => sequence, () => new Map()).seal(null);
  let isHeld = true;
  const learn = () => [...follower.units.get(UNIT) ?? []].forEach((agent) => agent.dropSealed(sealed));
  let step = 0;
  const all: TaskSample[] = [];
  for (const [at, { steps, order, repeats }] of given.entries()) {
    const own = Array.from(
      { length: steps * TASKS },
      (_, n) => made(step + Math.floor(n / TASKS), n % TASKS),
    );
    step += steps;
    all.push(...own);
    const ranks = new Map(own.map((one) => [one, order.next().value!]));
    const comes = [
      ...own.sort((a, b) => ranks.get(a)! - ranks.get(b)!),
      ...repeats.map((n) => all[n % all.length]!),
    ];
    for (const [place, one] of comes.entries()) {
      if (isHeld && at === killedIn && place === Math.floor(comes.length / 2)) {
        isHeld = false;
        for (const agent of follower.units.get(UNIT) ?? []) agent.takeOver(sealed);
      }
      sequence++;
      if (isHeld) holder.apply(one, one.time);
      follower.apply(one, one.time);
      markAgents(follower, [one], sequence);
      if (isLearntLater && isHeld && place === 0) learn();
    }
    await seal(isHeld ? holder : follower);
    sealed = sequence;
    if (isHeld && !isLearntLater) learn();
  }
  const [times, grown] = await storedIn(store);
  for (let task = 1; task <= TASKS; task++) {
    const known = follower.tasks.get(task)!;
    const own = all.filter(({ taskId }) => taskId === known.taskId);
    assert.deepEqual(times.get(task), own.map(({ time }) => time).sort((a, b) => a - b));
    const figures = own.map(({ figures }) => figures[CPU]);
    assert.equal(grown.get(task) ?? 0, Math.max(...figures) - Math.min(...figures));
  }
}

/** A task's sample at a step. */
function made(step: number, task: number): TaskSample {
  return sample(step * 10, { cpu_seconds: (step * (task + 1)) / 4 }, { taskId: `job-${task}` });
}

/** The times of each task, as they are stored, and what its CPU time has grown by. */
async function storedIn(store: Store): Promise<[Map<number, number[]>, Map<number, number>]> {
  const [times, grown] = [new Map<number, number[]>(), new Map<number, number>()];
  for (const { data } of await store.chunks(1, NOON, NOON + 86_400_000)) {
    for (const [task, samples] of decodeChunk(data)) {
      times.set(task, [...times.get(task) ?? [], ...samples.map(({ time }) => time)]);
    }
  }
  for (const { data } of await store.rolls(1, NOON, NOON + 86_400_000)) {
    for (const [task, buckets] of decodeRolls(data)) {
      for (const columns of buckets.values()) {
        grown.set(task, (grown.get(task) ?? 0) + columns.get("cpu_seconds")!.increase);
      }
    }
  }
  return [times, grown];
}
