import assert from "node:assert/strict";
import { test } from "node:test";
import { FleetStore } from "../../../../render/page/fleet/fleet_store.ts";
import { isWanted } from "../../../../render/page/fleet/host_filter.ts";
import { heatOf, HEATS } from "../../../../render/page/fleet/heat_of.ts";
import { hostLink, readLink, taskLink } from "../../../../render/page/fleet/links.ts";
import { silenceWords } from "../../../../render/page/fleet/silence_words.ts";
import { cpuTimeWords } from "../../../../render/page/fleet/task_list.ts";
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
    presence_since: new Date(NOW).toISOString(),
    first_seen: new Date(NOW).toISOString(),
    last_seen: new Date(NOW - 6_000).toISOString(),
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
  assert.equal(store.find("factory/line", "web-10")?.id, 1);
});

/** The columns of a stream: bytes of so many hosts each. */
function columns(presence: number[], cpu: number[], memory: number[], tasks: number[]) {
  const column = (bytes: number[]) => btoa(String.fromCharCode(...bytes));
  const unknown = presence.map(() => 255);
  return {
    presence: column(presence),
    cpu_percent: column(cpu),
    memory_percent: column(memory),
    swap_percent: column(unknown),
    task_count: column(tasks),
  };
}

test("the stream tells figures by places, and what it knows of hosts goes over what was asked for", () => {
  const store = new FleetStore();
  store.takeHosts([host(1, "a"), host(2, "b", { task_count: 300 })]);
  const first = { hosts: [1, 2], columns: columns([0, 0], [250, 255], [100, 0], [7, 254]) };
  assert.equal(store.takeSnapshot(first), false);
  assert.deepEqual(store.figures(1), { cpu_percent: 100, memory_percent: 40, swap_percent: NaN });
  assert.deepEqual(store.figures(2), { cpu_percent: NaN, memory_percent: 0, swap_percent: NaN });
  assert.deepEqual(store.hosts.map(({ task_count }) => task_count), [7, 300]);
  store.takeDelta({ places: [1], columns: columns([2], [5], [10], [1]) });
  assert.equal(store.host(2)!.presence, "lost");
  assert.equal(store.figures(2).cpu_percent, 2);
  assert.equal(store.figures(1).cpu_percent, 100);
  assert.equal(
    store.takeSnapshot({ hosts: [9], columns: columns([0], [0], [0], [0]) }),
    true,
    "who is that?",
  );
});

test("a cell is coloured by its figure, and shaped by whether its host is there", () => {
  const store = new FleetStore();
  store.takeHosts([host(1, "a"), host(2, "b"), host(3, "c"), host(4, "d")]);
  store.takeSnapshot({
    hosts: [1, 2, 3, 4],
    columns: columns([0, 2, 0, 1], [63, 63, 255, 0], [255, 0, 0, 0], [0, 0, 0, 0]),
  });
  const [cpu, memory] = HEATS.map((by) => heatOf(store, store.hosts, by));
  assert.deepEqual(cpu.groups, [{ title: "factory/line", count: 4 }]);
  assert.deepEqual(cpu.look(0), { kind: "value", share: 0.252 });
  assert.deepEqual(memory.look(0), { kind: "unknown" });
  assert.deepEqual([1, 2, 3].map((cell) => cpu.look(cell).kind), ["lost", "unknown", "offline"]);
  assert.equal(cpu.words(0), "a: CPU 25.2%, memory –");
  assert.match(cpu.words(1), /^b: lost, last heard \d+[smhd] ago with CPU 25\.2%, memory 0\.00%$/);
});

test("times are told in one unit", () => {
  const ago = (seconds: number) => silenceWords(new Date(NOW - seconds * 1_000).toISOString(), NOW);
  assert.deepEqual([0, -5, 1.9, 2, 3, 125, 7_300, 200_000].map(ago), [
    "now",
    "now",
    "now",
    "2s ago",
    "3s ago",
    "2m ago",
    "2h ago",
    "2d ago",
  ]);
  assert.equal(silenceWords(null, NOW), "–");
  assert.deepEqual(
    [0, 0.5, 12.34, 150, 7_200, 400_000, null].map(cpuTimeWords),
    ["0.00 s", "0.50 s", "12.3 s", "2.50 min", "2.00 h", "4.63 d", "–"],
  );
});

test("a host is found by words that are all there, in any of its names and labels", () => {
  const one = host(1, "Web-1", { os: "linux", version: "1.2.0", labels: { env: "prod" } });
  const found = (words: string) => isWanted(one, words.split(" ").filter((word) => word !== ""));
  for (const words of ["", "web", "factory/line", "env=prod", "linux web 1.2", "prod web"]) {
    assert.ok(found(words), words);
  }
  for (const words of ["web env=test", "db", "windows 1.2"]) assert.ok(!found(words), words);
});

test("a figure of more than there is has the colour of all of it", () => {
  const store = new FleetStore();
  store.takeHosts([host(1, "a")]);
  store.takeSnapshot({ hosts: [1], columns: columns([0], [254], [254], [0]) });
  assert.deepEqual(heatOf(store, store.hosts, HEATS[0]).look(0), { kind: "value", share: 1 });
});
