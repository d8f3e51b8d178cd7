import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { boundCores, cpuWaitSeconds, diskWaitSeconds, verdictOf } from "../../../core/measure/verdict.ts";
import type { Evidence } from "../../../core/measure/verdict.ts";
import type { Verdict, Waiting } from "../../../core/schema/record.ts";

/** A run of ten seconds on two cores that did nothing and waited for nothing. */
const QUIET: Waiting = {
  verdict: null,
  available_cores: 2,
  pressure_scope: "group",
  cpu_some_seconds: 0,
  cpu_full_seconds: 0,
  memory_some_seconds: 0,
  memory_full_seconds: 0,
  io_some_seconds: 0,
  io_full_seconds: 0,
  run_queue_seconds: 0,
  block_io_seconds: null,
  memory_wait_seconds: null,
  throttled_seconds: null,
  throttled_period_count: null,
  quota_cores: null,
  steal_seconds: 0,
};
const RUN: Evidence = {
  wall_seconds: 10,
  cpu_seconds: 5,
  max_cpu_percent: 180,
  disk_read_bytes: 0,
  disk_write_bytes: 0,
};

const evidence = (waiting: Partial<Waiting> = {}, run: Partial<Evidence> = {}): Evidence => ({
  ...RUN,
  ...run,
  waiting: { ...QUIET, ...waiting },
});

const MACHINE = { pressure_scope: "machine", cpu_full_seconds: null } as const;
const QUOTA = { quota_cores: 0.5, throttled_seconds: 4, cpu_some_seconds: 4 };

