import assert from "node:assert/strict";
import { test } from "node:test";
import { HeardSince } from "../../../fleet/heard_since.ts";
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
    ...{ state, store, intake, heard: await HeardSince.open(store), now: Date.now },
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
