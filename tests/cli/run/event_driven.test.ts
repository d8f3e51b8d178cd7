/* run --processes from outside: how often it wakes up, and what it finds after events were lost. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openProcessEvents } from "../../../platform/mod.ts";
import { assertBothSeen } from "../../support/both_seen.ts";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram, startProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";
import { asNobody, cannotDrop, cannotLend, lending } from "../support/unprivileged.ts";

const opened = await openProcessEvents();
const noEvents = "drain" in opened ? false : opened.reason;
/** Where strangers are told of, too, the rest of the machine wakes us. */
const noPrograms = noEvents || (("drain" in opened) && opened.tellsStrangers && "no programs in the kernel");
if ("drain" in opened) opened.close();

async function isToldNothing(): Promise<string | false> {
  if (cannotDrop) return cannotDrop;
  const { stdout } = await runProgram(asNobody([BINARY, "doctor", "--json"]));
  const findings: { topic: string; detail: string }[] = JSON.parse(stdout.toString()).findings;
  const { detail } = findings.find(({ topic }) => topic === "every process")!;
  return !/told by the kernel/.test(detail) && detail;
}
const noConnector = await isToldNothing();

const same = (command: readonly string[]) => command;

/** Run a command with --processes; what was recorded. */
async function recorded(
  proctor: readonly string[],
  options: readonly string[],
  command: readonly string[],
  wrap: (command: readonly string[]) => readonly string[] = same,
) {
  const words = [...proctor, "run", "--processes", "--records", "-", "--summary", "none", ...options, "--"];
  const { stdout } = await runProgram(wrap([...words, ...command]));
  return parseStream(stdout.toString());
}

describe("run --processes", () => {
  test("wakes up for ticks alone while nothing happens, where the runtime can be woken by events", {
    skip: noPrograms || ("Deno" in globalThis && "events are looked for by a timer on Deno"),
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      const file = join(directory, "summary.json");
      const words = ["run", "--processes", "--quiet", "--summary-file", file, "--", "sleep", "8"];
      await runProgram([...SOURCE.command, ...words]);
      const { monitor, wall_seconds } = JSON.parse(readFileSync(file, "utf8"));
      assert.equal(monitor.discovery, "events");
      // By a timer it would be ten times a second.
      const others = monitor.wake_up_count - monitor.tick_count;
      assert.ok(others < 5 * wall_seconds, `${others} wake-ups beside ${monitor.tick_count} ticks`);
      assert.ok(monitor.search_count <= 8 + wall_seconds / 5, `${monitor.search_count} searches`);
    }));

  test("does so amidst a tree that others have started, too", {
    skip: noPrograms || ("Deno" in globalThis && "events are looked for by a timer on Deno"),
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      const file = join(directory, "summary.json");
      const tree = startProgram(["sleep", "600"]);
      const words = ["attach", "--processes", "--quiet", "--duration", "8s", "--summary-file", file];
      await runProgram([...SOURCE.command, ...words, String(tree.pid)]);
      tree.kill("SIGKILL");
      await tree.ended;
      const { monitor, wall_seconds } = JSON.parse(readFileSync(file, "utf8"));
      assert.equal(monitor.discovery, "events");
      const others = monitor.wake_up_count - monitor.tick_count;
      assert.ok(others < 5 * wall_seconds, `${others} wake-ups beside ${monitor.tick_count} ticks`);
      assert.ok(monitor.search_count <= 8 + wall_seconds / 5, `${monitor.search_count} searches`);
    }));

  test("sees amidst a tree that others have started who is born there, orphans included", {
    skip: noEvents,
    timeout: 120_000,
  }, async () => {
    const fork = `${fixture("fork_tree")} 2 3 1`;
    const tree = startProgram(["sh", "-c", `echo ready; read go; (${fork} &); ${fork}; read end`], {
      input: "open",
    });
    await tree.line((line) => line === "ready");
    const options = ["--interval", "10ms", "--no-adaptive", "--budget", "100", "--records", "-"];
    const watcher = startProgram([...SOURCE.command, "attach", "--processes", ...options, String(tree.pid)]);
    await watcher.line((line) => line.includes('"kind":"sample"'));
    tree.write("go\n");
    // Thirteen of each, and the shell.
    await watcher.line((line) => JSON.parse(line).process_count === 27);
    tree.closeInput();
    const { stdout } = await watcher.ended;
    await tree.ended;
    const { summary } = parseStream(stdout.toString());
    assert.equal(summary.monitor.discovery, "events");
    assert.equal(summary.peak_process_count, 27);
    // One more leads the orphans, for a moment.
    assert.equal(summary.total_process_count, 28);
    assert.equal(summary.accounting.processes.quality, "exact");
  });

  test("takes a sample as soon as a process comes, though the next is not due for long", {
    skip: noEvents,
    timeout: 120_000,
  }, async () => {
    const options = ["--interval", "50ms", "--max-interval", "10m"];
    const tree = ["sh", "-c", "sleep 4; sleep 3; sleep 3; :"];
    const { samples, summary } = await recorded(SOURCE.command, options, tree);
    assertBothSeen(samples, summary.wall_seconds);
  });

  test("is told by the connector as by programs in the kernel", {
    skip: noEvents || cannotLend("net_admin"),
    timeout: 120_000,
  }, async () => {
    const options = ["--interval", "10ms", "--no-adaptive", "--budget", "100"];
    const tree = [fixture("fork_tree"), "2", "3", "1"];
    const { samples, summary } = await recorded([BINARY], options, tree, lending("net_admin"));
    assert.equal(summary.accounting.processes.source, "connector, taskstats");
    assert.equal(Math.max(...samples.map(({ process_count }) => process_count)), 13);
    assert.deepEqual([summary.peak_process_count, summary.total_process_count], [13, 13]);
    const { discovery, search_count } = summary.monitor;
    assert.equal(discovery, "events");
    assert.ok(search_count! <= 8 + summary.wall_seconds / 5, `${search_count} searches`);
  });

  test("finds who was born while events were lost", {
    skip: noConnector,
    timeout: 120_000,
  }, async () => {
    // As nobody, with little room for events; proctor stands still meanwhile.
    const room = 2 * Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8"));
    const count = Math.ceil((1.5 * room) / (2 * 832));
    const storm = `kill -STOP $PPID; i=0; while [ $i -lt ${count} ]; do ( : ); i=$((i+1)); done; ` +
      "sleep 3 & kill -CONT $PPID; wait";
    const options = ["--interval", "50ms", "--no-adaptive"];
    const { samples, summary } = await recorded([BINARY], options, ["sh", "-c", storm], asNobody);
    const { processes, monitor, wall_seconds } = summary;
    assert.ok(processes!.lost_event_count! > 0);
    // Searched for in its turn it might come too late.
    const late = samples.filter(({ elapsed_seconds: at }) => at > wall_seconds - 2);
    assert.ok(late.some(({ process_count }) => process_count === 2), JSON.stringify(late.at(0)));
    assert.equal(monitor.discovery, "events");
    assert.ok(monitor.search_count! >= 2);
  });
});
