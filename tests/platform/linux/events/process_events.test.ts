/* The kernel's own events, against programs whose processes are known beforehand. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessTable } from "../../../../core/measure/process_table.ts";
import { openProcessEvents } from "../../../../platform/mod.ts";
import type { ProcessEvents } from "../../../../platform/mod.ts";

const opened = await openProcessEvents();
const refusal = "drain" in opened ? false : opened.reason;
const noAccounts = refusal || (("drain" in opened) && opened.hasAccounts ? false : "needs CAP_NET_ADMIN");
if ("drain" in opened) opened.close();

/** Lend a feed; a buffer of this size, or as usual. */
async function withEvents(
  bufferBytes: number | undefined,
  use: (events: ProcessEvents) => void,
): Promise<void> {
  const events = await openProcessEvents({ bufferBytes });
  assert.ok("drain" in events);
  try {
    use(events);
  } finally {
    events.close();
  }
}

/** All that has happened, ends that are told later than whoever waits hears of them, and accounts included. */
function drainAll(events: ProcessEvents, table: ProcessTable): void {
  const deadline = performance.now() + 10_000;
  do {
    assert.ok(performance.now() < deadline, "the end of a process that is gone is not told");
    events.drain(table);
  } while (table.isEndMissing());
  for (let look = 0; look < 3; look++) {
    events.drain(table);
    table.settle(false);
  }
}

/** A table of all that we start from now on. */
function tableOf(events: ProcessEvents): ProcessTable {
  const table = new ProcessTable({
    hasAccounts: () => events.hasAccounts,
    words: (pid) => events.words(pid),
    isThere: (pid) => events.isThere(pid),
    isWatched: () => false,
    standing: () => null,
    use: () => null,
    seenCpuSeconds: () => NaN,
  });
  table.begin(process.pid, events.nowNs());
  return table;
}

const LOOP = "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done; exit 3";

describe("process events", () => {
  test("tell every child of a shell, with how it ended and when", { skip: refusal, timeout: 120_000 }, () => {
    return withEvents(undefined, (events) => {
      const table = tableOf(events);
      const from = events.nowNs();
      const shell = spawnSync("/bin/sh", ["-c", LOOP]);
      const to = events.nowNs();
      assert.equal(shell.status, 3);
      drainAll(events, table);
      table.finish();
      assert.equal(events.lostCount(), 0);
      // We, the shell, and its children; a runtime may start others beside.
      const ended = table.folds.programs.reduce((sum, { failedCount }) => sum + failedCount, 0);
      assert.ok(ended >= 1, "the shell's exit code");
      assert.ok(table.totalCount >= 502 && table.totalCount < 520, `${table.totalCount}`);
      const life = table.folds.dearest.find(({ pid }) => pid === shell.pid)!;
      assert.deepEqual(life.end, { exitCode: 3, signal: null });
      assert.ok(life.startNs > from && life.endNs < to && life.startNs < life.endNs);
    });
  });

  test("with accounts tell what each was called and used", { skip: noAccounts, timeout: 120_000 }, () => {
    return withEvents(undefined, (events) => {
      const table = tableOf(events);
      spawnSync("/bin/sh", ["-c", LOOP]);
      const burn = spawnSync("/usr/bin/perl", [
        "-e",
        'my $held = "a" x 30_000_000; for (1 .. 3_000_000) { $_ * 2 } print((times())[0] + (times())[1])',
      ]);
      drainAll(events, table);
      table.finish();
      const trues = table.folds.programs.find(({ name }) => name === "true")!;
      assert.equal(trues.processCount, 500);
      assert.equal(trues.unaccountedCount, 0);
      assert.equal(trues.failedCount, 0);
      const perl = table.folds.programs.find(({ name }) => name === "perl")!;
      // What it was told by times(2) is in ticks of a hundredth, and it lacks its own end.
      const told = Number(burn.stdout.toString());
      assert.ok(Math.abs(perl.figures.cpuSeconds - told) < 0.1, `${perl.figures.cpuSeconds} and ${told}`);
      assert.ok(perl.figures.peakMemoryBytes > 30e6 && perl.figures.peakMemoryBytes < 90e6);
    });
  });

  test(
    "that nobody takes in time are counted, each, and what comes after is told",
    { skip: refusal, timeout: 120_000 },
    () => {
      return withEvents(32_768, (events) => {
        const table = tableOf(events);
        spawnSync("/bin/sh", ["-c", LOOP]);
        const told = { births: 0, ends: 0 };
        events.drain({
          leaving: () => {},
          forked: () => told.births++,
          threadStarted: () => {},
          executed: () => {},
          exited: () => told.ends++,
          accounted: () => {},
        });
        const lost = events.lostCount();
        // A birth, an execution and an end of each of 500, and accounts where there are any.
        assert.ok(told.births < 500, `${told.births} fitted into a small buffer`);
        assert.ok(lost + told.births + told.ends >= 1_000, `${lost} lost`);
        spawnSync("/bin/true");
        const before = table.totalCount;
        drainAll(events, table);
        assert.ok(table.totalCount > before, "nothing is told after a loss");
      });
    },
  );
});
