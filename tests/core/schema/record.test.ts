import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { profiles } from "../../../core/measure/profile.ts";
import { recordJsonSchema, recordSchema } from "../../../core/schema/record.ts";
import { RECORD_SCHEMA } from "../../../core/schema/version.ts";

const exact = { source: "cgroup", quality: "exact" };
const accounting = {
  cpu: exact,
  memory: { source: "proc", quality: "upper_bound" },
  peak_memory: { source: "samples", quality: "sampled" },
  disk: exact,
  io: { source: "proc", quality: "lower_bound" },
  network: { source: "none", quality: "unavailable" },
  faults: exact,
  context_switches: exact,
  threads: exact,
  file_descriptors: exact,
  processes: exact,
};
const timestamp = "2025-01-15T10:30:00.000Z";

const start = {
  kind: "start",
  schema: RECORD_SCHEMA,
  command: ["sleep", "1"],
  pid: 42,
  timestamp,
  profile: profiles.adaptive,
  containment: { mechanism: "subreaper", reason: "the kernel has no cgroup v2" },
  capabilities: accounting,
  environment: {
    host_name: "host",
    kernel: "Linux 6.1",
    cpu_model: null,
    online_cpu_count: 2,
    cpu_quota_cores: null,
    memory_total_bytes: 2 ** 33,
    memory_limit_bytes: null,
  },
};
const sample = {
  kind: "sample",
  timestamp,
  elapsed_seconds: 0.1,
  interval_seconds: 0.1,
  uptime_seconds: 0.11,
  process_count: 1,
};
const processRecord = {
  kind: "process",
  timestamp,
  pid: 43,
  parent_pid: 42,
  start_time: timestamp,
  name: "a) (b c",
  command: null,
  uptime_seconds: 1,
  elapsed_seconds: 1,
  exit_code: null,
  signal: "SIGKILL",
  cpu_seconds: 0.25,
  peak_memory_bytes: null,
  quality: "lower_bound",
};
const summary = {
  kind: "summary",
  timestamp,
  outcome: "exited",
  exit_code: 0,
  signal: null,
  wall_seconds: 1,
  cpu_seconds: 0.5,
  network_rx_bytes: null,
  peak_process_count: 1,
  total_process_count: 1,
  leftover_process_count: 0,
  oom_kill_count: null,
  memory_limit_hit_count: null,
  process_limit_hit_count: 0,
  cpu_throttled_seconds: 0.5,
  sample_count: 3,
  missed_tick_count: 0,
  accounting,
  monitor: { cpu_seconds: 0.01, cpu_percent: 1, memory_bytes: null },
};

const faults = (record: unknown) => {
  const result = recordSchema.safeParse(record);
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join("."));
};

describe("every kind of record is valid, and comes back as it went in", () => {
  test("start", () => assert.deepEqual(recordSchema.parse(start), start));
  test("sample", () => assert.deepEqual(recordSchema.parse(sample), sample));
  test("process", () => assert.deepEqual(recordSchema.parse(processRecord), processRecord));
  test("summary", () => assert.deepEqual(recordSchema.parse(summary), summary));
});

test("a metric may be a number, null when unknown, or left out; never NaN, text or below zero", () => {
  assert.deepEqual(faults({ ...sample, memory_bytes: 5, cpu_percent: null }), []);
  for (const wrong of [NaN, "5", -1, 1.5, true]) {
    assert.deepEqual(faults({ ...sample, memory_bytes: wrong }), ["memory_bytes"]);
  }
  for (const wrong of [NaN, Infinity, "5", -0.1]) {
    assert.deepEqual(faults({ ...sample, cpu_percent: wrong }), ["cpu_percent"]);
  }
});

test("what a sample must always have is neither null nor left out", () => {
  for (const key of ["timestamp", "elapsed_seconds", "interval_seconds", "uptime_seconds", "process_count"]) {
    assert.deepEqual(faults({ ...sample, [key]: null }), [key]);
    assert.deepEqual(faults({ ...sample, [key]: undefined }), [key]);
  }
});

test("a sample can hold its processes, and they their threads", () => {
  const thread = { thread_id: 43, name: "worker", cpu_percent: null, cpu_seconds: 1 };
  const { pid, parent_pid, start_time, name, command, uptime_seconds } = processRecord;
  const process = {
    pid,
    parent_pid,
    start_time,
    name,
    command,
    uptime_seconds,
    memory_bytes: 1,
    threads: [thread],
  };
  assert.deepEqual(faults({ ...sample, processes: [process] }), []);
  const broken = { ...process, threads: [{ ...thread, thread_id: "43" }] };
  assert.deepEqual(faults({ ...sample, processes: [broken] }), ["processes.0.threads.0.thread_id"]);
});

test("an unknown kind, outcome, quality or mechanism is refused", () => {
  assert.deepEqual(faults({ ...sample, kind: "guess" }), ["kind"]);
  assert.deepEqual(faults({ ...summary, outcome: "vanished" }), ["outcome"]);
  assert.deepEqual(faults({ ...processRecord, quality: "good" }), ["quality"]);
  const containment = { mechanism: "cgroup1", reason: null };
  assert.deepEqual(faults({ ...start, containment }), ["containment.mechanism"]);
});

test("a summary accounts for every quantity, each with its source and quality", () => {
  for (const quantity of Object.keys(accounting)) {
    const { [quantity as keyof typeof accounting]: _, ...others } = accounting;
    assert.deepEqual(faults({ ...summary, accounting: others }), [`accounting.${quantity}`]);
  }
});

test("a time is UTC with exactly three digits of a second", () => {
  for (
    const wrong of ["2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000+01:00", "2025-01-15", 1_736_937_000_000]
  ) {
    assert.deepEqual(faults({ ...sample, timestamp: wrong }), ["timestamp"]);
  }
});

test("the JSON Schema names the format and knows all four kinds", () => {
  const schema = JSON.parse(JSON.stringify(recordJsonSchema()));
  assert.match(schema.$schema, /2020-12/);
  assert.ok(schema.$id.includes(RECORD_SCHEMA));
  const variants: { properties: { kind: { const: string } } }[] = schema.oneOf ?? schema.anyOf;
  const kinds = variants.map(({ properties }) => properties.kind.const);
  assert.deepEqual(kinds.toSorted(), ["process", "sample", "start", "summary"]);
});
