/* What a tree does with GPUs, drawn up from looks: arithmetic by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GpuLedger } from "../../../../core/measure/gpu/ledger.ts";
import type {
  GpuClient,
  GpuDevice,
  GpuEngine,
  HeldClient,
} from "../../../../core/measure/gpu/observation.ts";

const CARD: GpuDevice = { id: "0000:03:00.0", name: null, driver: "amdgpu", source: "fdinfo" };
const OTHER: GpuDevice = { id: "0000:04:00.0", name: null, driver: "xe", source: "fdinfo" };
const NVIDIA: GpuDevice = { id: "GPU-1", name: "One", driver: "nvidia", source: "nvml" };

function busy(busySeconds: number, capacity = 1): GpuEngine {
  return { busySeconds, cycles: NaN, totalCycles: NaN, capacity };
}

function cycles(used: number, total: number): GpuEngine {
  return { busySeconds: NaN, cycles: used, totalCycles: total, capacity: 1 };
}

function client(
  id: string,
  engines: Record<string, GpuEngine>,
  memoryBytes = 0,
  more: Partial<GpuClient> = {},
): GpuClient {
  return {
    device: CARD,
    id,
    engines: new Map(Object.entries(engines)),
    memoryBytes,
    systemMemoryBytes: NaN,
    ...more,
  };
}

const held = (pid: number, ...clients: GpuClient[]): HeldClient[] =>
  clients.map((client) => ({ pid, client }));
const look = (ledger: GpuLedger, nowMs: number, clients: HeldClient[]) =>
  ledger.observe({ clients, processes: null }, nowMs);

describe("clients of drivers", () => {
  test("count once, however many descriptors and processes hold them", () => {
    const ledger = new GpuLedger(0, true);
    const shared = client("7", { gfx: busy(0.25) }, 1_000);
    look(ledger, 1_000, [
      ...held(1, shared, shared),
      ...held(2, shared, client("8", { gfx: busy(0.5) }, 200)),
    ]);
    assert.equal(ledger.percent, 75);
    assert.equal(ledger.memoryBytes, 1_200);
    assert.deepEqual(ledger.ofProcess(1), { percent: 25, memoryBytes: 1_000 });
    assert.deepEqual(ledger.ofProcess(2), { percent: 75, memoryBytes: 1_200 });
    assert.deepEqual(ledger.ofProcess(3), { percent: 0, memoryBytes: 0 });
  });

  test("are told apart by their devices", () => {
    const ledger = new GpuLedger(0, true);
    look(ledger, 1_000, held(1, client("7", { gfx: busy(0.5) }, 10)));
    const other = client("7", { gfx: busy(0.75) }, 5, { device: OTHER });
    look(ledger, 2_000, held(1, client("7", { gfx: busy(1) }, 10), other));
    assert.equal(ledger.percent, 125);
    assert.equal(ledger.memoryBytes, 15);
    assert.deepEqual(ledger.devices.map(({ device }) => device.id), [CARD.id, OTHER.id]);
  });

  test("keep a device as busy as its busiest engine, each of so many", () => {
    const ledger = new GpuLedger(0, true);
    look(ledger, 1_000, held(1, client("7", { gfx: busy(0.3), video: busy(1.5, 2) })));
    assert.equal(ledger.percent, 75);
    assert.deepEqual(Object.fromEntries(ledger.engineSeconds(CARD)), { gfx: 0.3, video: 1.5 });
  });

  test("bring what they have used before they were seen, if it is the tree's", () => {
    const ours = new GpuLedger(0, true);
    const others = new GpuLedger(0, false);
    for (const ledger of [ours, others]) {
      look(ledger, 1_000, held(1, client("7", { gfx: busy(0.5) })));
      look(ledger, 2_000, held(1, client("7", { gfx: busy(0.75) }), client("9", { gfx: busy(0.25) })));
    }
    assert.equal(ours.engineSeconds(CARD).get("gfx"), 1);
    assert.equal(others.engineSeconds(CARD).get("gfx"), 0.5);
    assert.deepEqual([ours.maxPercent, others.maxPercent], [50, 50]);
    assert.deepEqual([ours.avgPercent, others.avgPercent], [50, 25]);
  });

  test("stand still where a counter falls, and go on from its highest", () => {
    const ledger = new GpuLedger(0, true);
    look(ledger, 1_000, held(1, client("7", { gfx: busy(0.5) })));
    look(ledger, 2_000, held(1, client("7", { gfx: busy(0.2) })));
    assert.equal(ledger.percent, 0);
    look(ledger, 3_000, held(1, client("7", { gfx: busy(0.75) })));
    assert.equal(ledger.percent, 25);
    assert.equal(ledger.engineSeconds(CARD).get("gfx"), 0.75);
  });

  test("leave what was seen last when they are closed, and nothing twice when they are back", () => {
    const ledger = new GpuLedger(0, true);
    look(ledger, 1_000, held(1, client("7", { gfx: busy(0.5) }, 100)));
    look(ledger, 2_000, []);
    assert.deepEqual([ledger.percent, ledger.memoryBytes], [0, 0]);
    look(ledger, 3_000, held(1, client("7", { gfx: busy(0.5) }, 50)));
    assert.equal(ledger.engineSeconds(CARD).get("gfx"), 0.5);
    assert.deepEqual([ledger.maxPercent, ledger.peakMemoryBytes], [50, 100]);
  });

  test("have a share of an engine's cycles from the second look on", () => {
    const ledger = new GpuLedger(0, true);
    const at = (used: number, total: number) => held(1, client("7", { rcs: cycles(used, total) }));
    look(ledger, 1_000, at(1_000, 1_000_000));
    assert.ok(Number.isNaN(ledger.percent));
    look(ledger, 3_000, at(1_300, 1_001_000));
    assert.equal(ledger.percent, 30);
    assert.equal(ledger.engineSeconds(CARD).get("rcs"), 0.6);
  });

  test("have no more of a device than all of it", () => {
    const ledger = new GpuLedger(0, true);
    look(ledger, 100, held(1, client("7", { gfx: busy(0.5) })));
    assert.equal(ledger.percent, 100);
  });

  test("have memory of the device, or of the machine where it has none", () => {
    const ledger = new GpuLedger(0, true);
    const own = client("1", {}, 100, { systemMemoryBytes: 7 });
    const none = client("1", {}, NaN, { systemMemoryBytes: 30, device: OTHER });
    look(ledger, 1_000, held(1, own, none));
    assert.equal(ledger.memoryBytes, 130);
    assert.deepEqual(
      ledger.devices.map((use) => [use.peakMemoryBytes, use.peakSystemMemoryBytes]),
      [[100, 7], [30, 30]],
    );
    // No driver has told of an engine.
    assert.ok(Number.isNaN(ledger.percent));
  });
});

describe("what a driver adds up for each process", () => {
  test("is taken as it is, a device at most whole", () => {
    const ledger = new GpuLedger(0, true);
    const processes = [
      { pid: 1, device: NVIDIA, percent: 70, memoryBytes: 1_000 },
      { pid: 2, device: NVIDIA, percent: 60, memoryBytes: NaN },
    ];
    ledger.observe({ clients: null, processes }, 500);
    assert.deepEqual([ledger.percent, ledger.memoryBytes], [100, 1_000]);
    assert.deepEqual(ledger.ofProcess(1), { percent: 70, memoryBytes: 1_000 });
    ledger.observe({ clients: null, processes: [] }, 1_000);
    assert.deepEqual([ledger.percent, ledger.memoryBytes], [0, 0]);
    assert.deepEqual([ledger.avgPercent, ledger.maxPercent], [50, 100]);
  });

  test("is not known where nobody tells anything, and is then not averaged", () => {
    const ledger = new GpuLedger(0, true);
    ledger.observe({ clients: null, processes: null }, 1_000);
    assert.deepEqual([ledger.percent, ledger.memoryBytes, ledger.avgPercent], [NaN, NaN, NaN]);
    const processes = [{ pid: 1, device: NVIDIA, percent: 40, memoryBytes: 1 }];
    ledger.observe({ clients: null, processes }, 2_000);
    ledger.observe({ clients: null, processes: null }, 9_000);
    assert.deepEqual([ledger.percent, ledger.avgPercent], [NaN, 40]);
  });
});
