import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { launchError } from "../../../group/launch_error.ts";
import type { LaunchSpec } from "../../../platform/mod.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const LONG = { timeout: 60_000 };

/** A line of /proc/PID/limits (proc_pid_limits(5)): soft and hard. */
function limitOf(pid: number, name: string): string[] {
  const line = readFileSync(`/proc/${pid}/limits`, "utf8").split("\n").find((one) => one.startsWith(name))!;
  return line.slice(26).trim().split(/ +/).slice(0, 2);
}

/** The 19th field of proc_pid_stat(5). */
function niceOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[16];
}

/** Root, with CAP_SYS_NICE (the 23rd of capabilities(7)), which a container may lack. */
const mayBeNicer = process.getuid!() === 0 &&
  (BigInt(`0x${/^CapEff:\t(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]}`) >> 23n & 1n) === 1n;

describe("what a process is given", () => {
  test("mask, nice value and limits, in the process and all it starts", LONG, async () => {
    const means = {
      umask: "027",
      nice: 7,
      rlimits: { core: 0, stack: "3M", cpu: 1_000, fsize: "unlimited" },
    };
    await using test = await TestSupervisor.start([
      shell("a", "sh -c 'umask; ulimit -s' & wait; exec sleep 1000", means),
      shell("b", "umask; exec sleep 1000", { umask: "0177" }),
    ]);
    const { pid } = await test.reaches("a", "running");
    const lines = await test.until("it has told", () => {
      const told = test.log("a").split("\n").filter((line) => line !== "");
      return told.length === 2 && told.map((line) => line.replace(/^.* \| /, ""));
    });
    assert.deepEqual(lines, ["0027", "3072"]);
    assert.equal(niceOf(pid!), "7");
    assert.deepEqual(limitOf(pid!, "Max core file size"), ["0", "0"]);
    assert.deepEqual(limitOf(pid!, "Max stack size"), ["3145728", "3145728"]);
    assert.deepEqual(limitOf(pid!, "Max cpu time"), ["1000", "1000"]);
    assert.deepEqual(limitOf(pid!, "Max file size"), ["unlimited", "unlimited"]);
    await test.until("the other has told", () => /\| 0177\n/.test(test.log("b")));
  });

  const skip = !mayBeNicer && "needs root and CAP_SYS_NICE";
  test("by the rights of the supervisor, not by those it then has", { ...LONG, skip }, async () => {
    const means = { user: 65_534, group: 65_534, working_directory: "/", nice: -3 };
    await using test = await TestSupervisor.start([shell("a", "exec sleep 1000", means)]);
    const { pid } = await test.reaches("a", "running");
    assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^Uid:\t65534/m);
    assert.equal(niceOf(pid!), "-3");
  });

  test("what cannot be set is named", () => {
    const spec = {
      file: new Uint8Array(),
      niceness: -5,
      resourceLimits: { core: Infinity, as: 1 },
    } as unknown;
    const told = (["niceness", "resource_limit"] as const).map((stage) =>
      launchError({ stage, errno: 13, message: "permission denied" }, spec as LaunchSpec).message
    );
    assert.deepEqual(told, [
      "niceness: cannot set it to -5: permission denied",
      "resourceLimits: cannot set core, as: permission denied",
    ]);
  });
});

describe("when a process is a success", () => {
  test("exit codes that are named count as 0 does", LONG, async () => {
    await using test = await TestSupervisor.start([
      shell("once", "exit 3", { restart_policy: "never", success_exit_codes: [3, 4] }),
      shell("after", "exec sleep 1000", {}, { depends_on: { once: { condition: "exited_successfully" } } }),
      shell("other", "exit 5", { restart_policy: "never", success_exit_codes: [3, 4] }),
    ]);
    await test.reaches("after", "running");
    const once = await test.reaches("once", "stopped");
    assert.equal(once.reason, "it ended with exit code 3, a success");
    const other = await test.reaches("other", "failed");
    assert.equal(other.reason, "it ended with exit code 5");
  });

  test("it runs when it has lived for start_seconds, and an end before is a failure", LONG, async () => {
    await using test = await TestSupervisor.start([
      shell("quick", "exit 0", { restart_policy: "never", start_seconds: 30 }),
      shell("slow", "exec sleep 1000", { start_seconds: 0.3 }),
      shell("checked", "exec sleep 1000", { start_seconds: 0.3 }, {}, {
        readiness_check: { type: "exec", exec: { command: ["true"] } },
      }),
    ]);
    const quick = await test.reaches("quick", "failed");
    assert.match(
      quick.reason!,
      /^it ended with exit code 0 after \d+\.\d s, before its start_seconds were over$/,
    );
    for (const id of ["slow", "checked"]) {
      await test.reaches(id, "running");
      assert.deepEqual(test.path(id), ["starting", "running"]);
      const [starting, running] = test.events.filter((event) =>
        event.id === id && event.kind === "transition"
      );
      assert.ok(Date.parse(running.timestamp) - Date.parse(starting.timestamp) >= 290, id);
    }
  });
});
