/* Source and quality of what was counted, on each rung. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProcessTree } from "../../../group/process_tree.ts";
import { expectedCounters } from "../../../monitor/run/counter_accounts.ts";
import { drawUpCounters } from "../../../monitor/run/counters.ts";
import type { RunEnergy } from "../../../monitor/run/run_energy.ts";
import { unknownCounts } from "../../../platform/contract/counters.ts";
import type { Counts, TreeCounters } from "../../../platform/mod.ts";

const SOFTWARE = { taskClockSeconds: 2, contextSwitches: 100, migrations: 3, pageFaults: 50 };
const HARDWARE = {
  cycles: 3_000,
  instructions: 4_500,
  cacheReferences: 10,
  cacheMisses: 1,
  branches: 20,
  branchMisses: 2,
  runningShare: 1,
};
const NO_ENERGY = { read: () => null, source: "none", obstacle: "no counters" } as unknown as RunEnergy;

function counters(counts: Partial<Counts>, told: Partial<TreeCounters> = {}): TreeCounters {
  return {
    source: "perf_cgroup",
    includesKernel: true,
    obstacle: null,
    hasHardware: !Number.isNaN(counts.runningShare ?? NaN),
    hardwareObstacle: null,
    advice: null,
    gap: null,
    read: () => ({ ...unknownCounts(), ...counts }),
    ...told,
  };
}

function told(tree: TreeCounters, { cpuSeconds = 2, hadLeavers = false } = {}) {
  const group = { hadLeavers, container: { usage: { cpuSeconds } } } as unknown as ProcessTree;
  return drawUpCounters(group, tree, NO_ENERGY);
}

describe("counters of a cgroup", () => {
  test("are exact, the processor's as well", () => {
    const { counters: record, accounting } = told(counters({ ...SOFTWARE, ...HARDWARE }));
    assert.deepEqual(accounting.counters, { source: "perf_cgroup", quality: "exact" });
    assert.deepEqual(accounting.hardware_counters, { source: "perf_cgroup", quality: "exact" });
    assert.deepEqual([record.scope, record.instructions_per_cycle, record.running_percent], [
      "kernel_and_user",
      1.5,
      100,
    ]);
    assert.deepEqual(accounting.machine_energy, {
      source: "none",
      quality: "unavailable",
      note: "no counters",
    });
  });

  test("are scaled, and say so, where they took turns", () => {
    const { accounting } = told(counters({ ...SOFTWARE, ...HARDWARE, runningShare: 0.5 }));
    assert.equal(accounting.counters!.quality, "exact");
    assert.equal(accounting.hardware_counters!.quality, "sampled");
    assert.match(accounting.hardware_counters!.note!, /ran 50% of the time/);
  });

  test("are null where the processor shows none", () => {
    const { counters: record, accounting } = told(counters(SOFTWARE, { hardwareObstacle: "it shows none" }));
    assert.deepEqual([record.cycle_count, record.instructions_per_cycle, record.running_percent], [
      null,
      null,
      null,
    ]);
    assert.deepEqual(accounting.hardware_counters, {
      source: "none",
      quality: "unavailable",
      note: "it shows none",
    });
  });

  test("of which the processor counts but some say so", () => {
    const few = { ...SOFTWARE, cycles: 3_000, instructions: 4_500, runningShare: 1 };
    const { counters: record, accounting } = told(counters(few, { hardwareObstacle: "not all of it" }));
    assert.deepEqual([record.instructions_per_cycle, record.branch_count], [1.5, null]);
    assert.deepEqual(accounting.hardware_counters, {
      source: "perf_cgroup",
      quality: "exact",
      note: "not all of it",
    });
  });

  for (
    const [what, tree, group, note] of [
      ["a CPU came online", counters(SOFTWARE, { gap: "CPU 3 came" }), {}, /^CPU 3 came$/],
      ["members left it", counters(SOFTWARE), { hadLeavers: true }, /left the cgroup/],
      ["it counted more CPU than they", counters(SOFTWARE), { cpuSeconds: 2.5 }, /CPUs came and went/],
    ] as const
  ) {
    test(`are a lower bound where ${what}`, () => {
      const { counters: account } = told(tree, group).accounting;
      assert.equal(account!.quality, "lower_bound");
      assert.match(account!.note!, note);
    });
  }
});

describe("counters that are handed down", () => {
  const handed = { source: "perf_inherited", obstacle: "no cgroup" } as const;

  test("are a lower bound, and say why they are no better", () => {
    const { accounting } = told(counters(SOFTWARE, handed));
    assert.equal(accounting.counters!.quality, "lower_bound");
    assert.match(accounting.counters!.note!, /^each process is counted without its execve .*: no cgroup$/);
  });

  test("of user mode say that they are that", () => {
    const counts = { taskClockSeconds: 1, pageFaults: 2 };
    const { counters: record, accounting } = told(counters(counts, { ...handed, includesKernel: false }));
    assert.deepEqual([record.scope, record.context_switch_count], ["user", null]);
    assert.match(accounting.counters!.note!, /^events in the kernel are not counted: no cgroup$/);
  });

  test("of a command that could not be held are unknown", () => {
    const { counters: record, accounting } = told(counters({}, { ...handed, gap: "not held" }));
    assert.deepEqual([record.scope, record.task_clock_seconds], [null, null]);
    assert.deepEqual(accounting.counters, { source: "none", quality: "unavailable", note: "not held" });
  });
});

test("what is to be expected is known before anything was counted", () => {
  assert.deepEqual(expectedCounters(null), {});
  const { counters: account } = expectedCounters(counters({}, { source: null, obstacle: "forbidden" }));
  assert.deepEqual(account, { source: "none", quality: "unavailable", note: "forbidden" });
});
