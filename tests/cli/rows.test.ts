import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SampleRecord } from "../../core/record.ts";
import { fixture } from "../support/fixture.ts";
import { recorded } from "./support/records.ts";

const FAST = ["--interval", "50ms", "--no-adaptive", "--budget", "50"];

/** The node binary is needed by one fixture; it is there wherever npm is. */
const last = (samples: readonly SampleRecord[]): SampleRecord => {
  assert.ok(samples.length > 0, "no samples");
  return samples[samples.length - 1];
};

describe("--per-process", () => {
  test("gives a row for every process, with its parent", { timeout: 30_000 }, async () => {
    const { samples, stdout, start } = await recorded([...FAST, "--per-process"], [
      fixture("fork_tree"),
      "2",
      "2",
      "0.6",
    ]);
    const { pids, parents } = JSON.parse(stdout.toString().split("\n")[0]) as {
      pids: number[];
      parents: Record<string, number>;
    };
    const full = samples.find(({ processes }) => processes?.length === pids.length);
    assert.ok(full, "no sample with all processes");
    assert.equal(full.process_count, pids.length);
    assert.deepEqual(full.processes!.map(({ pid }) => pid).sort(), [...pids].sort());
    for (const row of full.processes!) {
      if (row.pid !== start.pid) assert.equal(row.parent_pid, parents[row.pid]);
      assert.match(row.command ?? "", /fork_tree 2 2 0\.6/);
      assert.equal(row.threads, undefined);
      assert.ok(row.memory_bytes! > 0);
      assert.ok(Math.abs(Date.parse(row.start_time) - Date.parse(full.timestamp)) < 5_000);
    }
  });

  test("rows have the same metrics as the sample", { timeout: 30_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], ["sleep", "0.3"]);
    const sample = last(samples);
    const metrics = (record: object) =>
      Object.keys(record).filter((key) => /_(bytes|percent|count|seconds|faults|switches)$/.test(key));
    const own = ["elapsed_seconds", "interval_seconds", "process_count"];
    assert.deepEqual(
      metrics(sample.processes![0]).sort(),
      metrics(sample).filter((key) => !own.includes(key)).sort(),
    );
  });

  test("the rows add up to the sample", { timeout: 30_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], [fixture("fork_tree"), "1", "4", "0.5"]);
    for (const { processes, thread_count, file_descriptor_count } of samples) {
      const sum = (key: "thread_count" | "file_descriptor_count") =>
        processes!.reduce((total, row) => total + (row[key] ?? 0), 0);
      assert.equal(sum("thread_count"), thread_count);
      assert.equal(sum("file_descriptor_count"), file_descriptor_count);
    }
  });

  test("without it samples have no rows", { timeout: 30_000 }, async () => {
    const { samples } = await recorded(FAST, ["sleep", "0.3"]);
    assert.equal(last(samples).processes, undefined);
  });

  test("a name with spaces, parentheses and line breaks is kept", { timeout: 30_000 }, async () => {
    const { samples } = await recorded([...FAST, "--per-process"], [
      "sh",
      "-c",
      `sleep 0.4 | "$0"`,
      fixture("odd_name"),
    ]);
    const names = samples.flatMap(({ processes }) => processes!.map(({ name }) => name));
    assert.ok(names.includes("a) (b c"), names.join());
  });
});

describe("threads and zombies", () => {
  test("eight busy threads are one process", { timeout: 30_000 }, async () => {
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

  test("zombies count as processes without memory", { timeout: 30_000 }, async () => {
    const { samples, stdout } = await recorded(
      [...FAST, "--per-process"],
      ["sh", "-c", `sleep 0.5 | "$0" 5`, fixture("zombie_maker")],
    );
    const { pids } = JSON.parse(stdout.toString().split("\n")[0]) as { pids: number[] };
    assert.equal(pids.length, 5);
    const rows = last(samples).processes!.filter(({ pid }) => pids.includes(pid));
    assert.equal(rows.length, 5, "rows of zombies");
    for (const { memory_bytes } of rows) assert.ok(!memory_bytes, `${memory_bytes}`);
    assert.ok(samples.some(({ process_count }) => process_count >= 6), "zombies are not counted");
  });
});
