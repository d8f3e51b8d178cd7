/* A limit of a cgroup above ours binds us, too: the compiled binary inside a container that is made by hand. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StartRecord, SummaryRecord } from "../../../mod.ts";
import { fixture, ROOT } from "../../support/fixture.ts";
import { MB } from "./support.ts";

const OUTER = "/sys/fs/cgroup/outer";
const BINARY = `${ROOT}/dist/proctor`;
const isRoot = process.getuid!() === 0;
const skip = !isRoot && "needs root, to make a cgroup that limits us";

interface Ran {
  readonly code: number | null;
  readonly stderr: string;
  readonly start: StartRecord;
  readonly summary: SummaryRecord;
}

/** Run the binary as the only process of a cgroup with limits, as a container's first process is. */
function inside(limits: Record<string, string>, args: readonly string[]): Ran {
  mkdirSync(OUTER);
  try {
    for (const [file, value] of Object.entries(limits)) writeFileSync(join(OUTER, file), value);
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const { status, stdout, stderr } = spawnSync(
      "sh",
      ["-c", script, OUTER, BINARY, "run", "--records", "-", ...args],
      { encoding: "utf8" },
    );
    const records = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return { code: status, stderr, start: records[0], summary: records.at(-1) };
  } finally {
    // It is empty: nothing of ours may be left in it.
    rmdirSync(OUTER);
  }
}

describe("a limit further up", () => {
  test("on memory kills, and the outcome says so", { skip, timeout: 120_000 }, () => {
    const { code, stderr, start, summary } = inside(
      { "memory.max": String(300 * MB), "memory.swap.max": "0" },
      ["--", fixture("alloc_mb"), "400"],
    );
    assert.equal(start.environment.memory_limit_bytes, 300 * MB);
    assert.equal(summary.outcome, "oom_killed");
    assert.equal(summary.oom_kill_count, 1);
    assert.equal(code, 137);
    assert.match(stderr, /out of memory, ended by SIGKILL/);
  });

  test("on CPU is in the environment, and holds", { skip, timeout: 120_000 }, () => {
    const { code, start, summary } = inside({ "cpu.max": "50000 100000" }, ["--", fixture("burn_cpu"), "1"]);
    assert.equal(code, 0);
    assert.equal(start.environment.cpu_quota_cores, 0.5);
    assert.ok(summary.avg_cpu_cores! <= 0.55, `${summary.avg_cpu_cores}`);
    // The quota stands above the run's own cgroup, where it is counted alone.
    const { verdict, quota_cores, throttled_seconds } = summary.waiting!;
    assert.deepEqual([verdict, quota_cores], ["throttled", 0.5], JSON.stringify(summary.waiting));
    assert.ok(throttled_seconds! > 0.2, `${throttled_seconds}`);
    assert.equal(summary.accounting.throttling?.quality, "upper_bound");
  });

  test("is the one that counts when ours is higher", { skip, timeout: 120_000 }, () => {
    const { summary } = inside(
      { "memory.max": String(300 * MB), "memory.swap.max": "0" },
      ["--limit-memory", "2G", "--", fixture("alloc_mb"), "400"],
    );
    assert.equal(summary.outcome, "oom_killed");
  });

  test("leaves room for a lower one of ours", { skip, timeout: 120_000 }, () => {
    const { code, stderr, start, summary } = inside(
      { "memory.max": String(1_000 * MB) },
      ["--limit-memory", "50M", "--", fixture("alloc_mb"), "100"],
    );
    assert.deepEqual(start.limits, { memory_bytes: 50 * MB });
    assert.deepEqual(start.containment, { mechanism: "cgroup", reason: null });
    assert.equal(summary.outcome, "oom_killed");
    assert.equal(code, 137);
    assert.match(stderr, /limits +reached +memory \d+ times?, 1 process killed for it/);
  });
});

test(
  "a proctor that is killed leaves the cgroup it was given as it was",
  { skip, timeout: 120_000 },
  async () => {
    mkdirSync(OUTER);
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const command = ["run", "--limit-memory", "100M", "--quiet", "--", "sh", "-c", "echo started; sleep 600"];
    const child = spawn("sh", ["-c", script, OUTER, BINARY, ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const cgroups = () => readdirSync(OUTER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    // The run's own, and the one that proctor has moved into.
    assert.equal(cgroups().length, 2);
    child.kill("SIGKILL");
    for (let round = 0; round < 500 && cgroups().length > 0; round++) await sleep(20);
    assert.deepEqual(cgroups(), []);
    assert.equal(readFileSync(join(OUTER, "cgroup.subtree_control"), "utf8").trim(), "");
    for (
      let round = 0;
      round < 500 && readFileSync(join(OUTER, "cgroup.procs"), "utf8") !== "";
      round++
    ) await sleep(20);
    rmdirSync(OUTER);
  },
);

test("a limit that cannot be had is refused before anything starts", { timeout: 120_000 }, () => {
  // Another process in our cgroup stands in the way of controllers, as a shell in a login session does.
  const own = isRoot ? "/sys/fs/cgroup/shared" : "";
  if (isRoot) mkdirSync(own);
  try {
    const script = `${
      own && `echo $$ > ${own}/cgroup.procs; `
    }"$0" run --limit-memory 50M -- echo started; echo $?`;
    const { stdout, stderr } = spawnSync("sh", ["-c", script, BINARY], { encoding: "utf8" });
    assert.equal(stdout, "125\n");
    assert.match(
      stderr,
      /^proctor: a limit on memory cannot be enforced: \d+ other process(es)? shares? our cgroup /,
    );
    assert.match(stderr, /systemd-run .*--scope -p Delegate=yes proctor …[^\n]*\n$/);
  } finally {
    if (isRoot) rmdirSync(own);
  }
});