/** A case, and the verdict; the first of each kind is the plain one, those behind it stand at its edges. */
const CASES: readonly (readonly [string, Verdict | null, Evidence])[] = [
  ["one core, busy all the time", "cpu_bound", evidence({}, { cpu_seconds: 9.8, max_cpu_percent: 101 })],
  [
    "all cores, whatever single samples say",
    "cpu_bound",
    evidence({}, { cpu_seconds: 19, max_cpu_percent: 250 }),
  ],
  ["all cores, and no sample", "cpu_bound", evidence({}, { cpu_seconds: 19, max_cpu_percent: null })],
  ["one core on average, two at times", null, evidence({}, { cpu_seconds: 9.8, max_cpu_percent: 199 })],
  [
    "one core, and no sample to say it was never two",
    null,
    evidence({}, { cpu_seconds: 9.8, max_cpu_percent: null }),
  ],
  ["a core and a half", null, evidence({}, { cpu_seconds: 15, max_cpu_percent: 155 })],
  ["CPU that is not known", null, evidence({}, { cpu_seconds: null })],

  ["some of it ready for half of the time", "waited_for_cpu", evidence({ cpu_some_seconds: 5 })],
  [
    "though all cores were busy with it",
    "waited_for_cpu",
    evidence({ cpu_some_seconds: 9 }, { cpu_seconds: 19 }),
  ],
  [
    "its threads waited as long as they ran",
    "waited_for_cpu",
    evidence({ ...MACHINE, run_queue_seconds: 5 }),
  ],
  ["ready for a fifth of the time", null, evidence({ cpu_some_seconds: 2 })],
  ["little beside what they ran", null, evidence({ ...MACHINE, run_queue_seconds: 3 }, { cpu_seconds: 14 })],
  ["the machine's pressure says nothing of it", null, evidence({ ...MACHINE, cpu_some_seconds: 9 })],

  ["a quota used up", "throttled", evidence(QUOTA)],
  [
    "by what its threads waited, where the group's is not known",
    "throttled",
    evidence({ ...QUOTA, ...MACHINE, run_queue_seconds: 4 }),
  ],
  [
    "a quota that is hardly felt",
    null,
    evidence({ ...QUOTA, throttled_seconds: 0.9, cpu_some_seconds: 0.9 }),
  ],
  ["a quota above that throttles others", null, evidence({ ...QUOTA, cpu_some_seconds: 0.1 })],
  [
    "many cores that stood still for a moment each",
    null,
    evidence(
      { quota_cores: 8, available_cores: 8, throttled_seconds: 4, cpu_some_seconds: 2 },
      { cpu_seconds: 55, max_cpu_percent: 700 },
    ),
  ],
  [
    "by a quota that others share",
    "throttled",
    evidence({ ...QUOTA, quota_cores: 4, throttled_seconds: 3 }),
  ],
  [
    "a quota that was not used up where others wanted the CPUs",
    "waited_for_cpu",
    evidence({ ...QUOTA, throttled_seconds: 1.2, cpu_some_seconds: 5 }, { cpu_seconds: 3 }),
  ],
  ["no quota", null, evidence({ ...QUOTA, quota_cores: null, cpu_some_seconds: 2 })],

  ["nothing ran for want of a disk", "waited_for_disk", evidence({ io_some_seconds: 6, io_full_seconds: 5 })],
  ["by the accounts of its processes", "waited_for_disk", evidence({ ...MACHINE, block_io_seconds: 5 })],
  ["longer than for CPU", "waited_for_disk", evidence({ io_full_seconds: 5, cpu_some_seconds: 4 })],
  ["others of it ran meanwhile", null, evidence({ io_some_seconds: 9, io_full_seconds: 1 })],
  [
    "the machine's disks say nothing of it",
    null,
    evidence({ ...MACHINE, io_some_seconds: 9, io_full_seconds: 9 }),
  ],
  ["shorter than for CPU", "waited_for_cpu", evidence({ io_full_seconds: 4, cpu_some_seconds: 5 })],

  ["some of it waited for memory", "memory_pressure", evidence({ memory_some_seconds: 1.5 })],
  ["and had to read it back", "memory_pressure", evidence({ memory_some_seconds: 1.5, io_full_seconds: 6 })],
  ["by the accounts of its threads", "memory_pressure", evidence({ ...MACHINE, memory_wait_seconds: 1.5 })],
  ["its own pressure knows better", null, evidence({ memory_some_seconds: 0.5, memory_wait_seconds: 3 })],
  ["hardly any memory was waited for", null, evidence({ memory_some_seconds: 0.5 })],
  ["it is the machine that lacks memory", null, evidence({ ...MACHINE, memory_some_seconds: 5 })],

  [
    "next to no CPU, and nothing waited for",
    "mostly_idle",
    evidence({}, { cpu_seconds: 0.1, max_cpu_percent: 20 }),
  ],
  [
    "no CPU, while a GPU works for it",
    null,
    evidence({}, {
      cpu_seconds: 0.1,
      gpu: { avg_percent: 60, max_percent: 90, peak_memory_bytes: 1, devices: [] },
    }),
  ],
  [
    "by the machine's pressure, which is more than its own",
    "mostly_idle",
    evidence(MACHINE, { cpu_seconds: 0.1 }),
  ],
  [
    "what others wait for may be what it waits for",
    null,
    evidence({ ...MACHINE, io_some_seconds: 3 }, { cpu_seconds: 0.1 }),
  ],
  [
    "pressure that nobody keeps",
    null,
    evidence({
      pressure_scope: null,
      cpu_some_seconds: null,
      memory_some_seconds: null,
      io_some_seconds: null,
    }, { cpu_seconds: 0.1 }),
  ],
  ["it may wait for a journal", null, evidence({}, { cpu_seconds: 0.1, disk_write_bytes: 5_000_000 })],
  ["disks that are not known", null, evidence({}, { cpu_seconds: 0.1, disk_write_bytes: null })],
  ["a fifth of a core", null, evidence({}, { cpu_seconds: 2 })],

  ["too short to say", null, evidence({ cpu_some_seconds: 0.05 }, { wall_seconds: 0.06, cpu_seconds: 0.06 })],
  ["an older version's summary", null, RUN],
];

describe("a verdict", () => {
  for (const [what, verdict, figures] of CASES) {
    test(`${verdict ?? "none"}: ${what}`, () => assert.equal(verdictOf(figures), verdict));
  }

  test("every kind stands in the table, and beside it its absence", () => {
    const kinds = new Set(CASES.map(([, verdict]) => verdict));
    assert.equal(kinds.size, 7);
  });
});

