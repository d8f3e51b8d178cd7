/*
 * Runs whose members are told by events of the kernel: they come to the same as those whose members are searched for,
 * and to what the programs know of themselves.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { run } from "../../../mod.ts";
import type { ProctorRecord, RunOptions, SampleRecord, SummaryRecord } from "../../../mod.ts";
import { openProcessEvents } from "../../../platform/mod.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { assertGone } from "../../cli/support/traces.ts";
import { eventually } from "../../support/eventually.ts";
import { assertBothSeen } from "../../support/both_seen.ts";
import { fixture } from "../../support/fixture.ts";
import { noCgroup } from "../../support/linux.ts";

const opened = await openProcessEvents();
const noEvents = "drain" in opened ? false : opened.reason;
if ("drain" in opened) opened.close();

interface Outcome {
  readonly summary: SummaryRecord;
  readonly samples: readonly SampleRecord[];
  readonly output: string;
}

/** Run with the output in a file. */
function watched(command: readonly string[], options: Partial<RunOptions>): Promise<Outcome> {
  return withDirectory(async (directory) => {
    const file = join(directory, "output");
    const descriptor = openSync(file, "w");
    const input = openSync("/dev/null", "r");
    const samples: SampleRecord[] = [];
    try {
      const summary = await run([...command], {
        stdio: [input, descriptor, 2],
        ...options,
        onRecord: (record) => {
          if (record.kind === "sample") samples.push(structuredClone(record));
          options.onRecord?.(record);
        },
      });
      return { summary, samples, output: readFileSync(file, "utf8") };
    } finally {
      closeSync(descriptor);
      closeSync(input);
    }
  });
}

const CLOSELY: Partial<RunOptions> = { baseIntervalMs: 10, adaptive: false, budgetPercent: 100 };
/** A search when events begin to tell, those at the end of a run, and one every five seconds. */
const searchesAtMost = ({ wall_seconds }: SummaryRecord) => 8 + wall_seconds / 5;

const RUNGS: readonly (readonly [string, Partial<RunOptions>, string | false])[] = [
  ["the cgroup", {}, noEvents || noCgroup],
  ["the subreaper", { mechanism: "subreaper" }, noEvents],
];

for (const [title, rung, skip] of RUNGS) {
  describe(`on ${title}`, () => {
    test("births and deaths come to what they were, told or searched for", {
      skip,
      timeout: 120_000,
    }, async () => {
      const [count, parallel] = [300, 4];
      const storm = [fixture("storm"), `${count}`, "0.003", `${parallel}`];
      for (const processes of [true, false]) {
        const { summary, output } = await watched(storm, { ...CLOSELY, ...rung, processes });
        const { children, self } = JSON.parse(output);
        const truth = children.cpu_seconds + self.cpu_seconds;
        const cpu = summary.cpu_seconds!;
        // Its own end is not in what it says.
        assert.ok(cpu > 0.99 * truth && cpu < 1.01 * truth + 0.05, `${cpu} of ${truth}`);
        assert.equal(summary.leftover_process_count, 0);
        assert.equal(summary.monitor.discovery, processes ? "events" : "search");
        if (!processes) continue;
        assert.deepEqual([summary.total_process_count, summary.accounting.processes.quality], [
          count + 1,
          "exact",
        ]);
        assert.ok(summary.peak_process_count >= 2 && summary.peak_process_count <= parallel + 1);
        const searches = summary.monitor.search_count!;
        assert.ok(
          searches <= searchesAtMost(summary),
          `${searches} searches, ${summary.sample_count} samples`,
        );
      }
    });

    test("of whom searches would have seen, samples see as many", { skip, timeout: 120_000 }, async () => {
      const tree = ["sh", "-c", `${fixture("fork_tree")} 2 3 1 >/dev/null; (sleep 0.5 &); sleep 1`];
      // The shell and thirteen; then the shell, an orphan and another.
      const most = 14;
      for (const processes of [true, false]) {
        const { samples, summary } = await watched(tree, { ...CLOSELY, ...rung, processes });
        assert.equal(Math.max(...samples.map(({ process_count }) => process_count)), most);
        assert.equal(summary.peak_process_count, most);
        const late = samples.slice(samples.findLastIndex(({ process_count }) => process_count === most) + 1);
        assert.ok(late.some(({ process_count }) => process_count === 3));
      }
    });

    test("nobody is searched for while somebody computes", { skip, timeout: 120_000 }, async () => {
      const { summary } = await watched([fixture("burn_cpu"), "1"], { ...CLOSELY, ...rung, processes: true });
      const { discovery, search_count } = summary.monitor;
      assert.equal(discovery, "events");
      assert.ok(search_count! <= searchesAtMost(summary), `${search_count} searches`);
      assert.ok(summary.sample_count > 3 * searchesAtMost(summary), `${summary.sample_count} samples`);
    });
  });
}

