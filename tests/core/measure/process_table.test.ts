import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { unknownFigures } from "../../../core/measure/process_figures.ts";
import type { ThreadAccounts } from "../../../core/measure/process_figures.ts";
import type { EarlierProcess, Sighting } from "../../../core/measure/process_sources.ts";
import type { ProcessLife } from "../../../core/measure/process_life.ts";
import { ProcessTable } from "../../../core/measure/process_table.ts";
import type { ProcessTableSources } from "../../../core/measure/process_sources.ts";

const ROOT = 10;
const STRANGER = 9_000;
const DONE = { exitCode: 0, signal: null };
const SILENT = { name: null, executable: null, command: null };

function table(sources: Partial<ProcessTableSources> = {}): ProcessTable {
  return new ProcessTable({
    hasAccounts: () => true,
    words: () => SILENT,
    isThere: () => true,
    isWatched: () => false,
    standing: () => null,
    use: sources.standing ?? (() => null),
    seenCpuSeconds: () => NaN,
    ...sources,
  });
}

function accounts(pid: number, threadId: number, cpuSeconds: number, name = "program"): ThreadAccounts {
  return {
    pid,
    threadId,
    name,
    executableId: "1:2",
    isForkOnly: false,
    cpuSeconds,
    tickedSeconds: 0,
    peakMemoryBytes: 1_000 * cpuSeconds,
    diskReadBytes: 0,
    diskWriteBytes: 0,
    ioReadBytes: 0,
    ioWriteBytes: 0,
    minorFaults: 1,
    majorFaults: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
  };
}

const sighting = (pid: number, more: Partial<Sighting> = {}): Sighting => ({
  pid,
  parentPid: ROOT,
  name: "seen",
  command: "seen by samples",
  end: null,
  oomKilled: false,
  lifeSeconds: 2,
  cpuSeconds: 5,
  peakMemoryBytes: 7,
  ...more,
});

describe("who is of the tree", () => {
  test("descends from the root, orphans and what has moved elsewhere included, strangers not", () => {
    const processes = table();
    processes.begin(ROOT, 5);
    processes.forked(STRANGER, 1, 1);
    processes.forked(11, ROOT, 2);
    processes.forked(12, 11, 3);
    processes.exited(11, 11, DONE, 4);
    processes.forked(13, 12, 5);
    processes.forked(STRANGER + 1, STRANGER, 6);
    assert.equal(processes.totalCount, 4);
    assert.equal(processes.peakCount, 3);
  });

  test("a number that is used again is another process, its predecessor's end told or not", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.forked(11, ROOT, 1);
    processes.accounted(accounts(11, 11, 1));
    processes.exited(11, 11, DONE, 2);
    processes.forked(11, ROOT, 3);
    processes.forked(11, ROOT, 4);
    processes.finish();
    assert.equal(processes.totalCount, 4);
    assert.equal(processes.folds.processCount, 4);
  });

  test("whom samples alone have seen is counted, and told apart", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.seen(sighting(77));
    for (let look = 0; look < 3; look++) processes.settle(false);
    assert.equal(processes.totalCount, 2);
    assert.equal(processes.strangerCount, 1);
  });

  test("a sighting may come before its birth is told, and long after its end", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.seen(sighting(11));
    processes.forked(11, ROOT, 1);
    processes.settle(false);
    processes.exited(11, 11, DONE, 2);
    for (let look = 0; look < 5; look++) processes.settle(false);
    processes.seen(sighting(11));
    processes.finish();
    assert.equal(processes.strangerCount, 0);
    assert.equal(processes.totalCount, 2);
  });
});

