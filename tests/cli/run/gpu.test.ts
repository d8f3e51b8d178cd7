/* `run --gpu` against a fake NVML: what the command has itself listed as, through every way by which it is told. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { MonitorManager, ProcessGroup, profiles } from "../../../mod.ts";
import { FakeNvml, inPidNamespace, noFakeNvml } from "../../support/fake_nvml.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture, ROOT } from "../../support/fixture.ts";
import { runtimeCommand } from "../../support/linux.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";

const CASE = { skip: noFakeNvml || inPidNamespace, timeout: 120_000 };
const GIB = 2 ** 30;
const DEVICES = [`device ${16 * GIB}`, `device ${8 * GIB}`];
const FAST = ["--interval", "50ms", "--no-adaptive"];

/** The binary, and the sources on the runtime that runs this. */
const PROGRAMS = {
  binary: [BINARY],
  sources: [
    process.execPath,
    ...("Deno" in globalThis ? ["run", "--no-check", "--quiet", "-A"] : []),
    `${ROOT}/cli.ts`,
  ],
};

async function recorded(program: readonly string[], fake: FakeNvml, options: string[], command: string[]) {
  return await withDirectory(async (directory) => {
    const file = `${directory}/run.jsonl`;
    const words = [...program, "run", ...options, "--records", file, "--", ...command];
    const outcome = await runProgram(words, { env: fake.env });
    assert.equal(outcome.code, 0, outcome.stderr);
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
  });
}

describe("run --gpu tells", () => {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    test(`by the ${name}: memory and use in samples and the summary`, CASE, async () => {
      using fake = new FakeNvml(DEVICES);
      const command = [fixture("use_gpu"), `${GIB}`, "40", "2.5", "with_child"];
      const { start, samples, summary, stderr } = await recorded(
        program,
        fake,
        ["--gpu", "--per-process", ...FAST],
        command,
      );
      assert.equal(start.profile.collect_gpu, true);
      const both = samples.filter(({ gpu_memory_bytes }) => gpu_memory_bytes === 2 * GIB);
      assert.ok(both.length > 0, stderr);
      for (const { gpu_percent, processes } of both) {
        assert.equal(gpu_percent, 80);
        assert.deepEqual(processes!.map((row) => [row.gpu_percent, row.gpu_memory_bytes]), [[40, GIB], [
          40,
          GIB,
        ]]);
      }
      const { gpu, accounting } = summary;
      assert.ok(gpu);
      assert.deepEqual([gpu.max_percent, gpu.peak_memory_bytes], [80, 2 * GIB]);
      assert.ok(gpu.avg_percent! > 10 && gpu.avg_percent! <= 80, `${gpu.avg_percent}`);
      assert.deepEqual(
        gpu.devices.map((
          { id, name, source, max_percent, peak_memory_bytes },
        ) => [id, name, source, max_percent, peak_memory_bytes]),
        [["GPU-fake-0", "Fake GPU 0", "nvml", 40, GIB], ["GPU-fake-1", "Fake GPU 1", "nvml", 40, GIB]],
      );
      assert.deepEqual([accounting.gpu?.source, accounting.gpu?.quality], ["nvml", "sampled"]);
      assert.match(stderr, /^ {2}GPU +\d+\.\d% {2}at most 80\.0%, memory peak 2 GiB; sampled$/m);
      assert.match(stderr, /^ {4}Fake GPU 1 +\d+\.\d% {2}at most 40\.0%, memory peak 1 GiB$/m);
    });
  }

  test("where NVML takes its time: the command does not wait for it", CASE, async () => {
    using fake = new FakeNvml(["init 0 20000", ...DEVICES]);
    const { summary, stderr } = await recorded(PROGRAMS.binary, fake, ["--gpu"], ["sleep", "0.2"]);
    assert.ok(summary.wall_seconds < 10, `${summary.wall_seconds} s`);
    assert.equal(summary.gpu!.max_percent, null);
    assert.equal(summary.accounting.gpu!.quality, "unavailable");
    assert.match(stderr, /^proctor: gpu: NVML had not answered yet/m);
  });

  test("in one line where there is none, and null", CASE, async () => {
    using fake = new FakeNvml(["init 9 0"]);
    const { samples, summary, stderr } = await recorded(
      PROGRAMS.binary,
      fake,
      ["--gpu", ...FAST],
      ["sleep", "0.7"],
    );
    assert.ok(samples.length > 0);
    for (const sample of samples) {
      if (summary.accounting.gpu!.source === "none") assert.equal(sample.gpu_percent, null);
    }
    assert.equal(stderr.match(/gpu: NVML: the driver is not loaded/g)?.length, 1, stderr);
  });
});

