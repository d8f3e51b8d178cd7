/* `run --counters`: what perf counts of a run, on each rung of the ladder. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { noCgroup, processState } from "../../support/linux.ts";
import { noPerf, perfDescriptors } from "../../support/perf.ts";
import { BINARY, proctor, runProgram, start } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const CASE = { skip: noCgroup || noPerf, timeout: 120_000 };
const PARANOID = Number(readFileSync("/proc/sys/kernel/perf_event_paranoid", "utf8"));
const BURN = [fixture("burn_cpu"), "0.2"];
const WAITING = ["--", "sh", "-c", "echo begun; read line"];
const hasBegun = (line: string) => line === "begun";

test("--counters tells of the run in its summary, and where that comes from", CASE, async () => {
  const { start: begun, summary } = await recorded(["--counters"], BURN);
  const { counters, accounting } = summary;
  assert.deepEqual(accounting.counters, { source: "perf_cgroup", quality: "exact" });
  assert.deepEqual(begun.capabilities.counters, accounting.counters);
  assert.equal(counters!.scope, "kernel_and_user");
  assert.ok(counters!.task_clock_seconds! >= 0.2, `${counters!.task_clock_seconds}`);
  assert.ok(counters!.context_switch_count! > 0 && counters!.page_fault_count! > 100);
  const hardware = accounting.hardware_counters!;
  if (hardware.quality === "unavailable") {
    assert.ok(hardware.note);
    assert.deepEqual([counters!.cycle_count, counters!.instruction_count], [null, null]);
  } else {
    assert.ok(counters!.instructions_per_cycle! > 0.05 && counters!.instructions_per_cycle! < 10);
  }
  const energy = accounting.machine_energy!;
  assert.equal(counters!.machine_energy === null, energy.quality === "unavailable");
  assert.ok(energy.note);
});

test("people read it under a heading of its own", CASE, async () => {
  const { stderr } = await proctor(["run", "--counters", "--", ...BURN]);
  assert.match(
    stderr,
    /^ {2}counters +[\d.]+m?s {2}on CPUs, [\d,]+ switch(es)?, [\d,]+ migrations?, [\d,]+ page faults$/m,
  );
  assert.match(stderr, /^ {4}(processor +–|cycles +\d)/m);
});

test("without it nothing is counted", CASE, async () => {
  const running = start(["run", "--summary", "json", ...WAITING], { input: "open" });
  await running.line(hasBegun);
  assert.equal(perfDescriptors(running.pid), 0);
  running.closeInput();
  const summary = JSON.parse((await running.ended).stderr);
  assert.deepEqual([summary.counters, summary.accounting.counters], [undefined, undefined]);
});

/** All processes that carry the mark of a run: its command, and whatever else it has started. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((child) => {
    try {
      const stat = readFileSync(`/proc/${child}/stat`, "latin1");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
    } catch {
      return false;
    }
  });
}

test("counters are proctor's alone, so that they end with it, by SIGKILL as well", CASE, async () => {
  const running = start(["run", "--counters", ...WAITING], { input: "open" });
  await running.line(hasBegun);
  assert.ok(perfDescriptors(running.pid) > 0);
  const children = childrenOf(running.pid);
  // The command, and the guard that ends it when we are gone.
  assert.ok(children.length >= 2, `${children}`);
  for (const child of children) assert.equal(perfDescriptors(child), 0);
  running.kill("SIGKILL");
  await running.ended;
  await eventually(() => children.every((child) => ["Z", undefined].includes(processState(child))));
});

describe("a user's run goes on, on a lower rung", () => {
  const USER = { skip: cannotDrop, timeout: 120_000 };
  const run = async (as: readonly string[]) => {
    const command = ["run", "--counters", "--summary", "json", "--", fixture("storm"), "5", "0.02"];
    const { code, stderr } = await runProgram([...as, BINARY, ...command], { cwd: "/" });
    assert.equal(code, 0, stderr);
    return JSON.parse(stderr);
  };

  test("with what kernel.perf_event_paranoid lets him count", USER, async () => {
    const { counters, accounting } = await run(asNobody([]));
    if (PARANOID >= 3) {
      assert.equal(accounting.counters.quality, "unavailable");
      assert.deepEqual([counters.scope, counters.task_clock_seconds], [null, null]);
      assert.match(accounting.counters.note, /^kernel\.perf_event_paranoid is \d, /);
      return;
    }
    assert.equal(
      accounting.counters.source,
      PARANOID <= 0 && !noCgroup ? accounting.counters.source : "perf_inherited",
    );
    assert.ok(counters.task_clock_seconds >= 0.1, `${counters.task_clock_seconds}`);
    if (PARANOID < 2) return;
    assert.equal(accounting.counters.quality, "lower_bound");
    assert.deepEqual([counters.scope, counters.context_switch_count, counters.migration_count], [
      "user",
      null,
      null,
    ]);
    assert.match(accounting.counters.note, /kernel\.perf_event_paranoid is 2, which lets others than root/);
  });

  test("with CAP_PERFMON with all that the kernel does", USER, async () => {
    const rights = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const perfmon = ["--inh-caps=+perfmon", "--ambient-caps=+perfmon", "--"];
    const { counters, accounting } = await run([...rights, ...perfmon]);
    assert.match(accounting.counters.source, /^perf_/);
    assert.equal(counters.scope, "kernel_and_user");
    assert.ok(counters.context_switch_count > 0);
  });
});

test("`doctor` tells the rung, and what would raise it", { skip: cannotDrop, timeout: 120_000 }, async () => {
  const found = async (command: readonly string[]) => {
    const { stdout } = await runProgram(command, { cwd: "/" });
    const { findings } = JSON.parse(stdout.toString());
    return findings.find(({ topic }: { topic: string }) => topic === "counters");
  };
  const user = await found(asNobody([BINARY, "doctor", "--json"]));
  if (PARANOID > 0) {
    assert.equal(user.ok, false);
    assert.ok(user.advice, JSON.stringify(user));
  }
  const own = await found([BINARY, "doctor", "--json"]);
  assert.equal(own.ok, !noCgroup && !noPerf, JSON.stringify(own));
  assert.ok(process.getuid?.() !== 0 || noPerf || /perf counts all that a tree does/.test(own.detail));
});