const seconds = fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: null });
const anything: fc.Arbitrary<Evidence> = fc.record({
  wall_seconds: fc.double({ min: 0, max: 20, noNaN: true }),
  cpu_seconds: seconds,
  max_cpu_percent: fc.option(fc.double({ min: 0, max: 900, noNaN: true }), { nil: null }),
  disk_read_bytes: fc.option(fc.nat(), { nil: null }),
  disk_write_bytes: fc.option(fc.nat(), { nil: null }),
  waiting: fc.record({
    verdict: fc.constant(null),
    available_cores: fc.option(fc.constantFrom(0.5, 1, 2, 64), { nil: null }),
    pressure_scope: fc.constantFrom("group", "machine", null),
    cpu_some_seconds: seconds,
    cpu_full_seconds: seconds,
    memory_some_seconds: seconds,
    memory_full_seconds: seconds,
    io_some_seconds: seconds,
    io_full_seconds: seconds,
    run_queue_seconds: seconds,
    block_io_seconds: seconds,
    memory_wait_seconds: seconds,
    throttled_seconds: seconds,
    throttled_period_count: fc.constant(null),
    quota_cores: fc.option(fc.constantFrom(0.5, 4), { nil: null }),
    steal_seconds: seconds,
  }),
});

/** What has to be known, and above what share of the wall time, for each verdict to be given. */
const NEEDED: Record<Verdict, (one: Evidence, waiting: Waiting) => boolean> = {
  cpu_bound: (one) => one.cpu_seconds! >= 0.45 * one.wall_seconds && boundCores(one)! >= 1,
  waited_for_cpu: (one, { run_queue_seconds }) =>
    cpuWaitSeconds(one) >= 0.25 * one.wall_seconds || run_queue_seconds! >= 0.25 * one.wall_seconds,
  throttled: (one, { throttled_seconds, quota_cores }) =>
    quota_cores !== null && throttled_seconds! >= 0.1 * one.wall_seconds,
  waited_for_disk: (one) => diskWaitSeconds(one) >= 0.25 * one.wall_seconds,
  memory_pressure: (one, { memory_some_seconds, memory_wait_seconds, pressure_scope }) =>
    (pressure_scope === "group" ? memory_some_seconds ?? memory_wait_seconds : memory_wait_seconds)! >=
      0.1 * one.wall_seconds,
  mostly_idle: (one, { cpu_some_seconds, memory_some_seconds, io_some_seconds }) =>
    [one.cpu_seconds, cpu_some_seconds, memory_some_seconds, io_some_seconds]
      .every((value) => typeof value === "number" && value <= 0.1 * one.wall_seconds),
};

test("property: none is given without what it needs, and none to a run that is over at once", () => {
  fc.assert(
    fc.property(anything, (one) => {
      const verdict = verdictOf(one);
      if (verdict === null) return;
      assert.ok(one.wall_seconds >= 0.1);
      assert.ok(NEEDED[verdict](one, one.waiting!), verdict);
    }),
    { numRuns: 5_000 },
  );
});

test("property: where nothing is known but the time, there is none; nor where all of it is zero", () => {
  fc.assert(fc.property(anything, (one) => {
    const unknown = Object.fromEntries(Object.keys(one.waiting!).map((name) => [name, null])) as Waiting;
    assert.equal(verdictOf({ wall_seconds: one.wall_seconds, waiting: unknown }), null);
  }));
});

test("property: who waited less for a thing is not told to have waited more for it", () => {
  fc.assert(
    fc.property(anything, fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
      if (verdictOf(one) !== "memory_pressure") return;
      const { pressure_scope, memory_some_seconds, memory_wait_seconds } = one.waiting!;
      const isPressure = pressure_scope === "group" && memory_some_seconds !== null;
      const shorter = (isPressure ? memory_some_seconds : memory_wait_seconds!) * share;
      const changed = { [isPressure ? "memory_some_seconds" : "memory_wait_seconds"]: shorter };
      const less = verdictOf({ ...one, waiting: { ...one.waiting!, ...changed } });
      assert.equal(less === "memory_pressure", shorter >= 0.1 * one.wall_seconds);
    }),
    { numRuns: 2_000 },
  );
});
