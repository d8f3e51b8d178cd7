import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Accounting, SummaryRecord } from "../../../core/schema/record.ts";
import { report } from "../../../render/text/report.ts";

const exact = { source: "cgroup", quality: "exact" } as const;
const none = { source: "none", quality: "unavailable" } as const;
const ACCOUNTING: Accounting = {
  cpu: exact,
  memory: exact,
  peak_memory: { source: "proc", quality: "upper_bound" },
  disk: { source: "ledger", quality: "lower_bound" },
  io: exact,
  network: none,
  faults: exact,
  context_switches: exact,
  threads: exact,
  file_descriptors: exact,
  processes: exact,
};
const SUMMARY: SummaryRecord = {
  kind: "summary",
  timestamp: "2026-01-02T03:04:05.678Z",
  outcome: "exited",
  exit_code: 0,
  signal: null,
  wall_seconds: 75.5,
  cpu_seconds: 100,
  cpu_user_seconds: 90,
  cpu_system_seconds: 10,
  avg_cpu_percent: 132.45,
  max_cpu_percent: 200,
  avg_cpu_cores: 1.3245,
  peak_memory_bytes: 1_610_612_736,
  avg_memory_bytes: 1_048_576,
  disk_read_bytes: null,
  disk_write_bytes: null,
  io_read_bytes: 1_024,
  io_write_bytes: 0,
  minor_faults: 1_234_567,
  major_faults: 0,
  voluntary_context_switches: 5,
  involuntary_context_switches: 6,
  peak_process_count: 4,
  peak_thread_count: 9,
  total_process_count: 12,
  leftover_process_count: 0,
  oom_kill_count: null,
  memory_limit_hit_count: null,
  process_limit_hit_count: null,
  cpu_throttled_seconds: null,
  sample_count: 10,
  missed_tick_count: 1,
  cpu_seconds_sampled: 99,
  accounting: ACCOUNTING,
  monitor: { cpu_seconds: 0.25, cpu_percent: 0.33, memory_bytes: 52_428_800 },
};

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

describe("the report", () => {
  test("says the figures in units for people", () => {
    const text = report(SUMMARY, "make -j4", false);
    for (
      const part of ["1m 15.5s", "1.5 GiB", "1,234,567", "132%", "12", "exit code 0", "make -j4", "1 missed"]
    ) {
      assert.ok(text.includes(part), `${part} is not in\n${text}`);
    }
  });

  test("tells what it waited for where that is much, and ends with the one cause there is", () => {
    const waiting = {
      verdict: "waited_for_disk",
      available_cores: 2,
      pressure_scope: "group",
      cpu_some_seconds: 5.5,
      cpu_full_seconds: 0,
      memory_some_seconds: 0.2,
      memory_full_seconds: 0,
      io_some_seconds: 60,
      io_full_seconds: 45,
      run_queue_seconds: 5,
      block_io_seconds: null,
      throttled_seconds: null,
      throttled_period_count: null,
      quota_cores: null,
      steal_seconds: 0,
    } as const;
    const lines = (change: Partial<typeof waiting> | { verdict: null; pressure_scope: "machine" }) =>
      report({ ...SUMMARY, waiting: { ...waiting, ...change } }, "make", false).trimEnd().split("\n");
    assert.match(lines({}).join("\n"), /\n {2}waiting {2,}1m {2}some of it for disk, 5\.50s for CPU\n/);
    assert.equal(
      lines({}).at(-1),
      "  waited 45.00s for disk: out of 1m 15.5s; it used 1.32 of 2 cores on average",
    );
    const silent = lines({ verdict: null, pressure_scope: "machine" }).join("\n");
    assert.equal(silent, report(SUMMARY, "make", false).trimEnd());
  });

  test("says which limits were reached, and nothing where none was", () => {
    assert.doesNotMatch(report(SUMMARY, "make", false), /limits/);
    const text = report(
      {
        ...SUMMARY,
        outcome: "oom_killed",
        exit_code: null,
        signal: "SIGKILL",
        oom_kill_count: 1,
        memory_limit_hit_count: 34,
        process_limit_hit_count: 0,
        cpu_throttled_seconds: 1.5,
      },
      "make",
      false,
    );
    assert.match(text, /^proctor {2}make {2}out of memory, ended by SIGKILL\n/);
    assert.match(
      text,
      /^ {2}limits +reached {2}memory 34 times, 1 process killed for it, waited\n {28}1\.50s for CPU$/m,
    );
  });

  test("tells what processes held from what the kernel counts for a cgroup", () => {
    const peak_memory = { source: "cgroup", quality: "exact" } as const;
    const counted = {
      ...SUMMARY,
      peak_resident_bytes: 4_194_304,
      accounting: { ...ACCOUNTING, peak_memory },
    };
    assert.match(
      report(counted, "make", false).replaceAll(/\n {28}/g, " "),
      /memory peak +1\.5 GiB.*cached.*held at most 4 MiB/,
    );
  });

  test("marks what is not exact, and shows the unknown as such", () => {
    const text = report(SUMMARY, "make", false);
    assert.match(text, /memory peak.*at most/);
    assert.match(text, /disk +–.*at least/);
    assert.doesNotMatch(text, /NaN|undefined|null/);
  });

  test("leaves out what was not collected", () => {
    const { cpu_seconds: _cpu, disk_read_bytes: _disk, peak_memory_bytes: _peak, ...rest } = SUMMARY;
    const text = report(rest, "make", false);
    assert.doesNotMatch(text, /^ +CPU/m);
    assert.doesNotMatch(text, /^ +disk/m);
    assert.doesNotMatch(text, /^ +memory/m);
    assert.match(text, /^ +wall/m);
  });

  test("tells every outcome", () => {
    const headline = (change: Partial<SummaryRecord>) =>
      report({ ...SUMMARY, ...change }, "c", false).split("\n")[0];
    assert.match(headline({ exit_code: 3 }), /exit code 3$/);
    assert.match(headline({ outcome: "signaled", exit_code: null, signal: "SIGSEGV" }), /ended by SIGSEGV$/);
    assert.match(
      headline({ outcome: "timed_out", exit_code: null, signal: "SIGKILL" }),
      /timed out, ended by SIGKILL$/,
    );
    assert.match(headline({ outcome: "interrupted", exit_code: 3 }), /interrupted, exit code 3$/);
    assert.match(headline({ outcome: "interrupted", exit_code: null }), /still running$/);
    assert.match(headline({ outcome: "failed_to_start", exit_code: null }), /could not be started$/);
  });

  test("says when something was left running", () => {
    assert.match(report({ ...SUMMARY, leftover_process_count: 3 }, "c", false), /3 [^\n]*(left|still)/);
  });

  test("has escapes for colours only when they are welcome", () => {
    assert.ok(report(SUMMARY, "make", true).includes("\x1b["));
    assert.doesNotMatch(report(SUMMARY, "make", false), CONTROL);
  });

  test("lets no control character of a command through, and stays short", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (command) => {
      const text = report(SUMMARY, command, false);
      assert.doesNotMatch(text, CONTROL);
      assert.equal(text.split("\n").length, report(SUMMARY, "make", false).split("\n").length);
      assert.ok([...text.split("\n")[0]].length < 160);
      assert.ok(text.isWellFormed(), "half a character");
    }));
  });
});

