import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { METRIC_GROUPS, METRIC_NAMES } from "../../core/measure/metrics.ts";
import { withDirectory } from "./support/directory.ts";
import { proctor } from "./support/proctor.ts";
import { recorded } from "./support/records.ts";

/** What is not asked for by name. */
const ALL = Object.keys(METRIC_GROUPS).filter((group) => group !== "gpu");
/** The table of docs/specification.md: interval, metrics, export, history. */
const TABLE: Record<
  string,
  [intervalMs: number | null, groups: string[], exported: boolean, history: number]
> = {
  standard: [10_000, ALL, true, 100],
  minimal: [60_000, ["cpu", "memory"], false, 0],
  intensive: [1_000, ALL, true, 1_000],
  batch_processing: [30_000, ["cpu", "memory", "disk"], true, 200],
  realtime_api: [5_000, ["cpu", "memory", "network", "threads", "file_descriptors"], true, 500],
  long_running_daemon: [120_000, ALL, true, 500],
  disabled: [null, [], false, 0],
};

const FAST = ["--interval", "30ms", "--no-adaptive"];
const keysOf = (record: object) =>
  Object.keys(record).filter((key) => (METRIC_NAMES as readonly string[]).includes(key));

describe("proctor profiles", () => {
  test("--json has the table of the specification, and adaptive", async () => {
    const { stdout, code } = await proctor(["profiles", "--json"]);
    const all = JSON.parse(stdout.toString());
    assert.equal(code, 0);
    assert.deepEqual(new Set(Object.keys(all)), new Set([...Object.keys(TABLE), "adaptive"]));
    for (const [name, [intervalMs, groups, exported, history]] of Object.entries(TABLE)) {
      const profile = all[name];
      assert.equal(profile.enabled, intervalMs !== null, name);
      assert.equal(profile.interval_ms, intervalMs, name);
      assert.equal(profile.collect_cpu, groups.includes("cpu"), name);
      assert.equal(profile.collect_memory, groups.includes("memory"), name);
      assert.equal(profile.collect_disk_io, groups.includes("disk"), name);
      assert.equal(profile.collect_network_io, groups.includes("network"), name);
      assert.equal(profile.collect_threads, groups.includes("threads"), name);
      assert.equal(profile.collect_file_descriptors, groups.includes("file_descriptors"), name);
      assert.ok(!("collect_gpu" in profile), name);
      assert.equal(profile.export_to_mqtt, exported, name);
      assert.equal(profile.history_size, history, name);
    }
    assert.equal(all.adaptive.interval_ms, 100);
    assert.equal(all.adaptive.max_interval_ms, 1_000);
    assert.equal(all.adaptive.adaptive, true);
  });

  test("lists them for people, each with what it is for", async () => {
    const { stdout } = await proctor(["profiles"]);
    const lines = stdout.toString().trimEnd().split("\n");
    assert.equal(lines.filter((line) => /^\w/.test(line)).length, 1 + Object.keys(TABLE).length + 1);
    assert.equal(lines.filter((line) => /^ {2}\w/.test(line)).length, Object.keys(TABLE).length + 1);
    for (const name of Object.keys(TABLE)) assert.ok(lines.some((line) => line.startsWith(`${name} `)), name);
  });

  test("NAME --json loads back as a profile file, and means the same", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      for (const name of [...Object.keys(TABLE), "adaptive"]) {
        const { stdout } = await proctor(["profiles", name, "--json"]);
        const file = `${directory}/${name}.json`;
        writeFileSync(file, stdout);
        const byFile = await recorded(["--profile", file], ["true"]);
        assert.equal(byFile.code, 0, byFile.stderr);
        assert.deepEqual(byFile.start.profile, JSON.parse(stdout.toString()), name);
      }
    });
  });
});

