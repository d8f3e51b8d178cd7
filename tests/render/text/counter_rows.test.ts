/* What perf has counted, in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account, Counters, SummaryRecord } from "../../../core/schema/record.ts";
import { counterRows } from "../../../render/text/counter_rows.ts";

const EXACT: Account = { source: "perf_cgroup", quality: "exact" };
const NOTHING: Counters = {
  scope: null,
  task_clock_seconds: null,
  context_switch_count: null,
  migration_count: null,
  page_fault_count: null,
  cycle_count: null,
  instruction_count: null,
  instructions_per_cycle: null,
  cache_reference_count: null,
  cache_miss_count: null,
  branch_count: null,
  branch_miss_count: null,
  running_percent: null,
  machine_energy: null,
};
const ALL: Counters = {
  ...NOTHING,
  scope: "kernel_and_user",
  task_clock_seconds: 2,
  context_switch_count: 1_234,
  migration_count: 56,
  page_fault_count: 7_890,
  cycle_count: 6_000_000_000,
  instruction_count: 12_345_678_901,
  instructions_per_cycle: 2.058,
  cache_reference_count: 4_000_000,
  cache_miss_count: 1_000_000,
  branch_count: 999,
  branch_miss_count: 9,
  running_percent: 100,
  machine_energy: {
    package_joules: 1_500,
    core_joules: 900,
    graphics_joules: null,
    memory_joules: 12.25,
    platform_joules: null,
  },
};

const UPPER: Account = { source: "powercap", quality: "upper_bound", note: "of all that ran" };

function rows(counters: Counters | undefined, counted: Account, hardware: Account): string[] {
  const accounting = { counters: counted, hardware_counters: hardware, machine_energy: UPPER };
  const summary = { wall_seconds: 10, counters, accounting } as unknown as SummaryRecord;
  return counterRows(summary).map(({ label, part, value, detail }) => `${part ?? label} ${value}  ${detail}`);
}

test("all of it, under a heading of its own", () => {
  assert.deepEqual(rows(ALL, EXACT, EXACT), [
    "counters 2.00s  on CPUs, 1,234 switches, 56 migrations, 7,890 page faults",
    "cycles 6.00 G  3.00 GHz while it ran",
    "instructions 12.3 G  2.06 a cycle",
    "cache misses 1.00 M  25.0% of 4.00 M references to the last level",
    "branch misses 9  0.90% of 999 branches",
    "energy 1.50 kJ  of the machine: processors, 150 W on average; cores 900 J, memory 12.3 J; of all that ran",
  ]);
});

test("nothing where nobody asked for it", () => {
  assert.deepEqual(rows(undefined, EXACT, EXACT), []);
});

test("why the processor's are missing, and that they took turns", () => {
  const missing: Account = { source: "none", quality: "unavailable", note: "it shows none" };
  const few = { ...NOTHING, task_clock_seconds: 0.5, page_fault_count: 3 };
  assert.deepEqual(rows(few, EXACT, missing), [
    "counters 500ms  on CPUs, 3 page faults",
    "processor –  it shows none",
  ]);
  const shared: Account = { source: "perf_cgroup", quality: "sampled" };
  const [, cycles] = rows({ ...ALL, running_percent: 50 }, EXACT, shared);
  assert.equal(cycles, "cycles 6.00 G  3.00 GHz while it ran; the counters ran 50.0% of the time");
});

test("why nothing could be counted", () => {
  const refused: Account = { source: "none", quality: "unavailable", note: "a policy forbids it" };
  assert.deepEqual(rows(NOTHING, refused, refused), ["counters –  a policy forbids it"]);
});
