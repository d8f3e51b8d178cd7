/* What perf counts of a group, against what the kernel says of it elsewhere: cpu.stat, and getrusage. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { ownCgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { refusalToCountEverybody } from "../../platform/linux/perf/cgroup_rung.ts";
import { fixture } from "../support/fixture.ts";
import { noCgroup, ownCgroupDirectories } from "../support/linux.ts";
import { noPerf, perfDescriptors } from "../support/perf.ts";

const CASE = { skip: noCgroup || noPerf, timeout: 240_000 };
const LOOP = ["sh", "-c", 'i=0; while [ $i -lt 300 ]; do "$0"; i=$((i+1)); done', "/bin/true"];
const MOST_RUNS = 15;
/** At each switch from one task to another the two clocks draw the line this much apart, at most on average. */
const SWITCH_SECONDS = 2e-6;
/** Of what was stolen from the machine a program may have borne more than its share of the work. */
const STOLEN_SHARE = 3;

/** What all processors have worked, and what other machines have taken; ticks since the start (proc_stat(5)). */
function machineTicks(): { busy: number; stolen: number } {
  const [user, nice, system, _idle, _ioWait, irq, softIrq, stolen] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0].trim().split(/\s+/).slice(1).map(Number);
  return { busy: user + nice + system + irq + softIrq + stolen, stolen };
}

interface Usage {
  cpu_seconds: number;
  minor_faults: number;
  major_faults: number;
  voluntary_context_switches: number;
  involuntary_context_switches: number;
}

/** Run a command in a group; what getrusage says of it. */
async function usageIn(group: ProcessGroup, command: readonly string[]): Promise<Usage> {
  const { stdout } = await group.output([fixture("usage_of"), ...command]);
  return JSON.parse(Buffer.from(stdout).toString().trimEnd().split("\n").at(-1)!);
}

/** `usage_usec` of the only group that this program holds. */
function cpuStatSeconds(): number {
  const own = ownCgroup();
  const [name] = ownCgroupDirectories();
  assert.ok("directory" in own && name !== undefined);
  const stat = readFileSync(join(own.directory, name, "cpu.stat"), "utf8");
  return Number(/^usage_usec (\d+)$/m.exec(stat)![1]) / 1e6;
}

describe("of a cgroup perf counts", () => {
  for (
    const [what, command, tolerance] of [
      ["one long process", [fixture("burn_cpu"), "0.5"], 0.001],
      ["many short ones", LOOP, 0.03],
    ] as const
  ) {
    test(`all CPU time, within ${tolerance * 100} % of cpu.stat: of ${what}`, CASE, async () => {
      // The gap, but for what a busy machine explains.
      const gaps: number[] = [];
      do {
        await using group = await ProcessGroup.create({ counters: true });
        const before = machineTicks();
        await group.output(command);
        const after = machineTicks();
        const { counters } = group.stats();
        assert.deepEqual([counters!.source, counters!.includesKernel, counters!.obstacle], [
          "perf_cgroup",
          true,
          null,
        ]);
        // What was stolen is in a task's clock, and not in cpu.stat (CONFIG_PARAVIRT_TIME_ACCOUNTING).
        const seconds = cpuStatSeconds();
        const stolen = (after.stolen - before.stolen) / Math.max(1, after.busy - before.busy) * STOLEN_SHARE;
        const switching = counters!.contextSwitchCount! * SWITCH_SECONDS / seconds;
        const gap = Math.abs(counters!.taskClockSeconds! / seconds - 1);
        gaps.push(gap - stolen - switching);
      } while (Math.min(...gaps) > tolerance && gaps.length < MOST_RUNS);
      assert.ok(Math.min(...gaps) <= tolerance, `${gaps}`);
      assert.ok(gaps.every((gap) => gap < 0.1), `${gaps}`);
    });
  }

  test("every context switch, those of processes that have ended, too", CASE, async () => {
    await using group = await ProcessGroup.create({ counters: true });
    const usage = await usageIn(group, LOOP);
    const { contextSwitchCount, migrationCount } = group.stats().counters!;
    const known = usage.voluntary_context_switches + usage.involuntary_context_switches;
    // The program that asked has switched itself, too; each process was switched away from for the last time.
    assert.ok(
      contextSwitchCount! >= known && contextSwitchCount! < known * 1.2 + 50,
      `${contextSwitchCount} ${known}`,
    );
    assert.ok(migrationCount! >= 0 && migrationCount! <= contextSwitchCount!);
  });

  test("page faults, but for those that the kernel has itself", CASE, async () => {
    await using group = await ProcessGroup.create({ counters: true });
    const usage = await usageIn(group, LOOP);
    const { pageFaultCount } = group.stats().counters!;
    const known = usage.minor_faults + usage.major_faults;
    // execve puts arguments on the new stack; that is a fault of getrusage's, and none of perf's.
    assert.ok(
      pageFaultCount! > known * 0.9 && pageFaultCount! < known * 1.1 + 1_000,
      `${pageFaultCount} ${known}`,
    );
  });

  test("on, as long as the group lives", CASE, async () => {
    await using group = await ProcessGroup.create({ counters: true });
    const seen = [];
    for (let round = 0; round < 3; round++) {
      await group.output([fixture("burn_cpu"), "0.05"]);
      seen.push(group.stats().counters!.taskClockSeconds!);
    }
    assert.ok(seen[0] >= 0.05 && seen[1] >= seen[0] + 0.05 && seen[2] >= seen[1] + 0.05, `${seen}`);
  });

  test("null where the processor has no counters, and numbers where it has", CASE, async () => {
    await using group = await ProcessGroup.create({ counters: true });
    await group.output([fixture("burn_cpu"), "0.1"]);
    const { cycleCount, instructionCount, runningPercent } = group.stats().counters!;
    if (cycleCount === null) assert.deepEqual([instructionCount, runningPercent], [null, null]);
    else assert.ok(cycleCount > 1e7 && instructionCount! > 1e6 && runningPercent! > 0);
  });
});

