import assert from "node:assert/strict";
import { test } from "node:test";
import { HeardSince } from "../../../fleet/heard_since.ts";
import type { Arrival } from "../../../fleet/model/arrival.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import { Follower } from "../../../fleet/share/follower.ts";
import type { FollowerParts } from "../../../fleet/share/follower.ts";
import { SimulatedFleet } from "../support/simulated_fleet.ts";

const UNIT: UnitKey = "fleet/channel-0";

test("a unit counts as read again only when all of it is there, however often that fails", async () => {
  await using fleet = await SimulatedFleet.open({ plan: { agents: 2, tasks: 2 }, forMs: 60_000 });
  const { state, intake } = fleet;
  await fleet.settle();
  const known = [...state.tasks.keys()].sort();
  assert.ok(known.length >= 4);
  let isBroken = false;
  const store = new Proxy(fleet.store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name === "rolls" && isBroken) return () => Promise.reject(new Error("the store is away"));
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  let sealed = 5;
  const news = (units: ReadonlyMap<UnitKey, number>) =>
    Promise.resolve([...units.keys()].map((unit) => ({ unit, sealed, entries: [] })));
  const follower = new Follower({
    ...{ state, store, intake, heard: await HeardSince.open(store), failed: assert.fail, now: Date.now },
    // No entry of a journal is read: there are no names to find.
    ...{ shares: { news } as unknown as FollowerParts["shares"], names: {} as FollowerParts["names"] },
  });
  const reread: string[] = [];
  state.listen({
    reread: (unit) => {
      assert.deepEqual([...state.rereading], []);
      assert.deepEqual([...state.tasks.keys()].sort(), known);
      reread.push(unit);
    },
  });
  await follower.follow(UNIT, 5);
  assert.deepEqual([...state.rereading], []);
  sealed = 9;
  isBroken = true;
  for (let times = 0; times < 2; times++) {
    await assert.rejects(follower.read(), /the store is away/);
    assert.deepEqual([[...state.rereading], reread], [[UNIT], []]);
    assert.ok(follower.units.has(UNIT), "it is tried again");
  }
  isBroken = false;
  await follower.read();
  assert.deepEqual([[...state.rereading], reread], [[], [UNIT]]);
});

test("a unit that is forgotten takes no memory, and is as it was when it is found again", async () => {
  await using fleet = await SimulatedFleet.open({ plan: { agents: 2, tasks: 2 }, forMs: 60_000 });
  const { state, store, intake } = fleet;
  await fleet.settle();
  const known = [...state.tasks.keys()].sort();
  const news = (units: ReadonlyMap<UnitKey, number>) =>
    Promise.resolve([...units.keys()].map((unit) => ({ unit, sealed: 5, entries: [] })));
  const follower = new Follower({
    ...{ state, store, intake, heard: await HeardSince.open(store), failed: assert.fail, now: Date.now },
    ...{ shares: { news } as unknown as FollowerParts["shares"], names: {} as FollowerParts["names"] },
  });
  await follower.follow(UNIT, 5);
  await follower.drop(UNIT);
  assert.deepEqual([state.agents.size, state.tasks.size, state.units.size, follower.units.size], [
    0,
    0,
    0,
    0,
  ]);
  assert.deepEqual([...state.rereading], []);
  await follower.drop(UNIT);
  await follower.follow(UNIT, null);
  assert.deepEqual([...state.tasks.keys()].sort(), known);
});

test("one entry that cannot be applied is reported, and what comes after it is followed", async () => {
  await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
  const { state, store, intake, numbers } = fleet;
  await numbers.ensure(10);
  const failures: string[] = [];
  const entryOf = (sequence: number) => {
    const body = { proplet_id: "web", task_id: `job-${sequence}`, metrics: { cpu_percent: 5 } };
    return {
      ...{ unit: UNIT, topic: "m/fleet/c/channel-0/control/proplet/task_metrics", sequence },
      ...{
        payload: new TextEncoder().encode(JSON.stringify(body)),
        receivedAt: Date.now(),
        isRetained: false,
      },
    };
  };
  const asked: number[] = [];
  const news = (units: ReadonlyMap<UnitKey, number>) => {
    const known = units.get(UNIT)!;
    asked.push(known);
    const entries = [6, 7, 8].filter((sequence) => sequence > known).map(entryOf);
    return Promise.resolve([{ unit: UNIT, sealed: 0, entries }]);
  };
  const names = {
    find: (_: unknown, __: unknown, arrivals: readonly Arrival[]) => Promise.resolve(arrivals),
  };
  const follower = new Follower({
    ...{ state, store, intake, heard: await HeardSince.open(store), now: Date.now },
    ...{ shares: { news }, names } as unknown as Pick<FollowerParts, "shares" | "names">,
    failed: (topic, error) => failures.push(`${topic}: ${(error as Error).message}`),
  });
  const apply = state.apply.bind(state);
  state.apply = (arrival, ...rest) => {
    if ("taskId" in arrival && arrival.taskId === "job-7") throw new Error("it is broken");
    apply(arrival, ...rest);
  };
  await follower.follow(UNIT, 5);
  for (let times = 0; times < 2; times++) await follower.read();
  assert.deepEqual(failures, ["m/fleet/c/channel-0/control/proplet/task_metrics: it is broken"]);
  assert.deepEqual([...state.tasks.values()].map(({ taskId }) => taskId), ["job-6", "job-8"]);
  assert.deepEqual(asked, [5, 8]);
});