describe("what a process came to", () => {
  test("is the sum of its threads, whose accounts come before or after their end", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.threadStarted(ROOT, 99);
    processes.accounted(accounts(ROOT, 99, 2, "worker"));
    processes.exited(ROOT, 99, DONE, 1e9);
    processes.exited(ROOT, ROOT, { exitCode: 3, signal: null }, 2e9);
    assert.equal(processes.folds.processCount, 0, "its accounts are to come");
    processes.settle(false);
    processes.accounted(accounts(ROOT, ROOT, 1));
    const [life] = processes.folds.dearest;
    assert.equal(life.figures.cpuSeconds, 3);
    assert.equal(life.figures.peakMemoryBytes, 2_000);
    assert.deepEqual([life.name, life.end, life.lifeSeconds], ["program", { exitCode: 3, signal: null }, 2]);
    assert.equal(life.lacksAccounts, false);
  });

  test("is what its threads counted themselves, where that is told, and exact if all have to the last", () => {
    const ended: ProcessLife[] = [];
    const processes = new ProcessTable(
      {
        hasAccounts: () => true,
        words: () => SILENT,
        isThere: () => true,
        isWatched: () => false,
        standing: () => null,
        use: () => null,
        seenCpuSeconds: () => NaN,
      },
      (life) => ended.push(life),
    );
    const { pid: _pid, threadId: _id, tickedSeconds: _ticks, peakMemoryBytes: _peak, ...figures } = accounts(
      0,
      0,
      3,
    );
    processes.begin(ROOT, 0);
    for (const [pid, isFinal] of [[11, true], [12, false]] as const) {
      processes.forked(pid, ROOT, 1);
      processes.executed(pid, 2, { name: "x", executable: "/bin/x", command: "x y" });
      processes.threadStarted(pid, pid + 100);
      processes.accounted(accounts(pid, pid, 1));
      processes.accounted(accounts(pid, pid + 100, 1));
      processes.exited(pid, pid + 100, DONE, 3, { ...figures, isFinal });
      processes.exited(pid, pid, DONE, 4, { ...figures, isFinal: true });
    }
    // Of one whose accounts were lost all but its peak is known.
    processes.forked(13, ROOT, 1);
    processes.exited(13, 13, DONE, 4, { ...figures, isFinal: true });
    for (let look = 0; look < 3; look++) processes.settle(false);
    assert.deepEqual(ended.map(({ hasExactCpu }) => hasExactCpu), [true, false, true]);
    assert.deepEqual(ended.map(({ figures }) => figures.cpuSeconds), [6, 6, 3]);
    assert.deepEqual(ended.map(({ figures }) => figures.peakMemoryBytes), [1_000, 1_000, NaN]);
    assert.ok(ended.every(({ isUnaccounted }) => !isUnaccounted));
    assert.equal(ended[0].command, "x y");
  });

  test("lasts until its last thread ends, be the main one gone", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.threadStarted(ROOT, 12);
    processes.accounted(accounts(ROOT, ROOT, 1));
    processes.exited(ROOT, ROOT, DONE, 1e9);
    processes.forked(11, ROOT, 2e9);
    processes.accounted(accounts(ROOT, 99, 1));
    processes.exited(ROOT, 99, DONE, 3e9);
    assert.equal(processes.totalCount, 2);
    assert.equal(processes.folds.dearest[0].lifeSeconds, 3);
  });

  test("is not what samples saw besides, where the kernel told it", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.seen(sighting(ROOT));
    processes.accounted(accounts(ROOT, ROOT, 1));
    processes.exited(ROOT, ROOT, DONE, 1);
    const [life] = processes.folds.dearest;
    assert.equal(life.figures.cpuSeconds, 1);
    assert.equal(life.command, "seen by samples");
  });

  test("is what samples saw where the kernel tells nothing, whichever is first", () => {
    for (const isFirst of [true, false]) {
      let isWatched = true;
      const processes = table({ hasAccounts: () => false, isWatched: () => isWatched });
      processes.begin(ROOT, 0);
      if (isFirst) {
        isWatched = false;
        processes.seen(sighting(ROOT));
      }
      processes.exited(ROOT, ROOT, DONE, 1);
      if (!isFirst) processes.seen(sighting(ROOT));
      const [life] = processes.folds.dearest;
      assert.deepEqual([life.figures.cpuSeconds, life.name], [5, "seen"]);
      assert.equal(life.lacksAccounts, true);
    }
  });

  test("is told as incomplete when accounts do not come", () => {
    const processes = table();
    processes.begin(ROOT, 0);
    processes.exited(ROOT, ROOT, DONE, 1);
    processes.settle(false);
    processes.settle(false);
    assert.equal(processes.folds.programs[0].unaccountedCount, 1);
  });

  test("is called as its parent was, be that over before it was read", () => {
    const processes = table({
      words: (pid) => ({ name: "sh", executable: "/bin/sh", command: `sh ${pid}` }),
    });
    processes.begin(ROOT, 0);
    processes.executed(ROOT);
    processes.forked(11, ROOT, 1);
    processes.accounted(accounts(ROOT, ROOT, 1));
    processes.exited(ROOT, ROOT, DONE, 2);
    processes.settle(false);
    processes.finish();
    assert.deepEqual(processes.folds.dearest.map(({ command }) => command), [null, "sh 11"]);
  });

  test("is called by what it last executed, read while it lives", () => {
    const processes = table({
      words: (pid) => ({ name: "cc", executable: "/bin/cc", command: `cc ${pid}` }),
    });
    processes.begin(ROOT, 0);
    processes.executed(ROOT);
    processes.settle(false);
    processes.forked(11, ROOT, 1);
    processes.finish();
    assert.deepEqual(processes.folds.dearest.map(({ command }) => command), [`cc ${ROOT}`, `cc ${ROOT}`]);
    assert.deepEqual(processes.folds.programs.map(({ forkOnlyCount }) => forkOnlyCount), [1]);
  });
});

