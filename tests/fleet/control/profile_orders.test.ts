import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, ProfileOrders } from "../../../fleet/control/profile_orders.ts";
import { TestFleet } from "../support/alerts_fleet.ts";

const RULES = { intervalMs: 1_000, lastsMs: 60_000, mostAgents: 2 };
const NOW = 1_800_000_000_000;

function fleetOf(...hosts: readonly string[]) {
  const fleet = new TestFleet();
  const tasks = hosts.map((host) => {
    const task = fleet.addTask(fleet.addAgent(host, NOW), "job", NOW);
    task.state = "running";
    return task;
  });
  return { fleet, tasks };
}

test("what is in trouble is asked for, asked again before it ends, and taken back", () => {
  const { fleet, tasks: [one] } = fleetOf("web-1");
  const orders = new ProfileOrders(RULES);
  assert.deepEqual(orders.plan(fleet, [one.id], NOW, 7), [{
    topic: "m/d/c/c/control/manager/profile/web-1",
    proplet_id: "web-1",
    agent_id: null,
    sequence: 7,
    expires_at: NOW + 60_000,
    tasks: [{ task_id: "job", interval_ms: 1_000 }],
  }]);
  assert.deepEqual(orders.plan(fleet, [one.id], NOW + 30_000, 8), []);
  const [again] = orders.plan(fleet, [one.id], NOW + 30_001, 9);
  assert.deepEqual([again.sequence, again.expires_at], [9, NOW + 90_001]);
  const [back] = orders.plan(fleet, [], NOW + 40_000, 10);
  assert.deepEqual([back.sequence, back.tasks], [10, []]);
  assert.deepEqual(orders.plan(fleet, [], NOW + 42_000, 11), []);
});

test("no more agents are asked than may be, and those that are asked stay", () => {
  const { fleet, tasks } = fleetOf("web-1", "web-2", "web-3");
  const orders = new ProfileOrders(RULES);
  const [a, b, c] = tasks.map(({ id }) => id);
  const hosts = () => orders.given.map(({ agent }) => agent.propletId);
  orders.plan(fleet, [b, c], NOW, 1);
  assert.deepEqual(hosts(), ["web-2", "web-3"]);
  assert.deepEqual(orders.plan(fleet, [a, b, c], NOW + 1_000, 3), []);
  orders.plan(fleet, [a, c], NOW + 2_000, 3);
  assert.deepEqual(hosts(), ["web-3", "web-1"]);
  assert.deepEqual(orders.takeBack(NOW + 3_000, 9).map(({ sequence, tasks }) => [sequence, tasks.length]), [
    [9, 0],
    [10, 0],
  ]);
  assert.deepEqual(hosts(), []);
});

test("who is away, and what has ended, is asked for nothing", () => {
  const { fleet, tasks: [one, two] } = fleetOf("web-1", "web-2");
  const orders = new ProfileOrders(RULES);
  one.state = "ended";
  fleet.agents.get(two.agent.id)!.presence = "lost";
  assert.deepEqual(orders.plan(fleet, [one.id, two.id, 99], NOW, 1), []);
});

test("what an agent has made of an order is seen by what it says, and by its samples", () => {
  const { fleet, tasks: [one] } = fleetOf("web-1");
  const agent = fleet.agents.get(one.agent.id)!;
  const orders = new ProfileOrders(RULES);
  const control = { minIntervalSeconds: 1, sequence: null, inForce: [], refused: { forged: 2 } };
  agent.control = control;
  orders.plan(fleet, [one.id], NOW, 5);
  const answer = () => answerOf(orders.given[0]);
  assert.equal(answer(), "awaited");
  agent.control = { ...control, refused: { forged: 3 } };
  assert.equal(answer(), "refused");
  agent.control = null;
  assert.equal(answer(), "not_accepted");
  agent.control = { ...control, sequence: 5 };
  assert.equal(answer(), "followed");
  agent.control = null;
  one.interval = 1_100;
  assert.equal(answer(), "followed");
});
