import assert from "node:assert/strict";
import { test } from "node:test";
import { profileOrderSchema } from "../../../core/schema/profile_order.ts";
import { AdaptiveSampling } from "../../../fleet/control/adaptive_sampling.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { eventually } from "../../support/eventually.ts";
import { TestStore } from "../support/alerts_store.ts";
import { TestFleet } from "../support/alerts_fleet.ts";

const NOW = 1_800_000_000_000;

test("orders are numbered over restarts and clocks that go back, taken back, and cleared when they are over", async () => {
  const fleet = new TestFleet();
  const task = fleet.addTask(fleet.addAgent("web-1", NOW), "job", NOW);
  const store = new TestStore();
  let now = NOW;
  let troubled: number[] = [];
  const put: [topic: string, order: { sequence: number; tasks: object[] } | null][] = [];
  const keys: string[] = [];
  const open = () =>
    new AdaptiveSampling({
      view: fleet,
      store: store as unknown as Store,
      now: () => now,
      troubled: () => troubled,
      say: (line) => assert.fail(line),
      tellKey: (key) => keys.push(key),
      newPost: () => ({
        open: () => {},
        put: (topic, payload) => {
          const order = payload === ""
            ? null
            : profileOrderSchema.parse(JSON.parse(JSON.parse(payload).order));
          put.push([topic, order]);
        },
        close: () => Promise.resolve(),
      }),
      rules: { intervalMs: 1_000, lastsMs: 60_000, mostAgents: 10 },
      everyMs: 5,
    });
  const first = open();
  await first.begin(store as unknown as Store);
  troubled = [task.id];
  await eventually(() => put.length === 1);
  troubled = [];
  await eventually(() => put.length === 2);
  const [asked, back] = put.map(([, order]) => order!);
  assert.deepEqual([asked.tasks.length, back.tasks.length], [1, 0]);
  assert.ok(back.sequence > asked.sequence);
  now += 60_001;
  await eventually(() => put.length === 3);
  assert.deepEqual(put[2], [put[0][0], null]);
  await first.end();
  // The next one, on a machine whose clock is an hour behind.
  now = NOW - 3_600_000;
  const second = open();
  troubled = [task.id];
  await second.begin(store as unknown as Store);
  await eventually(() => put.length === 4);
  assert.ok(put[3][1]!.sequence > back.sequence);
  await second.end();
  assert.equal(new Set(keys).size, 1, "the key is the store's");
  assert.deepEqual(
    [put.length, put[4][1]!.tasks.length],
    [5, 0],
    "who goes takes back what he has asked for",
  );
});

test("every manager of a store knows the orders in force, and who takes over goes on with them", async () => {
  const fleet = new TestFleet();
  const agent = fleet.addAgent("web-1", NOW);
  const task = fleet.addTask(agent, "job", NOW);
  const store = new TestStore();
  let now = NOW;
  let troubled = [task.id];
  const put: string[] = [];
  const open = () =>
    new AdaptiveSampling({
      ...{ view: fleet, store: store.asStore, now: () => now, troubled: () => troubled },
      say: (line) => assert.fail(line),
      tellKey: () => {},
      newPost: () => ({
        open: () => {},
        put: (_topic, payload) => void put.push(payload),
        close: () => Promise.resolve(),
      }),
      rules: { intervalMs: 1_000, lastsMs: 60_000, mostAgents: 10 },
      everyMs: 5,
    });
  const other = open();
  assert.deepEqual(await other.known(), { publicKey: null, given: [] });
  const leading = open();
  await leading.begin(store.asStore);
  await eventually(() => put.length === 1);
  assert.deepEqual(await other.known(), await leading.known());
  assert.deepEqual((await other.known()).given.map(({ agent }) => agent.propletId), ["web-1"]);
  // What is over by its time is in force nowhere, whether somebody has said so or not.
  now += 60_000;
  assert.deepEqual((await other.known()).given, []);
  now -= 60_000;
  // What the store of one that is killed has in it: nothing is taken back there.
  const successor = new TestStore();
  for (const [name, documents] of structuredClone(store.collections)) {
    successor.collections.set(name, documents);
  }
  await leading.end();
  const before = put.length;
  const next = open();
  await next.begin(successor.asStore);
  await eventually(async () => (await next.known()).given.length === 1);
  troubled = [];
  await eventually(() => put.length > before);
  assert.deepEqual(JSON.parse(JSON.parse(put.at(-1)!).order).tasks, [], "what is over is taken back");
  assert.deepEqual((await next.known()).given, []);
  await next.end();
});
