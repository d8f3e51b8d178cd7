import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, start, startProgram } from "../support/proctor.ts";
import type { Outcome } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import type { Stream } from "../support/records.ts";
import { cgroupsOf, stateOf } from "../support/traces.ts";

function attached(pid: number, options: readonly string[]): Promise<Outcome & Stream> {
  return withDirectory(async (directory) => {
    const file = `${directory}/records.jsonl`;
    const outcome = await proctor(["attach", String(pid), "--quiet", "--records", file, ...options]);
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
  });
}

/** The CPU seconds of one process and those it has waited for, by the kernel's ticks. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const FAST = ["--interval", "50ms", "--no-adaptive", "--budget", "20"];

describe("proctor attach", () => {
  test("watches a tree with the children it already has, for --duration", { timeout: 120_000 }, async () => {
    const tree = startProgram([fixture("fork_tree"), "2", "2", "-"], { input: "open" });
    const { pids, pid } = await tree.ready<{ pids: number[] }>();
    try {
      const { code, start, samples, summary } = await attached(pid, [
        ...FAST,
        "--duration",
        "4s",
        "--per-process",
      ]);
      assert.equal(code, 0);
      assert.equal(start.pid, pid);
      assert.match(start.command.join(" "), /fork_tree 2 2 -$/);
      assert.ok(samples.length >= 5);
      for (const { process_count, processes } of samples) {
        assert.equal(process_count, 7);
        assert.deepEqual(processes!.map((row) => row.pid).sort(), [...pids].sort());
      }
      assert.ok(summary.wall_seconds >= 4 && summary.wall_seconds < 25);
      assert.equal(summary.outcome, "interrupted");
      assert.equal(summary.exit_code, null);
      assert.equal(summary.leftover_process_count, 7);
      for (const member of pids) assert.notEqual(stateOf(member), undefined, `${member} was ended`);
    } finally {
      tree.closeInput();
      await tree.ended;
    }
  });

  test("counts CPU from now on, not from the tree's start", { timeout: 120_000 }, async () => {
    const busy = startProgram(["sh", "-c", "echo begun; while :; do :; done"]);
    await busy.line((line) => line === "begun");
    try {
      await attached(busy.pid, ["--duration", "500ms"]); // time in which it uses CPU
      await eventually(() => cpuOf(busy.pid) > 0.1);
      const before = cpuOf(busy.pid);
      const { summary, samples } = await attached(busy.pid, [...FAST, "--duration", "4s"]);
      const used = cpuOf(busy.pid) - before;
      assert.ok(before > 0.1, `${before}`);
      // Outside of its own duration proctor starts and ends: some hundredths of a second of the loop.
      assert.ok(summary.cpu_seconds! <= used + 0.03, `${summary.cpu_seconds}, ${used} were used`);
      assert.ok(summary.cpu_seconds! >= used * 0.7, `${summary.cpu_seconds}, ${used} were used`);
      const [{ cpu_seconds, elapsed_seconds }] = samples;
      assert.ok(
        cpu_seconds! < elapsed_seconds + 0.1,
        `${cpu_seconds} in the first sample, at ${elapsed_seconds}`,
      );
      assert.ok(summary.max_cpu_percent! < 130, `${summary.max_cpu_percent}`);
      assert.ok(samples[0].uptime_seconds > 0.5, "uptime is the process's");
    } finally {
      busy.kill("SIGKILL");
    }
  });

  test("counts children that come and go meanwhile", { timeout: 120_000 }, async () => {
    const storm = startProgram(["sh", "-c", 'echo begun; read x; exec "$0" 50 0.01', fixture("storm")], {
      input: "open",
    });
    await storm.line((line) => line === "begun");
    const watching = start([
      "attach",
      String(storm.pid),
      "--quiet",
      "--summary",
      "none",
      "--records",
      "-",
      "--interval",
      "200ms",
    ]);
    await watching.line((line) => line.includes('"kind":"start"'));
    storm.write("\n");
    const { stdout } = await storm.ended;
    const { summary } = parseStream((await watching.ended).stdout.toString());
    const { children, self } = JSON.parse(stdout.toString().trim().split("\n").at(-1)!);
    const truth = children.cpu_seconds + self.cpu_seconds;
    assert.ok(summary.cpu_seconds! <= truth * 1.02 + 0.02, `${summary.cpu_seconds}, ${truth}`);
    // The last children and the root itself end unseen by anybody but their parent: a lower bound, and it says so.
    if (summary.cpu_seconds! < truth * 0.98) assert.equal(summary.accounting.cpu.quality, "lower_bound");
  });

  test("bills a grandchild once that has ended together with its parent", { timeout: 120_000 }, async () => {
    const script = `echo begun; read x; sh -c 'sh -c "\\"\\$FIXTURE\\" 0.4; true"; true'; read y`;
    const root = startProgram(["sh", "-c", script], { input: "open", env: { FIXTURE: fixture("burn_cpu") } });
    await root.line((line) => line === "begun");
    const watching = start(["attach", String(root.pid), "--quiet", "--records", "-", "--interval", "50ms"]);
    await watching.line((line) => line.includes('"kind":"start"'));
    root.write("\n");
    const { cpu_seconds: truth } = JSON.parse(await root.line((line) => line.includes("cpu_seconds")));
    // Its shells have ended, and been looked for, before the root goes on to its end.
    await watching.line((line) =>
      line.includes('"kind":"sample"') && JSON.parse(line).process_count === 1 &&
      JSON.parse(line).cpu_seconds > 0.2
    );
    root.closeInput();
    await root.ended;
    const { summary } = parseStream((await watching.ended).stdout.toString());
    assert.ok(summary.cpu_seconds! < truth + 0.1, `${summary.cpu_seconds}, ${truth}`);
    assert.ok(summary.cpu_seconds! > truth * 0.9, `${summary.cpu_seconds}, ${truth}`);
  });

  test("ends when the tree ends", { timeout: 120_000 }, async () => {
    const sleeper = startProgram(["sh", "-c", "echo begun; read x"], { input: "open" });
    await sleeper.line((line) => line === "begun");
    const watching = start(["attach", String(sleeper.pid), "--quiet", "--records", "-"]);
    await watching.line((line) => line.includes('"kind":"start"'));
    sleeper.closeInput();
    await sleeper.ended;
    const { code, stdout } = await watching.ended;
    const { summary, processes } = parseStream(stdout.toString());
    assert.equal(code, 0);
    assert.equal(summary.outcome, "exited");
    assert.equal(summary.leftover_process_count, 0);
    assert.ok(processes.some(({ pid }) => pid === sleeper.pid), "the record of the root");
  });

  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    test(`${name} ends the watching and leaves the tree alone`, { timeout: 120_000 }, async () => {
      const sleeper = startProgram([fixture("on_signal"), name.slice(3), "33"]);
      await sleeper.ready();
      try {
        const watching = start(["attach", String(sleeper.pid), "--records", "-", "--summary", "none"]);
        await watching.line((line) => line.includes('"kind":"start"'));
        watching.kill(name);
        const { code, stdout } = await watching.ended;
        assert.equal(code, 0);
        assert.equal(parseStream(stdout.toString()).summary.outcome, "interrupted");
        assert.equal(sleeper.stderr, "");
        assert.equal(stateOf(sleeper.pid), "S");
        assert.deepEqual(cgroupsOf(watching.pid), []);
      } finally {
        sleeper.kill("SIGKILL");
      }
    });
  }

  test("writes its text summary", { timeout: 120_000 }, async () => {
    const tree = startProgram([fixture("many_processes"), "1", "-"], { input: "open" });
    const { pid } = await tree.ready();
    const { stderr, stdout } = await proctor(["attach", String(pid), "--duration", "200ms"]);
    tree.closeInput();
    assert.equal(stdout.length, 0);
    assert.match(stderr, /^proctor {2}\/usr\/bin\/perl [^\n]* {2}still running\n {2}wall /);
  });

  test("no such process is 125 with one line", { timeout: 120_000 }, async () => {
    const gone = startProgram(["true"]);
    await gone.ended;
    const { code, stdout, stderr } = await proctor(["attach", String(gone.pid), "--records", "-"]);
    assert.equal(code, 125);
    assert.equal(stdout.length, 0);
    assert.match(stderr, new RegExp(`^proctor: [^\\n]*${gone.pid}\\n$`));
  });
});
