/* A cgroup that was given a part of the controllers only, as systemd's user slices often are. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { fixture, ROOT } from "../../support/fixture.ts";

const OUTER = "/sys/fs/cgroup/partial";
const skip = process.getuid!() !== 0 && "needs root, to make a cgroup with a part of the controllers";

/** Run the binary as the only process of a cgroup that may limit CPU and processes, and nothing else. */
function inside(args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  mkdirSync(OUTER);
  mkdirSync(`${OUTER}/inner`);
  try {
    writeFileSync(`${OUTER}/cgroup.subtree_control`, "+cpu +pids");
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const { status, stdout, stderr } = spawnSync(
      "sh",
      ["-c", script, `${OUTER}/inner`, `${ROOT}/dist/proctor`, ...args],
      { encoding: "utf8" },
    );
    return { code: status, stdout, stderr };
  } finally {
    rmdirSync(`${OUTER}/inner`);
    rmdirSync(OUTER);
  }
}

describe("where others share our cgroup, as in a login session", () => {
  /** Run the binary beside a shell, in a cgroup that could have every controller. */
  function beside(
    args: readonly string[],
  ): { stdout: string; stderr: string; type: string; enabled: string } {
    mkdirSync(OUTER);
    try {
      const script = 'echo $$ > "$0/cgroup.procs"; "$@"; echo $$ > /sys/fs/cgroup/cgroup.procs';
      const { stdout, stderr } = spawnSync("sh", ["-c", script, OUTER, `${ROOT}/dist/proctor`, ...args], {
        encoding: "utf8",
      });
      const read = (name: string) => readFileSync(`${OUTER}/${name}`, "utf8").trim();
      return { stdout, stderr, type: read("cgroup.type"), enabled: read("cgroup.subtree_control") };
    } finally {
      rmdirSync(OUTER);
    }
  }

  test("a run has a cgroup, and theirs stays as it was", { skip, timeout: 120_000 }, () => {
    const { stdout, stderr, type, enabled } = beside(["run", "--records", "-", "--", "true"]);
    const [start] = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    assert.equal(start.containment.mechanism, "cgroup", stderr);
    assert.match(start.containment.reason, /1 other process shares our cgroup/);
    assert.deepEqual([type, enabled], ["domain", ""]);
  });

  test("every limit is refused", { skip, timeout: 120_000 }, () => {
    for (const limit of [["--limit-cpu", "1"], ["--limit-processes", "5"], ["--limit-memory", "1G"]]) {
      const { stdout, stderr, type } = beside(["run", ...limit, "--", "echo", "started"]);
      assert.deepEqual([stdout, type], ["", "domain"]);
      assert.match(stderr, /^proctor: a limit on [^\n]+: 1 other process shares our cgroup [^\n]+\n$/);
    }
  });
});

describe("with a part of the controllers", () => {
  test("the doctor says which serve, and why the others do not", { skip, timeout: 120_000 }, () => {
    const { code, stdout } = inside(["doctor", "--json"]);
    assert.equal(code, 0);
    const { containment, findings } = JSON.parse(stdout);
    assert.equal(containment.mechanism, "cgroup");
    const { ok, detail, advice } = findings.find(({ topic }: { topic: string }) => topic === "controllers");
    assert.equal(ok, false);
    assert.match(
      detail,
      /^cpu, pids serve our groups; no memory, io: the controller is not handed down to our cgroup/,
    );
    assert.match(advice, /systemd-run --scope -p Delegate=yes/);
  });

  test("a limit that they carry holds", { skip, timeout: 120_000 }, () => {
    const args = ["run", "--summary", "json", "--limit-cpu", "0.5", "--limit-processes", "9", "--"];
    const { code, stderr } = inside([...args, fixture("burn_cpu"), "1"]);
    assert.equal(code, 0, stderr);
    const summary = JSON.parse(stderr);
    assert.ok(summary.avg_cpu_cores <= 0.55, `${summary.avg_cpu_cores}`);
    assert.ok(summary.cpu_throttled_seconds > 0.2);
    assert.equal(summary.oom_kill_count, null);
    assert.deepEqual(summary.accounting.memory, { source: "proc", quality: "upper_bound" });
  });

  test("another is refused", { skip, timeout: 120_000 }, () => {
    const { code, stdout, stderr } = inside(["run", "--limit-memory", "1G", "--", "echo", "started"]);
    assert.deepEqual([code, stdout], [125, ""]);
    assert.match(stderr, /^proctor: a limit on memory cannot be enforced: the controller is not handed down/);
  });
});
