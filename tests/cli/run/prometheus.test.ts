import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { ask } from "../../exporters/support/http.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { lastJson, proctor, runProgram, start, startProgram } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";

const SUMMARY = ["--summary", "json", "--summary-file", "-"];

/** The value of a metric in an exposition. */
function valueOf(text: string, name: string): number {
  const found = new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, "m").exec(text);
  assert.ok(found, `${name} is not in\n${text}`);
  return Number(found[1]);
}

describe("run --prometheus-textfile", () => {
  for (const { title, command } of [{ title: "the binary", command: undefined }, SOURCE]) {
    test(`leaves what the run has cost: ${title}`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "nightly.prom");
        const args = [
          "run",
          "--prometheus-textfile",
          path,
          "--name",
          "nightly",
          ...SUMMARY,
          "--",
          fixture("burn_cpu"),
          "0.3",
        ];
        const outcome = command ? await runProgram([...command, ...args]) : await proctor(args);
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.equal(outcome.stderr, "");
        const summary = lastJson<SummaryRecord>(outcome);
        const text = readFileSync(path, "utf8");
        assert.equal(valueOf(text, "proctor_cpu_seconds_total"), summary.cpu_seconds);
        assert.equal(valueOf(text, "proctor_memory_peak_bytes"), summary.peak_memory_bytes);
        assert.equal(valueOf(text, "proctor_run_duration_seconds"), summary.wall_seconds);
        assert.equal(valueOf(text, "proctor_run_exit_code"), 0);
        assert.equal(valueOf(text, "proctor_task_running"), 0);
        assert.match(
          text,
          /^proctor_task_info\{task="nightly",agent="[^"]+",name="nightly",command="[^"]*burn_cpu 0\.3",pid="\d+",textfile="nightly"\} 1$/m,
        );
        assert.equal(statSync(path).mode & 0o777, 0o644);
        assert.deepEqual(readdirSync(directory), ["nightly.prom"]);
        const [report] = summary.monitor.exporters!;
        assert.deepEqual([report.exporter, report.destination], ["prometheus_textfile", path]);
        assert.ok(report.sent_count >= 1);
        assert.equal(report.queued_count, 0);
      }));
  }

  test("tells of a command that failed, and of one that never started", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "x.prom");
      const failed = await proctor(["run", "--prometheus-textfile", path, "--", fixture("exit_with"), "7"]);
      assert.equal(failed.code, 7);
      assert.equal(valueOf(readFileSync(path, "utf8"), "proctor_run_exit_code"), 7);
      const missing = await proctor(["run", "--prometheus-textfile", path, "--", "no-such-command-anywhere"]);
      assert.equal(missing.code, 127);
      const text = readFileSync(path, "utf8");
      assert.match(text, /^proctor_run_outcome\{.*outcome="failed_to_start",textfile="x"\} 1$/m);
      assert.ok(!text.includes("proctor_run_exit_code{"));
    }));

  test("is whole at any time, though proctor is killed", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "x.prom");
      const running = start([
        "run",
        "--prometheus-textfile",
        path,
        "--interval",
        "20ms",
        "--",
        "sleep",
        "60",
      ]);
      await eventually(() => existsSync(path));
      running.kill("SIGKILL");
      await running.ended;
      assert.ok(readFileSync(path, "utf8").endsWith("\n"));
      const again = await proctor(["run", "--prometheus-textfile", path, "--", "true"]);
      assert.equal(again.code, 0);
      assert.deepEqual(readdirSync(directory), ["x.prom"]);
    }));

  test("that cannot be written is told in one line, and harms no command", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "none", "x.prom");
      const outcome = await proctor([
        "run",
        "--prometheus-textfile",
        path,
        ...SUMMARY,
        "--",
        fixture("exit_with"),
        "5",
      ]);
      assert.equal(outcome.code, 5);
      assert.equal(
        outcome.stderr,
        `proctor: --prometheus-textfile: cannot write ${path}: no such file or directory; trying again\n`,
      );
      assert.equal(lastJson<SummaryRecord>(outcome).monitor.exporters![0].sent_count, 0);
    }));
});

