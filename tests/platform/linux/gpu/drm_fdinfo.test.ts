/* What drivers tell of their clients, as each of them writes it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseDrmFdinfo } from "../../../../platform/linux/gpu/drm_fdinfo.ts";
import { ROOT } from "../../../support/fixture.ts";

const DIRECTORY = `${ROOT}/tests/captured/gpu`;
const NODE = "/dev/dri/renderD128";
const KIB = 1_024;
const MIB = KIB * KIB;

interface Told {
  device: string;
  driver: string;
  id: string;
  memoryBytes: number;
  systemMemoryBytes: number;
  busySeconds: Record<string, number>;
}

/** By file: what a reader of the kernel's documentation makes of it. */
const TOLD: Record<string, Told> = {
  amdgpu: {
    device: "0000:03:00.0",
    driver: "amdgpu",
    id: "42",
    memoryBytes: 13_332 * KIB,
    systemMemoryBytes: 3_520 * KIB,
    busySeconds: { gfx: 1.25, compute: 0, dec: 0.003 },
  },
  amdgpu_old: {
    device: "0000:03:00.0",
    driver: "amdgpu",
    id: "43",
    memoryBytes: 2 * MIB,
    systemMemoryBytes: 512 * KIB,
    busySeconds: { gfx: 0.000123456 },
  },
  i915: {
    device: "0000:00:02.0",
    driver: "i915",
    id: "13",
    memoryBytes: NaN,
    systemMemoryBytes: 54_132 * KIB,
    busySeconds: { render: 25.662044495, copy: 0, video: 0.5, "video-enhance": 0 },
  },
  i915_discrete: {
    device: "0000:56:00.0",
    driver: "i915",
    id: "14",
    memoryBytes: 52 * MIB,
    systemMemoryBytes: MIB,
    busySeconds: { render: 1 },
  },
  xe: {
    device: "0000:00:02.0",
    driver: "xe",
    id: "20",
    memoryBytes: 23_992 * KIB,
    systemMemoryBytes: 384 * KIB,
    busySeconds: { rcs: NaN, bcs: NaN, vcs: NaN },
  },
  panfrost: {
    device: NODE,
    driver: "panfrost",
    id: "3",
    memoryBytes: NaN,
    systemMemoryBytes: 36_496 * KIB,
    busySeconds: { fragment: 1.84658488, "vertex-tiler": 0.071932239 },
  },
  panthor: {
    device: NODE,
    driver: "panthor",
    id: "4",
    memoryBytes: NaN,
    systemMemoryBytes: 16_480 * KIB,
    busySeconds: { panthor: 111.11095275 },
  },
  msm: {
    device: NODE,
    driver: "msm",
    id: "5",
    memoryBytes: NaN,
    systemMemoryBytes: 77 * MIB,
    busySeconds: { gpu: 2 },
  },
  v3d: {
    device: NODE,
    driver: "v3d",
    id: "6",
    memoryBytes: NaN,
    systemMemoryBytes: NaN,
    busySeconds: { bin: 1, render: 2.5, tfu: 0 },
  },
  nouveau: {
    device: "0000:01:00.0",
    driver: "nouveau",
    id: "9",
    memoryBytes: 70 * MIB,
    systemMemoryBytes: 3 * MIB,
    busySeconds: {},
  },
  amdxdna: {
    device: "0000:c5:00.1",
    driver: "amdxdna_accel_driver",
    id: "2",
    memoryBytes: NaN,
    systemMemoryBytes: 64 * MIB,
    busySeconds: { "npu-amdxdna": 0.6 },
  },
};

function textOf(file: string): string {
  return readFileSync(`${DIRECTORY}/${file}`, "utf8");
}

describe("fdinfo of", () => {
  for (const [file, expected] of Object.entries(TOLD)) {
    test(file, () => {
      const client = parseDrmFdinfo(textOf(file), NODE);
      assert.ok(client);
      const { device, id, memoryBytes, systemMemoryBytes, engines } = client;
      const busySeconds = Object.fromEntries(
        [...engines].map(([name, engine]) => [name, engine.busySeconds]),
      );
      const told = {
        device: device.id,
        driver: device.driver,
        id,
        memoryBytes,
        systemMemoryBytes,
        busySeconds,
      };
      assert.deepEqual(told, expected);
    });
  }

  test("every driver is among them", () => {
    assert.deepEqual(readdirSync(DIRECTORY).sort(), Object.keys(TOLD).sort());
  });

  test("a driver that counts cycles has them with their total", () => {
    const { rcs, vcs } = Object.fromEntries(parseDrmFdinfo(textOf("xe"), NODE)!.engines);
    assert.deepEqual([rcs.cycles, rcs.totalCycles, rcs.capacity], [28_257_900, 7_655_183_225, 1]);
    assert.equal(vcs.capacity, 2);
  });

  test("a video engine of two is one of two", () => {
    assert.equal(parseDrmFdinfo(textOf("i915"), NODE)!.engines.get("video")!.capacity, 2);
  });
});

