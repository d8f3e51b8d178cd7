/* Reads records back, and holds every stream of them against what the format promises. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { recordSchema } from "../../../core/schema/record.ts";
import type {
  ProcessRecord,
  ProctorRecord,
  SampleRecord,
  StartRecord,
  SummaryRecord,
} from "../../../core/schema/record.ts";
import { proctor } from "./proctor.ts";
import type { Outcome, StartOptions } from "./proctor.ts";
import { withDirectory } from "./directory.ts";

/** The records of one run, in order and by kind. */
export interface Stream {
  readonly all: ProctorRecord[];
  readonly start: StartRecord;
  readonly samples: SampleRecord[];
  readonly processes: ProcessRecord[];
  readonly summary: SummaryRecord;
}

/** Metrics that only ever grow within a run. */
const CUMULATIVE = [
  "cpu_seconds",
  "disk_read_bytes",
  "disk_write_bytes",
  "disk_cancelled_write_bytes",
  "io_read_bytes",
  "io_write_bytes",
  "minor_faults",
  "major_faults",
  "voluntary_context_switches",
  "involuntary_context_switches",
] as const;

/** Parse JSON lines; every promise that holds for any stream is asserted. */
export function parseStream(text: string): Stream {
  assert.ok(text.endsWith("\n"), "the last record is cut off");
  return checkStream(text.trimEnd().split("\n").map((line) => JSON.parse(line)));
}

/** Hold records against the schema, the order of kinds, and the growth of cumulative values. */
export function checkStream(values: unknown[]): Stream {
  const all = values.map((value, index) => {
    const result = recordSchema.safeParse(value);
    assert.ok(result.success, `record ${index} breaks the schema: ${result.error}\n${JSON.stringify(value)}`);
    // What the schema does not know would be stripped by it: nothing may be.
    assert.deepEqual(result.data, value, `record ${index} has keys that the schema does not know`);
    return result.data;
  });
  const kinds = all.map(({ kind }) => kind);
  assert.equal(kinds[0], "start");
  assert.equal(kinds.at(-1), "summary");
  assert.equal(kinds.lastIndexOf("start"), 0, "a second start record");
  assert.equal(kinds.indexOf("summary"), kinds.length - 1, "records after the summary");
  const of = <K extends ProctorRecord["kind"]>(kind: K) =>
    all.filter((record) => record.kind === kind) as Extract<ProctorRecord, { kind: K }>[];
  const samples = of("sample");
  const summary = of("summary")[0];
  assert.equal(summary.sample_count, samples.length, "sample_count");
  checkGrowth([...samples, summary]);
  return { all, start: of("start")[0], samples, processes: of("process"), summary };
}

function checkGrowth(records: readonly (SampleRecord | SummaryRecord)[]): void {
  for (const name of CUMULATIVE) {
    let before = 0;
    for (const record of records) {
      const value = record[name];
      if (value === undefined || value === null) continue;
      assert.ok(value >= before, `${name} fell from ${before} to ${value}`);
      before = value;
    }
  }
  const stamps = records.map(({ timestamp }) => timestamp);
  assert.deepEqual(stamps, [...stamps].sort(), "timestamps go backwards");
}

/** Run proctor with its records in a file of its own, and read them back. */
export function recorded(
  args: readonly string[],
  command: readonly string[],
  options: StartOptions = {},
): Promise<Outcome & Stream> {
  return withDirectory(async (directory) => {
    const file = `${directory}/records.jsonl`;
    const outcome = await proctor(["run", "--quiet", "--records", file, ...args, "--", ...command], options);
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
  });
}
