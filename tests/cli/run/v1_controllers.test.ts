/* `run` on a hybrid host, where cgroup v1 has the controllers. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { assertNear } from "../../support/expect.ts";
import { inV1, noV1, v1DirectoriesOf, v1Of, withV1 } from "../../support/v1.ts";
import { guards } from "../../group/support/traces.ts";
import { BINARY, lastJson, proctor, runProgram, start } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";
import { cgroupsOf, stateOf, until } from "../support/traces.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const MB = 1_048_576;
const CASE = { skip: noV1, timeout: 120_000 };
const ALLOC = fixture("alloc_mb");
const EXACT = { source: "cgroup_v1", quality: "exact" };
const ALL = ["--limit-memory", "200M", "--limit-cpu", "1.5", "--limit-processes", "50", "--exact-peak"];

describe("--exact-peak", () => {
  test("tells the peak of 300 MB that are there for 20 ms, and whose count it is", CASE, async () => {
    const { start, summary } = await recorded(["--exact-peak", "--interval", "10s"], [ALLOC, "300", "0.02"]);
    assertNear(summary.peak_memory_bytes!, 300 * MB, 0.02, 0, "the peak");
    assert.deepEqual([start.containment.mechanism, start.containment.reason], ["cgroup", null]);
    assert.deepEqual([summary.accounting.memory, summary.accounting.peak_memory], [EXACT, EXACT]);
    assert.deepEqual([start.capabilities.memory, start.capabilities.peak_memory], [EXACT, EXACT]);
    assert.equal(summary.oom_kill_count, 0);
    // No limit, no controller: what nobody counts is not 0.
    assert.deepEqual([summary.process_limit_hit_count, summary.cpu_throttled_seconds], [null, null]);
  });

  test("counts what the kernel has cached for it, and says so", CASE, async () => {
    const { stderr } = await proctor(["run", "--exact-peak", "--interval", "20ms", "--", "sleep", "3"]);
    assert.match(
      stderr.replaceAll(/\s+/g, " "),
      /memory peak [\d.]+ .*; files cached for it included, processes held at most/,
    );
  });

  test("has a result for each run of a series", CASE, async () => {
    const outcome = await proctor([
      "run",
      "--exact-peak",
      "--repeat",
      "3",
      "--records",
      "-",
      "--",
      ALLOC,
      "50",
    ]);
    assert.equal(outcome.code, 0, outcome.stderr);
    const lines = outcome.stdout.toString().trimEnd().split("\n").filter((line) =>
      /"kind":"summary"/.test(line)
    );
    assert.equal(lines.length, 3);
    for (const line of lines) {
      assertNear(JSON.parse(line).peak_memory_bytes, 52 * MB, 0.1, 0, "the peak of one");
    }
  });

  test(
    "is refused to who may make no group, with the reason",
    { skip: cannotDrop, timeout: 120_000 },
    async () => {
      const { code, stdout, stderr } = await runProgram(
        asNobody([BINARY, "run", "--exact-peak", "--", "echo", "started"]),
      );
      assert.deepEqual([code, stdout.toString()], [125, ""]);
      assert.match(stderr, /^proctor: an exact peak of memory cannot be had: [^\n]+; for one, [^\n]+\n$/);
    },
  );
});

describe("limits", () => {
  test("add nothing to what the command writes, in all and of each process", CASE, async () => {
    for (
      const [command, bytes] of [[["/bin/true"], 0], [
        ["sh", "-c", "echo ab > /dev/null; /bin/true"],
        3,
      ]] as const
    ) {
      for (const options of [[], ["--limit-memory", "200M"], ALL, [...ALL, "--processes"]]) {
        const { summary } = await recorded(options, [...command]);
        assert.deepEqual(
          [summary.io_write_bytes, summary.accounting.io.quality],
          [bytes, "exact"],
          options.join(" "),
        );
        const each = summary.processes?.by_executable.map((one) => one.io_write_bytes ?? 0) ?? [bytes];
        assert.equal(each.reduce((sum, one) => sum + one, 0), bytes, JSON.stringify(summary.processes));
      }
    }
  });

  test("on memory: the outcome is oom_killed, the exit code that of SIGKILL", CASE, async () => {
    const outcome = await proctor(["run", "--limit-memory", "64M", "--summary", "json", "--", ALLOC, "200"]);
    assert.equal(outcome.code, 137);
    const summary = JSON.parse(outcome.stderr.trim().split("\n").at(-1)!);
    assert.deepEqual([summary.outcome, summary.signal, summary.oom_kill_count], ["oom_killed", "SIGKILL", 1]);
    assert.ok(summary.memory_limit_hit_count > 0);
    assertNear(summary.peak_memory_bytes, 64 * MB, 0.02, 0, "the peak");
  });

  test("of a run within a run bind, too, and are counted below", CASE, async () => {
    const inner = [BINARY, "run", "--limit-memory", "64M", "--summary", "json", "--", ALLOC, "200"];
    const outcome = await proctor([
      "run",
      "--exact-peak",
      "--limit-processes",
      "60",
      "--records",
      "-",
      "--",
      ...inner,
    ]);
    assert.equal(outcome.code, 137, outcome.stderr);
    assert.match(outcome.stderr, /"outcome":"oom_killed"/);
    const { peak_memory_bytes } = lastJson<{ peak_memory_bytes: number }>(outcome);
    assert.ok(peak_memory_bytes > 64 * MB, `${peak_memory_bytes}`);
  });

  test(
    "are refused to who may make no group, with the reason",
    { skip: cannotDrop, timeout: 120_000 },
    async () => {
      for (const limit of [["--limit-memory", "1G"], ["--limit-cpu", "1"], ["--limit-processes", "99"]]) {
        const { code, stdout, stderr } = await runProgram(
          asNobody([BINARY, "run", ...limit, "--", "echo", "started"]),
        );
        assert.deepEqual([code, stdout.toString()], [125, ""]);
        assert.match(stderr, /^proctor: a limit on [^\n]+ cannot be enforced: [^\n]+; for one, [^\n]+\n$/);
      }
    },
  );

  test(
    "of a cgroup around us go on binding where ours is higher",
    CASE,
    () =>
      withV1("cpu", { "cpu.cfs_quota_us": "25000" }, async (place) => {
        const command = [
          BINARY,
          "run",
          "--limit-cpu",
          "2",
          "--records",
          "-",
          "--",
          fixture("burn_cpu"),
          "0.3",
        ];
        const outcome = await runProgram(inV1(place, command));
        assert.equal(outcome.code, 0, outcome.stderr);
        const [first] = outcome.stdout.toString().split("\n");
        assert.equal(JSON.parse(first).environment.cpu_quota_cores, 0.25);
        const { cpu_seconds, wall_seconds } = lastJson<Record<string, number>>(outcome);
        assert.ok(cpu_seconds <= wall_seconds * 0.25 + 0.1, `${cpu_seconds} s in ${wall_seconds} s`);
      }),
  );

  test(
    "of a cgroup around us are part of the environment",
    CASE,
    () =>
      withV1("memory", { "memory.limit_in_bytes": String(700 * MB) }, async (place) => {
        const outcome = await runProgram(inV1(place, [BINARY, "run", "--records", "-", "--", "true"]));
        const [first] = outcome.stdout.toString().split("\n");
        assert.equal(JSON.parse(first).environment.memory_limit_bytes, 700 * MB);
      }),
  );
});

describe("nothing is left in any hierarchy", () => {
  const sleeping = ["sh", "-c", "sleep 300 & setsid sleep 300 & echo '{\"ready\":true}'; wait"];

  /** A run with every limit whose command is up. */
  async function running(options: readonly string[], command: readonly string[] = sleeping) {
    const run = start(["run", ...ALL, ...options, "--", ...command], { input: "open" });
    await run.ready();
    assert.equal(v1DirectoriesOf(run.pid).length, 3);
    return run;
  }

  test("after a run that ends by itself, or fails to start", CASE, async () => {
    for (const command of [["true"], ["sh", "-c", "sleep 0.05 & exit 3"], ["/"]]) {
      const run = start(["run", ...ALL, "--", ...command]);
      await run.ended;
      assert.deepEqual(cgroupsOf(run.pid), [], command.join(" "));
    }
  });

  test("after a timeout, and after a signal", CASE, async () => {
    const timed = start(["run", ...ALL, "--timeout", "300ms", "--grace", "100ms", "--", ...sleeping]);
    assert.equal((await timed.ended).code, 124);
    assert.deepEqual(cgroupsOf(timed.pid), []);
    const told = await running(["--grace", "100ms", "--leftovers", "stop"]);
    told.kill("SIGTERM");
    await told.ended;
    assert.deepEqual(cgroupsOf(told.pid), []);
  });

  test("after kill -9 of proctor", CASE, async () => {
    const run = await running([]);
    await until(() => guards(run.pid).length === 1, "the guard has its name");
    const ours = guards(run.pid);
    run.kill("SIGKILL");
    await until(() => cgroupsOf(run.pid).length === 0, "the cgroups are gone", 20_000);
    await until(() => ours.every((pid) => ["Z", undefined].includes(stateOf(pid))), "the guard is gone");
    run.closeInput();
    assert.equal((await run.ended).signal, "SIGKILL");
  });

  test("with --leftovers leave: what goes on does so where we are", CASE, async () => {
    const script = 'sleep 300 >/dev/null 2>&1 </dev/null & echo "{\\"ready\\":true,\\"pid\\":$!}"; read line';
    const run = await running(["--leftovers", "leave"], ["sh", "-c", script]);
    const { pid } = await run.ready();
    try {
      run.write("go on\n");
      assert.equal((await run.ended).code, 0);
      assert.deepEqual(cgroupsOf(run.pid), []);
      await until(() => stateOf(pid) === "S", "it sleeps");
      for (const controller of ["memory", "cpu", "pids"] as const) {
        assert.equal(v1Of(pid, controller), v1Of(process.pid, controller));
      }
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });
});
