import assert from "node:assert/strict";
import { test } from "node:test";
import { FleetStore } from "../../../../render/page/fleet/fleet_store.ts";
import { heatOf, HEATS, silenceOf } from "../../../../render/page/fleet/heat_of.ts";
import { hostLink, readLink, taskLink } from "../../../../render/page/fleet/links.ts";
import type { Host } from "../../../../render/page/fleet/server.ts";

const NOW = Date.UTC(2026, 10, 28, 12);

function host(id: number, proplet_id: string, more: Partial<Host> = {}): Host {
  return {
    id,
    unit: "factory/line",
    proplet_id,
    host: proplet_id,
    os: null,
    version: null,
    labels: {},
    presence: "online",
    presence_since: NOW,
    first_seen: NOW,
    last_seen: NOW - 6_000,
    clock_offset_seconds: null,
    is_duplicate: false,
    host_task: null,
    task_count: 0,
    ...more,
  };
}

test("addresses of views lead back to what they were made of", () => {
  const one = { unit: "a b/c%d", proplet_id: "web #1" };
  assert.deepEqual(readLink(hostLink(one)), ["host", "a b", "c%d", "web #1"]);
  assert.deepEqual(readLink(taskLink(one, "job?x")), ["task", "a b", "c%d", "web #1", "job?x"]);
  assert.deepEqual(readLink("#/%zz"), ["%zz"]);
});

test("hosts are in the order of units, and of names as people count", () => {
  const store = new FleetStore();
  store.takeHosts([
    host(1, "web-10"),
    host(2, "web-2"),
    host(3, "a", { unit: "z/z" }),
    host(4, "b", { unit: "a/a" }),
  ]);
  assert.deepEqual(store.hosts.map(({ id }) => id), [4, 2, 1, 3]);
  store.takeChanged([host(5, "web-3")]);
  assert.deepEqual(store.hosts.map(({ id }) => id), [4, 2, 5, 1, 3]);
  assert.equal(store.find("factory/line", "web-3")?.id, 5);
});

test("a cell is coloured by its figure, and shaped by whether its host is there", () => {
  const store = new FleetStore();
  store.nowMs = NOW;
  const hosts = [
    host(1, "a"),
    host(2, "b", { presence: "lost" }),
    host(3, "c"),
    host(4, "d", { presence: "offline" }),
  ];
  store.takeHosts(hosts);
  store.takeFigures(1, { cpu_percent: 25, memory_percent: 250, load_1m: 1 });
  const [cpu, memory, silence] = HEATS.map((by) => heatOf(store, store.hosts, by));
  assert.deepEqual(cpu.groups, [{ title: "factory/line", count: 4 }]);
  assert.deepEqual(cpu.look(0), { kind: "value", share: 0.25 });
  assert.deepEqual(memory.look(0), { kind: "value", share: 1 });
  assert.deepEqual(silence.look(0), { kind: "value", share: 0.1 });
  assert.deepEqual([1, 2, 3].map((cell) => cpu.look(cell).kind), ["lost", "unknown", "offline"]);
  assert.equal(cpu.words(0), "a: CPU 25.0%, memory 250%");
  assert.equal(cpu.words(1), "b: lost, CPU –, memory –");
  assert.equal(silenceOf(store, hosts[0]), 6);
});
