import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Intake } from "../../../fleet/ingest/intake.ts";
import type { Arrival } from "../../../fleet/model/arrival.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import { SharedNames } from "../../../fleet/share/names.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { openShared } from "../../../fleet/store/postgres/open.ts";
import { all } from "../store/support.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { NOW, published, taskMessage } from "../support/ingest.ts";

const UNIT: UnitKey = "factory/line-1";
const REAL = { skip: noPostgres, timeout: 120_000 };

let starting: Promise<PostgresServer> | undefined;
const server = () => starting ??= PostgresServer.start();
after(async () => await (await starting)?.[Symbol.asyncDispose]());

/** Managers of one database, of which one after the other has a unit. */
async function managers() {
  const running = await server();
  const url = running.url(await running.newDatabase());
  const all: Awaited<ReturnType<typeof openShared>>[] = [];
  return {
    /** One that knows nothing of the unit yet, and has it once the others have let go of it. */
    async next() {
      for (const { shares } of all) await shares.release(UNIT);
      const opened = await openShared(url, () => {});
      all.push(opened);
      const { store, shares } = opened;
      await shares.beat(60_000, "{}");
      await shares.add([UNIT]);
      assert.ok(await shares.take(UNIT, 60_000));
      const names = new SharedNames(store, shares);
      const state = new FleetState(names, () => NOW);
      return { store, shares, names, state, own: shares.ofUnit(UNIT) };
    },
    async [Symbol.asyncDispose]() {
      for (const { store, shares } of all) {
        await shares.leave();
        await store.close();
      }
    },
  };
}

function told(...tasks: readonly string[]): readonly Arrival[] {
  const messages = tasks.map((task_id) => taskMessage({ proplet_id: "host", task_id }));
  return new Intake({}).take(published("m/factory/c/line-1/control/proplet/task_metrics", messages));
}

const numbersOf = ({ agents, tasks }: FleetState) => [[...agents.keys()], [...tasks.keys()]];

test("what was named by a holder that was killed before it wrote of it is named once", REAL, async () => {
  await using both = await managers();
  const killed = await both.next();
  await killed.names.give(killed.state, killed.own, told("a", "b"));
  const next = await both.next();
  const arrivals = told("b", "a", "c");
  await next.names.give(next.state, next.own, arrivals);
  for (const arrival of arrivals) next.state.apply(arrival, NOW);
  const { store } = next;
  const stored = [await all(store.agents([UNIT])), await all(store.tasks([UNIT]))] as const;
  assert.deepEqual(stored.map(({ length }) => length), [1, 3]);
  const [agents, tasks] = numbersOf(next.state);
  assert.deepEqual([agents, [...tasks!].sort()], [[stored[0][0]!.id], stored[1].map(({ id }) => id).sort()]);
  // Whoever reads the journal has the same numbers.
  const follower = await both.next();
  for (const arrival of await follower.names.find(follower.state, UNIT, told("b", "a", "c"))) {
    follower.state.apply(arrival, NOW);
  }
  assert.deepEqual(numbersOf(follower.state), [agents, tasks]);
});

test("what comes back after long has a number that those who read the journal find, too", REAL, async () => {
  await using both = await managers();
  // Its numbers are reserved first: they are lower than those that the other one gives.
  const first = await both.next();
  await first.names.give(first.state, first.own, told("first"));
  const second = await both.next();
  const before = told("back");
  await second.names.give(second.state, second.own, before);
  for (const arrival of before) second.state.apply(arrival, NOW);
  const { agents, tasks } = second.state;
  await second.own.saveInventory(
    [...agents.values()].map((agent) => ({ ...agent.row(), lastSeen: NOW + 1 })),
    [...tasks.values()].map((task) => ({ ...task.row(null), lastTime: NOW })),
  );
  await second.shares.release(UNIT);
  assert.ok(await first.shares.take(UNIT, 60_000));
  await first.names.give(first.state, first.own, told("back"));
  for (const arrival of told("back")) first.state.apply(arrival, NOW + 2);
  const follower = await both.next();
  for (const arrival of await follower.names.find(follower.state, UNIT, told("back"))) {
    follower.state.apply(arrival, NOW + 2);
  }
  assert.deepEqual(numbersOf(follower.state), numbersOf(first.state));
});