describe("--profile", () => {
  test(
    "chooses what is in the samples: what it does not collect is left out",
    { timeout: 120_000 },
    async () => {
      for (const [name, [interval, groups]] of Object.entries(TABLE)) {
        if (interval === null) continue;
        const { samples, summary } = await recorded(["--profile", name, ...FAST], ["sleep", "0.2"]);
        const expected = groups.flatMap((group) =>
          METRIC_GROUPS[group as keyof typeof METRIC_GROUPS] as readonly string[]
        );
        assert.ok(samples.length > 0);
        for (const sample of samples) assert.deepEqual(new Set(keysOf(sample)), new Set(expected), name);
        assert.equal("disk_read_bytes" in summary, groups.includes("disk"), name);
        assert.equal("network_rx_bytes" in summary, groups.includes("network"), name);
        assert.equal("peak_memory_bytes" in summary, groups.includes("memory"), name);
        assert.equal("peak_thread_count" in summary, groups.includes("threads"), name);
      }
    },
  );

  test("what cannot be read is null, not left out and not 0", { timeout: 120_000 }, async () => {
    const { samples, summary } = await recorded(FAST, ["sleep", "0.2"]);
    for (const record of [...samples, summary]) {
      assert.equal(record.network_rx_bytes, null);
      assert.equal(record.network_tx_bytes, null);
    }
  });

  test("--metrics chooses over it, by group and by name", { timeout: 120_000 }, async () => {
    const byGroup = await recorded(["--profile", "minimal", "--metrics", "cpu,disk", ...FAST], [
      "sleep",
      "0.2",
    ]);
    assert.deepEqual(keysOf(byGroup.samples[0]), [
      "cpu_percent",
      "cpu_seconds",
      "disk_read_bytes",
      "disk_write_bytes",
      "disk_cancelled_write_bytes",
      "io_read_bytes",
      "io_write_bytes",
    ]);
    const byName = await recorded(["--metrics", " memory_bytes , thread_count", ...FAST], ["sleep", "0.2"]);
    assert.deepEqual(keysOf(byName.samples[0]), ["memory_bytes", "thread_count"]);
  });

  test("--metrics leaves the same out of the rows of processes", { timeout: 120_000 }, async () => {
    const { samples } = await recorded(["--per-process", "--metrics", "cpu_seconds", ...FAST], [
      "sleep",
      "0.2",
    ]);
    assert.deepEqual(keysOf(samples[0].processes![0]), ["cpu_seconds"]);
  });

  test("disabled samples nothing and still gives the whole bill", { timeout: 120_000 }, async () => {
    const { samples, summary } = await recorded(["--profile", "disabled"], ["sleep", "0.3"]);
    assert.equal(samples.length, 0);
    assert.ok(summary.cpu_seconds! > 0);
    assert.ok("disk_read_bytes" in summary);
  });

  test("FILE takes the interval in every form", { timeout: 120_000 }, async () => {
    const forms: [text: string, ms: number][] = [
      ['{"interval": 5}', 5_000],
      ['{"interval": 999}', 999_000],
      ['{"interval": 1000000}', 1],
      ['{"interval": 60000000000}', 60_000],
      ['{"interval": "250ms"}', 250],
      ['{"interval": "1.5s"}', 1_500],
      ['{"interval_ms": 250}', 250],
      ['{"monitoring_profile": {"enabled": true, "interval": 10000000000, "collect_cpu": true}}', 10_000],
    ];
    await withDirectory(async (directory) => {
      const file = `${directory}/profile.json`;
      for (const [text, ms] of forms) {
        writeFileSync(file, text);
        const { start } = await recorded(["--profile", file], ["sleep", "0.02"]);
        assert.equal(start.profile.interval_ms, ms, text);
      }
    });
  });

  test(
    "a FILE in the current directory needs no ./ when it ends in .json",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        writeFileSync(`${directory}/mine.json`, '{"interval": "70ms"}');
        const { start } = await recorded(["--profile", "mine.json"], ["sleep", "0.02"], { cwd: directory });
        assert.equal(start.profile.interval_ms, 70);
      });
    },
  );

  test("an object is taken as it is written, without a file", { timeout: 120_000 }, async () => {
    const { start } = await recorded(["--profile", ' {"interval": "70ms"}'], ["sleep", "0.02"]);
    assert.equal(start.profile.interval_ms, 70);
  });

  test("the record tells what was done: options stand over the profile", { timeout: 120_000 }, async () => {
    const { start } = await recorded(["--interval", "40ms", "--max-interval", "80ms", "--metrics", "cpu"], [
      "sleep",
      "0.02",
    ]);
    assert.equal(start.profile.interval_ms, 40);
    assert.equal(start.profile.max_interval_ms, 80);
    assert.equal(start.profile.adaptive, true);
    assert.equal(start.profile.collect_cpu, true);
    assert.equal(start.profile.collect_memory, false);
  });
});