test("after a loss, who is not there any more is let go of", () => {
  const gone = new Set([11]);
  const processes = table({ isThere: (pid) => !gone.has(pid) });
  processes.begin(ROOT, 0);
  processes.forked(11, ROOT, 1);
  processes.forked(12, ROOT, 1);
  processes.settle(true);
  assert.equal(processes.folds.processCount, 0, "its end may have been told meanwhile");
  processes.settle(true);
  assert.equal(processes.folds.processCount, 1);
  assert.equal(processes.keptCount, 2);
});

test("whose end was lost is not exact, be it that other threads of it told what they used", () => {
  const ended: ProcessLife[] = [];
  const processes = new ProcessTable(
    {
      hasAccounts: () => true,
      words: () => SILENT,
      isThere: () => false,
      isWatched: () => false,
      standing: () => null,
      use: () => null,
      seenCpuSeconds: () => NaN,
    },
    (life) => ended.push(life),
  );
  const told = { ...accounts(11, 99, 1), isFinal: true };
  processes.begin(ROOT, 0);
  processes.forked(11, ROOT, 1);
  processes.threadStarted(11, 99);
  processes.accounted(accounts(11, 99, 1));
  processes.exited(11, 99, DONE, 2, told);
  processes.settle(true);
  processes.settle(true);
  const life = ended.find(({ pid }) => pid === 11)!;
  assert.deepEqual([life.hasExactCpu, life.isUnaccounted, life.figures.cpuSeconds], [false, true, 1]);
});