describe("a run that is told by events", () => {
  test("sees who is moved into its cgroup, and what that one starts", {
    skip: noEvents || noCgroup,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const stop = new AbortController();
      let last: SampleRecord | undefined;
      const started = Promise.withResolvers<number>();
      const onRecord = (record: ProctorRecord) => {
        if (record.kind === "start") started.resolve(record.pid!);
        if (record.kind === "sample") last = structuredClone(record);
      };
      const stranger = startStranger(directory);
      const outcome = watched(["sleep", "100"], {
        baseIntervalMs: 50,
        maxIntervalMs: 200,
        processes: true,
        abort: stop.signal,
        onRecord,
      });
      try {
        const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${await started.promise}/cgroup`, "utf8"))![1];
        await eventually(() => last?.process_count === 1);
        writeFileSync(join(v2Mount(), path, "cgroup.procs"), `${stranger}`);
        await eventually(() => last?.process_count === 2, 60_000);
        writeFileSync(join(directory, "go"), "");
        await eventually(() => last?.process_count === 3, 60_000);
      } finally {
        stop.abort();
      }
      const { summary } = await outcome;
      assertGone([stranger]);
      assert.equal(summary.leftover_process_count, 0);
      assert.equal(summary.monitor.discovery, "events");
      assert.ok(summary.monitor.search_count! >= 2);
    });
  });

  test("looks at once when a process comes, though it had looked long ago", {
    skip: noEvents,
    timeout: 120_000,
  }, async () => {
    const { samples, summary } = await watched(["sh", "-c", "sleep 4; sleep 3; sleep 3; true"], {
      baseIntervalMs: 50,
      maxIntervalMs: 60_000,
      processes: true,
    });
    assertBothSeen(samples, summary.wall_seconds);
  });

  test("does not look more often than its shortest interval, however much is forked", {
    skip: noEvents,
    timeout: 120_000,
  }, async () => {
    const loop = "i=0; while [ $i -lt 2000 ]; do ( : ); i=$((i+1)); done";
    const { summary } = await watched(["sh", "-c", loop], {
      baseIntervalMs: 200,
      maxIntervalMs: 1_000,
      processes: true,
    });
    const { sample_count, wall_seconds, monitor } = summary;
    assert.equal(summary.total_process_count, 2_001);
    assert.ok(sample_count <= wall_seconds / 0.2 + 1, `${sample_count} samples in ${wall_seconds} s`);
    // Events are taken every 20 ms at most, and with each tick.
    assert.ok(
      monitor.wake_up_count! <= wall_seconds / 0.02 + monitor.tick_count! + 20,
      `${monitor.wake_up_count} wake-ups in ${wall_seconds} s`,
    );
  });
});

/** A process that is nobody's child of ours; it has one of its own when there is a file `go` in the directory. */
function startStranger(directory: string): number {
  const script = "select undef, undef, undef, 0.02 until -e $ARGV[0]; fork; sleep 100";
  const line = 'perl -e "$0" "$1/go" >/dev/null 2>&1 & echo $!';
  const { stdout } = spawnSync("/bin/sh", ["-c", line, script, directory]);
  return Number(stdout.toString());
}

function v2Mount(): string {
  const line = readFileSync("/proc/self/mountinfo", "utf8").split("\n").find((one) =>
    / - cgroup2 /.test(one)
  );
  return line!.split(" ")[4];
}