test("what ran between samples is a line of its own, and the one to notice", () => {
  const missed = { ...SUMMARY, cpu_seconds: 41.1, cpu_seconds_sampled: 25.7 };
  assert.match(
    report(missed, "make", false),
    /^ {4}sampled +25\.70s {2}seen by sampling; 15\.40s \(37%\) ran between samples$/m,
  );
  assert.ok(report(missed, "make", true).includes("\x1b[1;33mseen by sampling; 15.40s (37%)"));
  assert.doesNotMatch(report(SUMMARY, "make", false), /ran between samples/, "a hundredth is no news");
});

test("a summary fits 80 columns, however much there is to say", () => {
  const note = "the cgroup was gone before its last reading, so that what it had counted since is missing";
  const waiting = {
    verdict: "mostly_idle",
    available_cores: 2,
    pressure_scope: "group",
    cpu_some_seconds: 50,
    cpu_full_seconds: 0,
    memory_some_seconds: 40,
    memory_full_seconds: 0,
    io_some_seconds: 60,
    io_full_seconds: 45,
    run_queue_seconds: 5,
    block_io_seconds: null,
    throttled_seconds: null,
    throttled_period_count: null,
    quota_cores: null,
    steal_seconds: 0,
  } as const;
  const full: SummaryRecord = {
    ...SUMMARY,
    cpu_seconds: 410_000,
    cpu_user_seconds: 359_999,
    cpu_system_seconds: 50_001,
    avg_cpu_percent: 12_345.67,
    peak_process_memory_bytes: 1_234_567_890,
    peak_resident_bytes: 1_234_567_890,
    disk_read_bytes: 1_234_567_890,
    disk_write_bytes: 1_234_567_890,
    disk_cancelled_write_bytes: 1_234_567_890,
    voluntary_context_switches: 1_234_567_890,
    oom_kill_count: 12,
    memory_limit_hit_count: 34,
    process_limit_hit_count: 56,
    cpu_throttled_seconds: 4_567,
    waiting,
    accounting: {
      ...ACCOUNTING,
      cpu: { source: "cgroup", quality: "lower_bound", note },
      peak_memory: { source: "cgroup", quality: "upper_bound" },
    },
    monitor: { ...SUMMARY.monitor, sampling_percent: 4.56 },
  };
  const lines = report(full, "make -j4", false).trimEnd().split("\n");
  for (const line of lines) assert.ok([...line].length <= 80, line);
  const said = lines.map((line) => line.trim()).join(" ");
  for (const part of [note, "it used 54", "another process", "--budget bounds it", "held at most 1.15 GiB"]) {
    assert.ok(said.includes(part), `${part} is not in\n${lines.join("\n")}`);
  }
  // deno-lint-ignore no-control-regex
  const plain = report(full, "make -j4", true).replaceAll(/\x1b\[[\d;]*m/g, "");
  assert.equal(plain, report(full, "make -j4", false), "colours change no line");
});
