import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { summaryRecordSchema } from "../../../core/schema/record.ts";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

describe("--summary", () => {
  test("text is the default, on standard error", async () => {
    const { stdout, stderr } = await proctor(["run", "--", "sh", "-c", "sleep 0.2; exit 3"]);
    assert.equal(stdout.length, 0);
    assert.match(stderr, /^proctor {2}sh -c sleep 0\.2; exit 3 {2}exit code 3\n/);
    for (const word of ["wall", "CPU", "memory peak", "disk", "processes", "proctor"]) {
      assert.match(stderr, new RegExp(`^ +${word} `, "m"), word);
    }
    assert.doesNotMatch(stderr, CONTROL);
  });

  test("json is the summary record in one line", async () => {
    const { stdout, stderr } = await proctor([
      "run",
      "--summary",
      "json",
      "--",
      "sh",
      "-c",
      "sleep 0.1; exit 3",
    ]);
    assert.equal(stdout.length, 0);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    const summary = summaryRecordSchema.parse(JSON.parse(stderr));
    assert.equal(summary.outcome, "exited");
    assert.equal(summary.exit_code, 3);
  });

  test("json tells a failed start, too", async () => {
    const { stderr, code } = await proctor(["run", "--summary", "json", "--", "no-such-command-of-proctor"]);
    assert.equal(code, 127);
    const [message, json] = stderr.trimEnd().split("\n");
    assert.match(message, /^proctor: no-such-command-of-proctor: /);
    assert.equal(summaryRecordSchema.parse(JSON.parse(json)).outcome, "failed_to_start");
  });

  test("none is none", async () => {
    const { stderr, code } = await proctor(["run", "--summary", "none", "--", "sh", "-c", "exit 3"]);
    assert.equal(stderr, "");
    assert.equal(code, 3);
  });

  test("--quiet is silent, but for errors", async () => {
    assert.equal((await proctor(["run", "--quiet", "--", "true"])).stderr, "");
    const asked = await proctor(["run", "-q", "--summary", "json", "--", "true"]);
    assert.equal(JSON.parse(asked.stderr).kind, "summary", "what was asked for is not silenced");
    assert.match(
      (await proctor(["run", "-q", "--", "no-such-command-of-proctor"])).stderr,
      /^proctor: [^\n]+\n$/,
    );
  });

  test("--summary-file takes it instead, whatever the format, even when quiet", async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/summary`;
      const { stderr } = await proctor([
        "run",
        "--quiet",
        "--summary",
        "json",
        "--summary-file",
        file,
        "--",
        "true",
      ]);
      assert.equal(stderr, "");
      assert.equal(summaryRecordSchema.parse(JSON.parse(readFileSync(file, "utf8"))).exit_code, 0);
      const text = await proctor(["run", "--summary-file", file, "--", "true"]);
      assert.equal(text.stderr, "");
      assert.match(readFileSync(file, "utf8"), /^proctor {2}true {2}exit code 0\n/);
    });
  });

  test("--name labels the records and the headline", async () => {
    const { start, summary } = await recorded(["--name", "nightly ü"], ["sleep", "0.05"]);
    assert.equal(start.name, "nightly ü");
    assert.equal(summary.name, "nightly ü");
    const { stderr } = await proctor(["run", "--name", "nightly ü", "--", "true"]);
    assert.match(stderr, /^proctor {2}nightly ü {2}exit code 0\n/);
  });

  test("a command line with escapes does not reach the terminal as such", async () => {
    for (
      const odd of ["\x1b[31mred", "\x9b31mred", "a\rb", "bell\x07", "\x1b]0;title\x07", "a\nb", "\u202eevil"]
    ) {
      const byCommand = await proctor(["run", "--", "true", odd]);
      assert.doesNotMatch(byCommand.stderr, CONTROL, JSON.stringify(odd));
      assert.ok(!byCommand.stderr.includes("\u202e"), "a bidirectional override");
      assert.match(byCommand.stderr, /^proctor .*exit code 0\n {2}wall/);
      const byName = await proctor(["run", "--name", odd, "--", "true"]);
      assert.doesNotMatch(byName.stderr, CONTROL, JSON.stringify(odd));
    }
  });

  test("an error about a name with escapes does not bring them to the terminal", async () => {
    for (
      const args of [
        ["run", "--", "no\x1b[31msuch"],
        ["run", "--profile", "no\x1b[31msuch", "true"],
        ["run", "--cwd", "/no\x1b[31msuch", "true"],
        ["run", "--records", "/no\x1b[31m/such", "-q", "true"],
        ["no\x1b[31msuch"],
      ]
    ) {
      const { stderr } = await proctor(args);
      assert.match(stderr, /^proctor: /);
      assert.doesNotMatch(stderr, CONTROL, JSON.stringify(args));
    }
  });

  test("no colour where standard error is not a terminal, whatever the environment says", async () => {
    const { stderr } = await proctor(["run", "--", "true"], {
      env: { FORCE_COLOR: "1", TERM: "xterm", NO_COLOR: undefined },
    });
    assert.doesNotMatch(stderr, CONTROL);
  });
});

describe("the summary's figures", () => {
  test("averages are CPU over wall time", { timeout: 120_000 }, async () => {
    const { summary, stdout } = await recorded([], [fixture("burn_cpu"), "0.5"]);
    const { cpu_seconds } = JSON.parse(stdout.toString());
    const { cpu_seconds: cpu, wall_seconds: wall, cpu_user_seconds, cpu_system_seconds } = summary;
    assert.ok(Math.abs(cpu! - cpu_seconds) < 0.02, `${cpu}, ${cpu_seconds}`);
    assert.ok(Math.abs(summary.avg_cpu_percent! - (100 * cpu!) / wall) < 0.5);
    assert.ok(Math.abs(summary.avg_cpu_cores! - cpu! / wall) < 0.005);
    assert.ok(Math.abs(cpu_user_seconds! + cpu_system_seconds! - cpu!) < 0.01);
    assert.ok(summary.max_cpu_percent! >= summary.avg_cpu_percent! * 0.8);
    assert.ok(summary.max_cpu_percent! < 130, `${summary.max_cpu_percent} for one busy thread`);
  });

  test("the peak of memory is what was touched", { timeout: 120_000 }, async () => {
    const { summary, stdout } = await recorded([], [fixture("alloc_mb"), "64", "2"]);
    const { bytes, max_rss_bytes } = JSON.parse(stdout.toString().split("\n")[0]);
    assert.ok(summary.peak_memory_bytes! >= bytes, `${summary.peak_memory_bytes} < ${bytes}`);
    assert.ok(summary.peak_memory_bytes! < max_rss_bytes * 1.2 + 8e6, `${summary.peak_memory_bytes}`);
    assert.ok(summary.avg_memory_bytes! <= summary.peak_memory_bytes!);
    assert.ok(summary.avg_memory_bytes! > bytes * 0.5);
  });

  test("a peak between two samples is seen all the same", { timeout: 120_000 }, async () => {
    const { summary, stdout, samples } = await recorded(["--interval", "20s"], [
      fixture("alloc_mb"),
      "64",
      "0",
    ]);
    assert.equal(samples.length, 0);
    const { bytes } = JSON.parse(stdout.toString().split("\n")[0]);
    assert.ok(summary.peak_memory_bytes! >= bytes * 0.95, `${summary.peak_memory_bytes} < ${bytes}`);
  });

  test("what was read and written is counted to the byte", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const written = await recorded([], [fixture("write_mb"), `${directory}/file`, "16"]);
      const { bytes } = JSON.parse(written.stdout.toString());
      const { io_write_bytes } = written.summary;
      assert.ok(io_write_bytes! >= bytes && io_write_bytes! < bytes + 100_000, `${io_write_bytes}, ${bytes}`);
      const read = await recorded([], [fixture("read_bytes"), `${directory}/file`]);
      const { io_read_bytes } = read.summary;
      assert.ok(io_read_bytes! >= bytes && io_read_bytes! < bytes + 1_000_000, `${io_read_bytes}, ${bytes}`);
    });
  });

  test("proctor's own use is there and plausible", { timeout: 120_000 }, async () => {
    const { summary } = await recorded([], ["sleep", "1"]);
    assert.ok(summary.monitor.cpu_seconds > 0 && summary.monitor.cpu_seconds < 1);
    assert.ok(
      Math.abs(summary.monitor.cpu_percent - (100 * summary.monitor.cpu_seconds) / summary.wall_seconds) < 1,
    );
    assert.ok(summary.monitor.memory_bytes! > 1e6 && summary.monitor.memory_bytes! < 500e6);
  });

  test("every quantity says its source and quality", { timeout: 120_000 }, async () => {
    const { summary, start } = await recorded([], ["sleep", "0.1"]);
    assert.equal(summary.accounting.cpu.quality, "exact");
    assert.equal(summary.accounting.network.quality, "unavailable");
    const waiting = ["pressure", "run_queue", "block_io", "memory_wait", "throttling", "steal"];
    assert.deepEqual(Object.keys(summary.accounting), [...Object.keys(start.capabilities), ...waiting]);
    assert.ok(["cgroup", "subreaper"].includes(start.containment.mechanism));
    if (start.containment.mechanism === "subreaper") assert.ok(start.containment.reason);
  });
});