describe("a tree that ran before", () => {
  const used = (cpuSeconds: number) => ({
    ...unknownFigures(),
    cpuSeconds,
    minorFaults: 1,
    peakMemoryBytes: 9,
  });
  const earlier = (pid: number, parentPid: number, more: Partial<EarlierProcess> = {}): EarlierProcess => ({
    pid,
    parentPid,
    birth: 1,
    startNs: 10,
    isForkOnly: false,
    executableId: "1:2",
    threadIds: [pid],
    used: used(2),
    name: "server",
    executable: "/bin/server",
    command: "server -x",
    ...more,
  });
  const counted = (cpuSeconds: number) => {
    const { pid: _, threadId: __, tickedSeconds: ___, peakMemoryBytes: ____, ...figures } = accounts(
      0,
      0,
      cpuSeconds,
    );
    return { ...figures, isFinal: true };
  };

  test("counts what was used since, of those who end and of those who go on", () => {
    const ended: ProcessLife[] = [];
    const living = earlier(ROOT, 1, { used: used(7) });
    const processes = new ProcessTable({
      hasAccounts: () => true,
      words: () => SILENT,
      isThere: () => true,
      isWatched: () => false,
      standing: () => null,
      use: (pid) => pid === ROOT ? living : null,
      seenCpuSeconds: () => NaN,
    }, (life) => ended.push(life));
    processes.beginAmidst(100);
    processes.takeUp(earlier(ROOT, 1), 100);
    processes.takeUp(earlier(11, ROOT), 100);
    processes.settle(false);
    processes.forked(12, 11, 150);
    processes.accounted(accounts(12, 12, 1));
    processes.exited(12, 12, DONE, 160, counted(1));
    processes.accounted(accounts(11, 11, 5));
    processes.exited(11, 11, DONE, 200, counted(6));
    assert.deepEqual(ended.map(({ pid, figures }) => [pid, figures.cpuSeconds]), [[12, 1], [11, 4]]);
    assert.deepEqual(ended.map(({ isEarlier }) => isEarlier), [false, true]);
    assert.equal(ended[1].startNs, 10);
    const soFar = processes.soFar(undefined, []);
    assert.equal(soFar.processCount, 3);
    processes.finish();
    for (const folds of [soFar, processes.folds]) {
      assert.equal(folds.programs.reduce((sum, { figures }) => sum + figures.cpuSeconds, 0), 10);
      assert.ok(
        folds.programs.every(({ unaccountedCount, inexactCount }) => unaccountedCount + inexactCount === 0),
      );
    }
    assert.deepEqual([processes.totalCount, processes.earlierCount, processes.keptAtEndCount], [3, 2, 1]);
  });

  test("takes what is told late for what it is: a birth, threads that were listed, the end of a predecessor", () => {
    const processes = table();
    processes.beginAmidst(100);
    processes.takeUp(earlier(ROOT, 1, { threadIds: [ROOT, 31, 32] }), 100);
    processes.takeUp(earlier(11, ROOT, { startNs: 95 }), 100);
    // All of this waited when they were listed.
    processes.exited(11, 11, DONE, 90, counted(50));
    processes.forked(11, ROOT, 96);
    processes.threadStarted(ROOT, 31);
    processes.threadStarted(ROOT, 33);
    processes.exited(ROOT, 33, DONE, 97, counted(1));
    processes.exited(ROOT, 34, DONE, 98, counted(100));
    processes.settle(false);
    assert.deepEqual([processes.totalCount, processes.earlierCount], [2, 1]);
    processes.threadStarted(ROOT, 35);
    for (const thread of [35, 32, ROOT]) processes.exited(ROOT, thread, DONE, 200, counted(1));
    assert.ok(processes.has(ROOT), "one of its threads lives");
    processes.exited(ROOT, 31, DONE, 201, counted(1));
    assert.ok(!processes.has(ROOT));
    processes.exited(11, 11, DONE, 202, counted(1));
    for (let look = 0; look < 3; look++) processes.settle(false);
    processes.finish();
    // Five threads of a second each, less the two before; and all of the one that was born since.
    const total = processes.folds.programs.reduce((sum, { figures }) => sum + figures.cpuSeconds, 0);
    assert.equal(total, 4);
    assert.equal(processes.folds.processCount, 2);
  });

  test("has those who enter it from outside, and lets go of those who leave", () => {
    const processes = table({ standing: (pid) => earlier(pid, 1, { startNs: 500, used: used(3) }) });
    processes.beginAmidst(100);
    processes.joined(21, 200, counted(2));
    processes.joined(22, 200);
    processes.joined(22, 210, counted(3));
    processes.forked(23, 22, 250);
    processes.left(22);
    processes.forked(24, 22, 300);
    assert.deepEqual([processes.totalCount, processes.earlierCount], [3, 0]);
    assert.deepEqual([21, 22, 23, 24].map((pid) => processes.has(pid)), [true, false, true, false]);
    assert.equal(processes.folds.processCount, 1);
    assert.equal(processes.folds.programs[0].figures.cpuSeconds, 0);
    // Who has entered by an execution is counted from there on, whatever it had used before.
    processes.executed(21, 200, { name: "entered", executable: "/bin/entered", command: "entered" });
    processes.exited(21, 21, DONE, 300, counted(7));
    for (let look = 0; look < 3; look++) processes.settle(false);
    const entered = processes.folds.programs.find(({ name }) => name === "entered")!;
    assert.deepEqual([entered.figures.cpuSeconds, entered.inexactCount, entered.unaccountedCount], [5, 0, 0]);
  });

  test("reads what an execution did not tell of itself, and keeps what it did", () => {
    const words = { name: "late", executable: "/usr/bin/late", command: "late --read" };
    const processes = table({ words: () => words });
    processes.begin(ROOT, 0);
    processes.executed(ROOT, 1, { name: "told", executable: "/bin/told", command: null });
    processes.forked(11, ROOT, 2);
    processes.exited(11, 11, DONE, 3, counted(1));
    processes.settle(false);
    processes.exited(ROOT, ROOT, DONE, 4, counted(1));
    for (let look = 0; look < 3; look++) processes.settle(false);
    processes.finish();
    assert.deepEqual(
      processes.folds.dearest.map(({ pid, name, executable, command }) => [pid, name, executable, command])
        .sort(),
      [[ROOT, "told", "/bin/told", "late --read"], [11, "told", "/bin/told", null]],
    );
  });
});