describe("where the tree has no cgroup", () => {
  const INHERITED = {
    skip: refusalToCountEverybody() !== 0 && "needs root, or CAP_PERFMON",
    timeout: 240_000,
  };

  test("counters are handed down: to children, of those that have ended, too", INHERITED, async () => {
    await using group = await ProcessGroup.create({ mechanism: "subreaper", counters: true });
    const usage = await usageIn(group, [fixture("storm"), "8", "0.05"]);
    const { source, includesKernel, obstacle, taskClockSeconds, contextSwitchCount } = group.stats()
      .counters!;
    assert.deepEqual([source, includesKernel], ["perf_inherited", true]);
    assert.match(obstacle!, /^the tree has no cgroup to be counted by: a cgroup was not asked for$/);
    assert.ok(
      taskClockSeconds! > usage.cpu_seconds * 0.95 && taskClockSeconds! < usage.cpu_seconds * 1.15 + 0.1,
      `${taskClockSeconds} ${usage.cpu_seconds}`,
    );
    assert.ok(contextSwitchCount! > 0);
  });

  test("what is started in the group one after another is added up, within bounds", INHERITED, async () => {
    await using group = await ProcessGroup.create({ mechanism: "subreaper", counters: true });
    const before = perfDescriptors(process.pid);
    for (let started = 0; started < 34; started++) await group.output(["true"]);
    assert.ok(perfDescriptors(process.pid) - before <= 32 * 10);
    assert.match(group.stats().counters!.obstacle!, /the first 32 are counted/);
  });

  test("a command that cannot be started leaves nothing behind", INHERITED, async () => {
    const before = perfDescriptors(process.pid);
    {
      await using group = await ProcessGroup.create({ mechanism: "subreaper", counters: true });
      assert.throws(() => group.start(["/etc/passwd"]));
    }
    assert.equal(perfDescriptors(process.pid), before);
  });
});

test("a group that is closed gives its counters back", CASE, async () => {
  const before = perfDescriptors(process.pid);
  {
    await using group = await ProcessGroup.create({ counters: true });
    await group.output(["true"]);
    assert.ok(perfDescriptors(process.pid) > before);
  }
  assert.equal(perfDescriptors(process.pid), before);
});

test("nothing is counted where nobody asks for it", async () => {
  const before = perfDescriptors(process.pid);
  await using group = await ProcessGroup.create();
  await group.output(["true"]);
  assert.equal(group.stats().counters, null);
  assert.equal(perfDescriptors(process.pid), before);
});
