import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type {
  DearProcess,
  ProcessTableRecord,
  ProgramRow,
} from "../../../core/schema/process_table_schema.ts";
import { processTable } from "../../../render/text/process_table.ts";

const NOTHING = {
  disk_read_bytes: null,
  disk_write_bytes: null,
  io_read_bytes: null,
  io_write_bytes: null,
  minor_faults: null,
  major_faults: null,
  voluntary_context_switches: null,
  involuntary_context_switches: null,
};

const program = (name: string | null, more: Partial<ProgramRow> = {}): ProgramRow => ({
  name,
  executable: null,
  process_count: 1,
  fork_only_count: 0,
  failed_count: 0,
  unaccounted_count: 0,
  cpu_share_percent: 50,
  longest_seconds: 2,
  cpu_seconds: 1,
  peak_memory_bytes: 1_024,
  ...NOTHING,
  ...more,
});

const dear = (command: string | null, more: Partial<DearProcess> = {}): DearProcess => ({
  pid: 123,
  parent_pid: 1,
  start_time: null,
  start_ns: null,
  end_ns: null,
  name: "cc1",
  executable: null,
  command,
  exit_code: 0,
  signal: null,
  wall_seconds: 2,
  cpu_seconds: 1,
  peak_memory_bytes: 1_024,
  ...NOTHING,
  ...more,
});

const table = (more: Partial<ProcessTableRecord> = {}): ProcessTableRecord => ({
  source: "connector, taskstats",
  quality: "exact",
  process_count: 2_003,
  lost_event_count: 0,
  cpu_quality: "sampled",
  by_executable: [program("cc1", { process_count: 2_000 }), program("sh")],
  other_executables: null,
  dearest: [dear("cc1 a.c"), dear(null, { cpu_seconds: null, peak_memory_bytes: null })],
  critical_path: null,
  parallelism: null,
  ...more,
});

describe("the table of processes", () => {
  test("says what the tree waited for, and how many were at work", () => {
    const row = (name: string | null, wall_seconds: number) => ({
      name,
      process_count: 1_000,
      wall_seconds,
      share_percent: wall_seconds * 5,
    });
    const text = processTable(
      table({
        cpu_quality: "exact",
        critical_path: {
          wall_seconds: 20,
          by_executable: [
            row("cc1", 10),
            row("l\x1bd", 4),
            ...["a", "b", "c", "d", null].map((name) => row(name, 1)),
          ],
          longest: [],
        },
        parallelism: {
          mean: 1.5,
          peak: 3,
          alone_seconds: 17,
          interval_seconds: 5,
          over_time: [1, 3, 1.5, 0.5],
        },
      }),
      false,
    );
    assert.match(text, /executable {2}all 2,003 processes; CPU of each exact\n/);
    assert.match(text, /\n {2}dearest processes\n/);
    assert.equal(
      text.slice(text.indexOf("\n  critical")),
      `
  critical path  which processes set the wall time of 20.00s
    wall  share  number  executable
  10.00s  50.0%   1,000  cc1
   4.00s  20.0%   1,000  l\\x1bd
   1.00s  5.00%   1,000  a
   1.00s  5.00%   1,000  b
   1.00s  5.00%   1,000  c
   2.00s  10.0%   2,000  (2 others)

  at work  1.5 on average, 3 at most, one alone for 17.00s
  ▃█▅▂  5.00s each
`,
    );
  });

  test("stands in columns, what is unknown as such", () => {
    assert.equal(
      processTable(table(), false),
      `
  by executable  all 2,003 processes; CPU shared out by ticks
    CPU  share  number   peak  longest  executable
  1.00s  50.0%   2,000  1 KiB    2.00s  cc1
  1.00s  50.0%       1  1 KiB    2.00s  sh

  dearest processes  CPU at least: the last tick of a process is not in it
    CPU  lived   peak  PID  command
  1.00s  2.00s  1 KiB  123  cc1 a.c
      –  2.00s      –  123  [cc1]
`,
    );
  });

  test("says what is missing", () => {
    const lost = { quality: "lower_bound", lost_event_count: 9, note: "9 events came too fast" } as const;
    const text = processTable(table({ ...lost, cpu_quality: "lower_bound" }), false);
    assert.match(
      text,
      /at least 2,003 processes; CPU at least\n {2}some are missing: 9 events came too fast\n/,
    );
  });

  test("puts many programs into one row, whose figures are theirs", () => {
    const many = Array.from({ length: 40 }, (_, index) => program(`p${index}`));
    const text = processTable(table({ by_executable: many }), false);
    assert.match(text, /p14\n/);
    assert.doesNotMatch(text, /p15/);
    assert.match(text, / 25\.00s +1250% +25 +1 KiB +2\.00s +\(25 others\)\n/);
  });

  test("property: no line is wider than 80 columns, nor writes to the terminal, whatever names say", () => {
    const words = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(fc.property(words, words, (name, command) => {
      const text = processTable(table({ by_executable: [program(name)], dearest: [dear(command)] }), false);
      for (const line of text.split("\n")) {
        assert.ok(line.length <= 80 && !/\p{Cc}/u.test(line), line);
      }
    }));
  });
});