/** A machine in which processes are born and end at random, told in looks as the kernel does. */
const STEP = fc.record({
  what: fc.constantFrom("fork", "exec", "thread", "exit", "foreign", "look"),
  who: fc.nat(1_000),
  cpu: fc.nat(100),
});

test("property: whatever happens, all members are counted once and their accounts add up", () => {
  fc.assert(fc.property(fc.array(STEP, { maxLength: 300 }), fc.boolean(), (steps, isLate) => {
    const processes = table();
    const members = new Set([ROOT]);
    let [nextPid, total, cpu, at] = [100, 1, 0, 0];
    let told: (() => void)[] = [];
    let accounted: (() => void)[] = [];
    const look = () => {
      // Accounts may come before the events of the same look, or after.
      const [events, records] = [told, accounted];
      [told, accounted] = [[], []];
      if (isLate) events.forEach((tell) => tell());
      records.forEach((tell) => tell());
      if (!isLate) events.forEach((tell) => tell());
      processes.settle(false);
    };
    const end = (pid: number, seconds: number) => {
      members.delete(pid);
      cpu += seconds;
      accounted.push(() => processes.accounted(accounts(pid, pid, seconds)));
      told.push(() => processes.exited(pid, pid, DONE, at));
    };
    processes.begin(ROOT, 0);
    for (const { what, who, cpu: seconds } of steps) {
      at++;
      const pid = [...members][who % (members.size || 1)] ?? 0;
      if (what === "look") look();
      else if (what === "foreign") {
        told.push(() => processes.forked(STRANGER + who, 1, at));
        accounted.push(() => processes.accounted(accounts(STRANGER + who, STRANGER + who, seconds)));
        told.push(() => processes.exited(STRANGER + who, STRANGER + who, DONE, at));
      } else if (members.size === 0) continue;
      else if (what === "fork") {
        const child = nextPid++;
        members.add(child);
        total++;
        told.push(() => processes.forked(child, pid, at));
      } else if (what === "exec") told.push(() => processes.executed(pid));
      else if (what === "thread") {
        const thread = 50_000 + nextPid++;
        told.push(() => processes.threadStarted(pid, thread));
        cpu += seconds;
        accounted.push(() => processes.accounted(accounts(pid, thread, seconds)));
        told.push(() => processes.exited(pid, thread, DONE, at));
      } else end(pid, seconds);
    }
    for (const pid of [...members]) end(pid, 1);
    look();
    look();
    processes.finish();
    const { folds } = processes;
    assert.equal(processes.totalCount, total);
    assert.equal(folds.processCount, total);
    const rows = [...folds.programs, ...(folds.others ? [folds.others] : [])];
    assert.equal(rows.reduce((sum, { figures }) => sum + figures.cpuSeconds, 0), cpu);
    assert.equal(rows.reduce((sum, { unaccountedCount }) => sum + unaccountedCount, 0), 0);
    assert.equal(processes.keptCount, 0);
  }));
});

test("its size does not grow with the number of processes", { timeout: 120_000 }, () => {
  const processes = table();
  processes.begin(ROOT, 0);
  for (let index = 0; index < 100_000; index++) {
    const pid = 11 + (index % 32_000);
    processes.forked(pid, ROOT, index);
    processes.accounted(accounts(pid, pid, 1, `program ${index % 5_000}`));
    processes.exited(pid, pid, DONE, index);
    if (index % 100 === 0) processes.settle(false);
    assert.ok(processes.keptCount <= 2);
  }
  assert.ok(processes.folds.programs.length <= 512);
  processes.finish();
  assert.equal(processes.folds.programs.length, 256);
  assert.equal(processes.folds.dearest.length, 10);
  assert.equal(processes.folds.processCount, 100_001);
});