test("attach --prometheus-textfile leaves what was seen", () =>
  withDirectory(async (directory) => {
    const path = join(directory, "x.prom");
    const target = startProgram(["sleep", "60"]);
    const outcome = await proctor([
      ...["attach", String(target.pid), "--duration", "300ms", "--task-id", "sleeper"],
      ...["--prometheus-textfile", path, "--quiet"],
    ]);
    target.kill("SIGKILL");
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    const text = readFileSync(path, "utf8");
    assert.match(
      text,
      new RegExp(
        `^proctor_task_info\\{task="sleeper",.*command="\\S*sleep 60",pid="${target.pid}",textfile="x"\\} 1$`,
        "m",
      ),
    );
    assert.ok(valueOf(text, "proctor_memory_bytes") > 100_000);
  }));

describe("run --prometheus", () => {
  for (const { title, command } of [{ title: "the binary", command: undefined }, SOURCE]) {
    test(`serves while the command runs, and no longer: ${title}`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "p-"));
      const path = join(directory, "s");
      try {
        const args = [
          "run",
          "--prometheus",
          `unix:${path}`,
          "--name",
          "job",
          ...SUMMARY,
          "--",
          "sh",
          "-c",
          "read line",
        ];
        const running = command
          ? startProgram([...command, ...args], { input: "open" })
          : start(args, { input: "open" });
        const scrape = () => ask({ socketPath: path, path: "/metrics" });
        await eventually(() => existsSync(path));
        await eventually(async () => (await scrape()).text.includes('proctor_memory_bytes{task="job"'));
        running.write("go\n");
        const outcome = await running.ended;
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.ok(!existsSync(path));
        const [report] = lastJson<SummaryRecord>(outcome).monitor.exporters!;
        assert.deepEqual([report.exporter, report.destination], ["prometheus", `unix:${path}`]);
        assert.ok(report.sent_count >= 1);
        // The last values were there for nobody to fetch.
        assert.equal(report.dropped_count, 1);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }

  test("takes over the socket of a proctor that was killed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "p-"));
    const path = join(directory, "s");
    try {
      const args = ["run", "--prometheus", `unix:${path}`, "--", "sleep", "60"];
      const killed = start(args);
      await eventually(() => existsSync(path));
      killed.kill("SIGKILL");
      await killed.ended;
      assert.ok(existsSync(path), "nobody was left to remove it");
      const next = start(args);
      await eventually(async () => {
        try {
          return (await ask({ socketPath: path, path: "/metrics" })).status === 200;
        } catch {
          return false;
        }
      });
      next.kill("SIGTERM");
      assert.doesNotMatch((await next.ended).stderr, /prometheus/);
      assert.deepEqual(readdirSync(directory), []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test("whose port is taken is told in one line, and harms no command", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const outcome = await proctor([
      "run",
      "--prometheus",
      `127.0.0.1:${port}`,
      "--summary",
      "none",
      "--",
      fixture("exit_with"),
      "4",
    ]);
    other.close();
    assert.equal(outcome.code, 4);
    assert.equal(
      outcome.stderr,
      `proctor: prometheus: cannot listen at http://127.0.0.1:${port}/metrics: another process listens there; trying again\n`,
    );
  });

  test("misused is told in one line", async () => {
    const cases: [string[], RegExp][] = [
      [["--prometheus", "9464"], /^proctor: --prometheus: "9464" is not an address; write host:port .*\n$/],
      [["--prometheus", "127.0.0.1:99999"], /^proctor: --prometheus: .* is not an address; .*\n$/],
      [
        ["--prometheus", `unix:/${"x".repeat(200)}`],
        /^proctor: --prometheus: .* is longer than the 107 bytes .*\n$/,
      ],
      [
        ["--prometheus-textfile", "/dev/null"],
        /^proctor: --prometheus-textfile: "\/dev\/null" is there and is not a file\n$/,
      ],
      [
        ["--prometheus-textfile", ""],
        /^proctor: --prometheus-textfile: it is empty; write the path of a file\n$/,
      ],
    ];
    for (const [flags, expected] of cases) {
      const outcome = await proctor(["run", ...flags, "--", "echo", "started"]);
      assert.deepEqual([outcome.code, outcome.stdout.toString()], [125, ""], flags.join(" "));
      assert.match(outcome.stderr, expected);
    }
    assert.ok(statSync("/dev/null").isCharacterDevice());
  });
});
