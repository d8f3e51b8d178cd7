import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { SampleRecord } from "../../../core/schema/record.ts";
import { fixture } from "../../support/fixture.ts";
import { eventually } from "../../support/eventually.ts";
import { withDirectory } from "../support/directory.ts";
import { start } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";

const FAST = ["--interval", "50ms", "--no-adaptive", "--budget", "50"];

/** The node binary is needed by one fixture; it is there wherever npm is. */
const last = (samples: readonly SampleRecord[]): SampleRecord => {
  assert.ok(samples.length > 0, "no samples");
  return samples[samples.length - 1];
};

describe("--per-process", () => {
  test("gives a row for every process, with its parent", { timeout: 120_000 }, async () => {
    const { samples, stdout, start } = await recorded([...FAST, "--per-process"], [
      fixture("fork_tree"),
      "2",
      "2",
      "8",
    ]);
    const { pids, parents } = JSON.parse(stdout.toString().split("\n")[0]) as {
      pids: number[];
      parents: Record<string, number>;
    };
    // In the midst of execve, and about to exit, a process has no command line.
    const full = samples.find(({ processes }) =>
      processes?.length === pids.length && processes.every(({ command }) => command)
    );
    assert.ok(full, "no sample with all processes alive");
    assert.equal(full.process_count, pids.length);
    assert.deepEqual(full.processes!.map(({ pid }) => pid).sort(), [...pids].sort());
    for (const row of full.processes!) {
      if (row.pid !== start.pid) assert.equal(row.parent_pid, parents[row.pid]);
      assert.match(row.command ?? "", /fork_tree 2 2 8/);
      assert.equal(row.threads, undefined);
      assert.ok(row.memory_bytes! > 0);
      assert.ok(Math.abs(Date.parse(row.start_time) - Date.parse(full.timestamp)) < 5_000);
    }
  });

  test("rows have the same metrics as the sample", { timeout: 120_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], ["sleep", "2"]);
    // In the very last one it may have ended.
    const sample = last(samples.filter(({ processes }) => processes!.length > 0));
    const metrics = (record: object) =>
      Object.keys(record).filter((key) => /_(bytes|percent|count|seconds|faults|switches)$/.test(key));
    const own = ["elapsed_seconds", "interval_seconds", "process_count"];
    assert.deepEqual(
      metrics(sample.processes![0]).sort(),
      metrics(sample).filter((key) => !own.includes(key)).sort(),
    );
  });

  test("the rows add up to the sample", { timeout: 120_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], [fixture("fork_tree"), "1", "4", "3"]);
    for (const { processes, thread_count, file_descriptor_count } of samples) {
      const sum = (key: "thread_count" | "file_descriptor_count") =>
        processes!.reduce((total, row) => total + (row[key] ?? 0), 0);
      assert.equal(sum("thread_count"), thread_count);
      // A busy machine has no time for all of them at each sample: then the sum is not known.
      if (file_descriptor_count !== null) assert.equal(sum("file_descriptor_count"), file_descriptor_count);
    }
    assert.ok(samples.some(({ file_descriptor_count }) => file_descriptor_count !== null));
  });

  test("without it samples have no rows", { timeout: 120_000 }, async () => {
    const { samples } = await recorded(FAST, ["sleep", "2"]);
    assert.equal(last(samples).processes, undefined);
  });

  test("a name with spaces, parentheses and line breaks is kept", { timeout: 120_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], [
      "sh",
      "-c",
      `sleep 3 | "$0"`,
      fixture("odd_name"),
    ]);
    const names = samples.flatMap(({ processes }) => processes!.map(({ name }) => name));
    assert.ok(names.includes("a) (b c"), names.join());
  });
});

describe("threads and zombies", () => {
  test("eight busy threads are one process", { timeout: 120_000 }, async () => {
    const { samples, summary, stdout } = await recorded(
      [...FAST, "--threads"],
      ["node", fixture("busy_threads.mjs"), "8", "0.5"],
    );
    const { cpu_seconds } = JSON.parse(stdout.toString());
    assert.equal(summary.peak_process_count, 1);
    assert.equal(summary.total_process_count, 1);
    assert.ok(summary.peak_thread_count! >= 8, `${summary.peak_thread_count}`);
    assert.ok(
      Math.abs(summary.cpu_seconds! - cpu_seconds) <= 0.02 * cpu_seconds + 0.02,
      `${summary.cpu_seconds}, ${cpu_seconds}`,
    );
    // Threads that begin or end while a sample is taken may be in one of the two only.
    const sample = samples.find(({ thread_count, processes }) =>
      thread_count! >= 9 && processes![0].threads!.length === thread_count
    );
    assert.ok(sample, "no sample with all threads");
    const [row] = sample.processes!;
    assert.ok(row.threads!.some(({ thread_id }) => thread_id === row.pid), "the main thread is missing");
    const busy = samples.flatMap(({ processes }) => processes!.flatMap((process) => process.threads!))
      .filter((thread) => thread.cpu_seconds! > 0.02);
    assert.ok(new Set(busy.map(({ thread_id }) => thread_id)).size >= 8, "threads without their CPU");
  });

  test("zombies count as processes without memory", { timeout: 120_000 }, async () => {
    const { samples, pids } = await withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      const args = ["run", "--quiet", "--records", file, ...FAST, "--per-process"];
      const run = start([...args, "--", fixture("zombie_maker"), "5"], { input: "open" });
      const { pids } = await run.ready<{ pids: number[] }>();
      const { length } = readFileSync(file);
      // The first that comes may have been begun before they were all there; the second has them.
      await eventually(() => readFileSync(file).subarray(length).toString().split("\n").length > 3);
      run.closeInput();
      await run.ended;
      return { ...parseStream(readFileSync(file, "utf8")), pids };
    });
    assert.equal(pids.length, 5);
    // In an earlier one they may be on their way to their ends.
    const rows = samples.map(({ processes }) => processes!.filter(({ pid }) => pids.includes(pid)))
      .findLast(({ length }) => length === 5);
    assert.ok(rows, "no rows of zombies");
    for (const { memory_bytes } of rows) assert.ok(!memory_bytes, `${memory_bytes}`);
    assert.ok(samples.some(({ process_count }) => process_count >= 6), "zombies are not counted");
  });
});