test("a metric that is named asks for it, and others are left out", CASE, async () => {
  using fake = new FakeNvml(DEVICES);
  const command = [fixture("use_gpu"), "4096", "15", "1.5"];
  const { samples, summary } = await recorded(PROGRAMS.binary, fake, ["--metrics", "gpu", ...FAST], command);
  assert.ok(samples.some((sample) => sample.gpu_percent === 15 && sample.gpu_memory_bytes === 4_096));
  assert.ok(samples.every((sample) => !("memory_bytes" in sample)));
  assert.equal(summary.gpu!.max_percent, 15);
});

describe("NVML's library is loaded", () => {
  const command = ["sh", "-c", "sleep 1; grep -c nvidia-ml /proc/$PPID/maps || true"];

  test("for --gpu", CASE, async () => {
    using fake = new FakeNvml(DEVICES);
    const { stdout } = await recorded(PROGRAMS.binary, fake, ["--gpu", ...FAST], command);
    assert.ok(Number(stdout.toString()) > 0, stdout.toString());
  });

  test("for nothing else, and nothing is told of GPUs", CASE, async () => {
    using fake = new FakeNvml(DEVICES);
    const { stdout, start, samples, summary } = await recorded(PROGRAMS.binary, fake, FAST, command);
    assert.equal(stdout.toString(), "0\n");
    for (const record of [start.profile, start.capabilities, ...samples, summary, summary.accounting]) {
      assert.ok(!Object.keys(record).some((key) => /gpu/.test(key)));
    }
  });
});

test("CSV and OTLP's and Prometheus's names have their columns", CASE, async () => {
  using fake = new FakeNvml(DEVICES);
  await withDirectory(async (directory) => {
    const [rows, board] = [`${directory}/run.csv`, `${directory}/run.prom`];
    const options = ["--gpu", ...FAST, "--records", rows, "--prometheus-textfile", board];
    const command = [fixture("use_gpu"), `${GIB}`, "25", "1.5"];
    const { code, stderr } = await runProgram([BINARY, "run", ...options, "--", ...command], {
      env: fake.env,
    });
    assert.equal(code, 0, stderr);
    const [head, ...lines] = readFileSync(rows, "utf8").trimEnd().split("\n").map((line) => line.split(","));
    const column = head.indexOf("gpu_percent");
    assert.ok(lines.some((line) => line[column] === "25" && line[column + 1] === `${GIB}`));
    assert.match(readFileSync(board, "utf8"), /^proctor_gpu_usage_ratio\{[^}]*\} 0\.25$/m);
    assert.match(
      readFileSync(board, "utf8"),
      new RegExp(`^proctor_gpu_memory_bytes\\{[^}]*\\} ${GIB}$`, "m"),
    );
  });
});

test("attach tells it from now on, doctor that it can be told", CASE, async () => {
  using fake = new FakeNvml(DEVICES);
  const line = `"$1" ${GIB} 30 4 & "$2" attach --gpu --duration 2500ms --summary json $! ; kill $!`;
  const words = ["sh", "-c", line, "sh", fixture("use_gpu"), BINARY];
  const { stderr } = await runProgram(words, { env: fake.env });
  const { gpu } = JSON.parse(stderr.slice(stderr.indexOf("{")));
  assert.deepEqual([gpu.max_percent, gpu.peak_memory_bytes], [30, GIB], stderr);
  const { stdout } = await runProgram([BINARY, "doctor"], { env: fake.env });
  assert.match(stdout.toString(), /^ok {4}gpu: nvml: 2 devices/m);
});

describe("the library", () => {
  test("refuses what is not yes or no", async () => {
    await assert.rejects(ProcessGroup.create({ gpu: 1 as unknown as boolean }), /gpu: /);
  });

  test("tells it of groups, and of tasks whose profile asks", CASE, () => {
    using fake = new FakeNvml(DEVICES);
    const [command, ...words] = runtimeCommand("watch_gpu.ts");
    const { stdout, stderr } = spawnSync(command, [...words, fixture("use_gpu"), `${GIB}`, "35", "30"], {
      env: fake.env,
      encoding: "utf8",
      timeout: 120_000,
    });
    const told = [35, GIB];
    assert.deepEqual(JSON.parse(stdout), { stats: told, group: told, process: told, pid: told }, stderr);
  });

  test("leaves it out of a task whose profile does not ask", { timeout: 120_000 }, async () => {
    using group = await ProcessGroup.create({});
    using manager = await MonitorManager.create();
    group.start(["sleep", "60"]);
    const fast = { ...profiles.intensive, interval_ms: 20, max_interval_ms: 20 };
    manager.start("asked", group, { ...fast, collect_gpu: true });
    manager.start("unasked", group, fast);
    await eventually(() => manager.list().every(({ latest }) => latest !== null));
    const keys = (name: string) => Object.keys(manager.get(name)!.latest!.metrics);
    assert.ok(keys("asked").includes("gpu_percent") && keys("asked").includes("gpu_memory_bytes"));
    assert.ok(!keys("unasked").some((key) => /gpu/.test(key)));
  });
});