describe("no client is in", () => {
  for (
    const [what, text] of [
      ["the file of a pipe", "pos:\t0\nflags:\t00\nmnt_id:\t15\nino:\t2\n"],
      ["a driver's that numbers none", "drm-driver:\tvkms\n"],
      ["nothing", ""],
      ["a number that is none", "drm-driver:\tamdgpu\ndrm-client-id:\t-3\n"],
    ]
  ) test(what, () => assert.equal(parseDrmFdinfo(text, NODE), null));
});

const HEAD = "drm-driver:\tamdgpu\ndrm-client-id:\t1\n";

test("lines that make no sense are passed over, the others stand", () => {
  const client = parseDrmFdinfo(
    `${HEAD}drm-engine-gfx:\tmany ns\ndrm-engine-dec:\t5 parsecs\ndrm-engine-:\t1 ns\ndrm-memory-vram:\t3 KB\n` +
      "drm-engine-capacity-enc:\t0\ndrm-engine-enc:\t2000000000 ns\ndrm-total-gtt:\t7\nnonsense\n::\n",
    NODE,
  );
  assert.ok(client);
  const { engines, memoryBytes, systemMemoryBytes } = client;
  assert.deepEqual([...engines.keys()], ["enc"]);
  assert.deepEqual(engines.get("enc"), { busySeconds: 2, cycles: NaN, totalCycles: NaN, capacity: 1 });
  assert.deepEqual([memoryBytes, systemMemoryBytes], [NaN, 7]);
});

const NAME = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/).filter((name) => name !== "capacity");
const BLANK = fc.constantFrom("", " ", "\t", " \t ");

test("whatever engines and regions there are, in whatever order: what was written is read", () => {
  const engine = fc.record({ ns: fc.nat(2 ** 40), capacity: fc.integer({ min: 1, max: 16 }) });
  const region = fc.record({
    kind: fc.constantFrom("resident", "memory", "total"),
    count: fc.nat(2 ** 20),
    unit: fc.constantFrom(["", 1], ["KiB", KIB], ["MiB", MIB] as const),
  });
  fc.assert(fc.property(
    fc.dictionary(NAME, engine, { noNullPrototype: true }),
    fc.dictionary(NAME, region, { noNullPrototype: true }),
    fc.nat(),
    BLANK,
    fc.integer(),
    (engines, regions, id, blank, seed) => {
      const lines = [
        `drm-driver:${blank}any`,
        `drm-client-id:${blank}${id}`,
        ...Object.entries(engines).flatMap(([name, { ns, capacity }]) => [
          `drm-engine-${name}:${blank}${ns} ns`,
          `drm-engine-capacity-${name}:${blank}${capacity}`,
        ]),
        ...Object.entries(regions).map(([name, { kind, count, unit }]) =>
          `drm-${kind}-x${name}:${blank}${count} ${unit[0]}`.trimEnd()
        ),
      ];
      lines.sort((one, other) => (one.length * 7 + seed) % 5 - (other.length * 7 + seed) % 5);
      const client = parseDrmFdinfo(lines.join("\n"), NODE)!;
      assert.equal(client.id, `${id}`);
      assert.deepEqual(
        Object.fromEntries(
          [...client.engines].map(([name, told]) => [name, [told.busySeconds, told.capacity]]),
        ),
        Object.fromEntries(
          Object.entries(engines).map(([name, { ns, capacity }]) => [name, [ns / 1e9, capacity]]),
        ),
      );
      const sum = Object.values(regions).reduce((all, { count, unit }) => all + count * Number(unit[1]), 0);
      assert.equal(client.systemMemoryBytes || 0, sum);
    },
  ));
});

test("whatever text there is, figures are numbers that are not negative, or unknown", () => {
  const line = fc.tuple(
    fc.constantFrom(
      "drm-engine-a",
      "drm-cycles-a",
      "drm-total-cycles-a",
      "drm-maxfreq-a",
      "drm-memory-vram",
      "drm-x",
    ),
    fc.oneof(
      fc.string(),
      fc.bigInt().map(String),
      fc.tuple(fc.bigInt(), fc.string()).map((pair) => pair.join(" ")),
    ),
  ).map(([key, value]) => `${key}: ${value}`);
  fc.assert(fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
    const client = parseDrmFdinfo(`${HEAD}${lines.join("\n")}`, NODE);
    assert.ok(client === null || client.device.driver !== "");
    for (const { busySeconds, cycles, totalCycles, capacity } of client?.engines.values() ?? []) {
      for (const value of [busySeconds, cycles, totalCycles, capacity]) {
        assert.ok(Number.isNaN(value) || (value >= 0 && Number.isFinite(value)), `${value}`);
      }
    }
  }));
});
