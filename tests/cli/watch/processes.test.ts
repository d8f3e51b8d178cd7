/* proctor watch --processes: every process of trees and cgroups that others have started. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { taskProcessRecordSchema } from "../../../core/schema/task_process.ts";
import type { TaskProcessRecord } from "../../../core/schema/task_process.ts";
import { openProcessEvents } from "../../../platform/mod.ts";
import { eventually } from "../../support/eventually.ts";
import { freshName, makeCgroup, noWorkloads, ownV2 } from "../../support/workload_cgroups.ts";
import { withDirectory } from "../support/directory.ts";
import { runProgram, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const opened = await openProcessEvents({ isOfOthers: true, isOfGroups: true });
const refusal = "drain" in opened ? opened.source === "connector" && "needs CAP_NET_ADMIN" : opened.reason;
const source = "drain" in opened ? opened.source : "none";
const noGroups = "drain" in opened && opened.groupRoom > 0 ? false : "needs programs in the kernel";
if ("drain" in opened) opened.close();

const SHORT = 200;
const LOOP = `i=0; while [ $i -lt ${SHORT} ]; do /bin/true; i=$((i+1)); done`;
const TREE = `echo ready; read go; ${LOOP}; echo done; read end; exit 3`;
/**
 * Its children compute, and are waited for by nobody: the kernel discards what they have used. Each tells it what that
 * is, by getrusage(2), and how often it faulted; then it computes itself, and tells the sum.
 */
const DISCARDING = `
import os, resource, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_minflt
def compute(rounds):
    x = 0
    for i in range(rounds): x += i
told, tell = os.pipe()
print("ready", flush=True)
seconds, faults = (-value for value in used())
sys.stdin.readline()
for _ in range(30):
    if os.fork() == 0:
        compute(800_000)
        b"%f %d" % used() # What it takes to tell is in it, too.
        os.write(tell, b"%f %d" % used())
        os._exit(0)
    try:
        os.wait()
    except ChildProcessError:
        pass
    one = os.read(told, 100).split()
    seconds, faults = seconds + float(one[0]), faults + int(one[1])
compute(4_000_000)
one = used()
print(seconds + one[0], faults + one[1], flush=True)
sys.stdin.readline()
os._exit(0)
`;
const noPython = !existsSync("/usr/bin/python3") && "needs python3";
const FAST = ["--interval", "100ms", "--discover-interval", "100ms", "--processes"];

const watcher = (args: readonly string[]) => startProgram([...SOURCE.command, "watch", ...args]);

/** A message that was told, held against the schema. */
function parsed(line: string): TaskMessage {
  const value = JSON.parse(line);
  const message = taskMessageSchema.parse(value);
  assert.deepEqual(message, value, "keys that the schema does not know");
  return message;
}

/** The first message that a test accepts; records of processes stand among them. */
async function message(agent: Running, accepts: (message: TaskMessage) => boolean): Promise<TaskMessage> {
  return parsed(
    await agent.line((line) => {
      const value = JSON.parse(line);
      return value.kind === undefined && accepts(value);
    }),
  );
}

/** The records of processes in what an agent has written, each held against the schema. */
function processesIn(text: string): TaskProcessRecord[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line)).filter(({ kind }) => kind !== undefined)
    .map((value) => {
      const record = taskProcessRecordSchema.parse(value);
      assert.deepEqual(record, value, "keys that the schema does not know");
      return record;
    });
}

const numberOf = ({ processes }: TaskMessage, name: string | null) =>
  processes!.by_executable.filter((row) => row.name === name)
    .reduce((sum, { process_count }) => sum + process_count, 0);

async function stop(agent: Running): Promise<void> {
  agent.kill("SIGINT");
  const { code, stderr } = await agent.ended;
  assert.equal(code, 0, stderr);
}

describe("watch --processes", () => {
  test("tells each process of two trees, as they go on and at the end", {
    skip: refusal,
    timeout: 120_000,
  }, async () => {
    const trees = [0, 1].map(() => startProgram(["sh", "-c", TREE], { input: "open" }));
    for (const tree of trees) await tree.line((line) => line === "ready");
    const [first, second] = trees.map(({ pid }) => pid);
    const agent = watcher(["--pid", String(first), "--pid", String(second), ...FAST]);
    for (const pid of [first, second]) await message(agent, ({ process }) => process!.pid === pid);
    for (const tree of trees) tree.write("go\n");
    for (const tree of trees) await tree.line((line) => line === "done");
    const running = await message(
      agent,
      // Whoever was born last may have executed nothing by then.
      (one) => one.process!.pid === second && numberOf(one, "true") === SHORT,
    );
    assert.equal(running.processes!.process_count, SHORT + 1);
    assert.equal(running.state, "running");
    assert.deepEqual(running.processes!.dearest, []);
    trees[0].write("end\n");
    const last = await message(agent, ({ process, state }) => process!.pid === first && state === "ended");
    assert.deepEqual([last.processes!.source, last.processes!.quality], [source, "exact"]);
    assert.deepEqual([last.processes!.process_count, last.processes!.earlier_count], [SHORT + 1, 1]);
    assert.equal(numberOf(last, "true"), SHORT);
    assert.equal(last.processes!.dearest.length, 10);
    assert.equal(last.processes!.by_executable.find(({ name }) => name === "sh")!.failed_count, 1);
    await stop(agent);
    for (const tree of trees) tree.closeInput();
    await Promise.all(trees.map(({ ended }) => ended));
  });

  test("writes a record of each that has ended, before the last message of its task", {
    skip: refusal,
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      const tree = startProgram(["sh", "-c", TREE], { input: "open" });
      await tree.line((line) => line === "ready");
      const file = join(directory, "tasks.jsonl");
      const agent = watcher(["--pid", String(tree.pid), ...FAST, "--records", file]);
      await eventually(() => existsSync(file) && readFileSync(file, "utf8").includes('"state":"running"'));
      tree.write("go\n");
      await tree.line((line) => line === "done");
      tree.write("end\n");
      const { code, stderr } = await agent.ended;
      assert.equal(code, 0, stderr);
      await tree.ended;
      const text = readFileSync(file, "utf8");
      const last = parsed(text.trimEnd().split("\n").at(-1)!);
      assert.equal(last.state, "ended");
      const records = processesIn(text);
      assert.equal(records.length, SHORT + 1);
      assert.ok(
        records.every(({ task_id, proplet_id }) =>
          task_id === last.task_id && proplet_id === last.proplet_id
        ),
      );
      const short = records.filter(({ name }) => name === "true");
      assert.equal(short.length, SHORT);
      assert.equal(new Set(short.map(({ pid, start_time }) => `${pid} ${start_time}`)).size, SHORT);
      assert.ok(short.every(({ parent_pid, exit_code }) => parent_pid === tree.pid && exit_code === 0));
      const [shell] = records.filter(({ pid }) => pid === tree.pid);
      assert.deepEqual([shell.exit_code, shell.kernel!.counted_from !== undefined], [3, true]);
      // What they used is what the task is said to have used.
      const sum = records.reduce((total, { cpu_seconds }) => total + cpu_seconds!, 0);
      const told = last.processes!.by_executable.reduce((total, { cpu_seconds }) => total + cpu_seconds!, 0);
      assert.ok(Math.abs(sum - told) < 1e-3, `${sum} and ${told}`);
    }));

  test("counts for a task what its processes used whose accounts nobody has taken, while it goes on", {
    skip: refusal || !source.startsWith("bpf") && "needs programs in the kernel" || noPython,
    timeout: 120_000,
  }, async () => {
    const tree = startProgram(["/usr/bin/python3", "-c", DISCARDING], { input: "open" });
    await tree.line((line) => line === "ready");
    const agent = watcher(["--pid", String(tree.pid), ...FAST]);
    await message(agent, ({ processes }) => processes!.process_count === 1);
    tree.write("go\n");
    const [seconds, faults] = (await tree.line((line) => /^[\d.]+ \d+$/.test(line))).split(" ").map(Number);
    assert.ok(seconds > 0.5, `${seconds}`);
    const isAsUsed = (counted: number, used: number) => Math.abs(counted - used) < 0.02 + 0.03 * used;
    const running = await message(
      agent,
      ({ metrics, processes }) => processes!.process_count === 31 && metrics.cpu_seconds! >= seconds,
    );
    assert.equal(running.state, "running");
    assert.deepEqual(running.accounting!.cpu, { source, quality: "exact" });
    tree.write("end\n");
    const { metrics, aggregated } = await message(agent, ({ state }) => state === "ended");
    // The end of each comes after what it has told: freeing its memory, mostly.
    const ends = 31 * 0.002;
    assert.ok(
      isAsUsed(metrics.cpu_seconds!, seconds + ends / 2),
      `${metrics.cpu_seconds} and ${seconds}`,
    );
    assert.ok(
      Math.abs(metrics.minor_faults! - faults) < 0.05 * faults,
      `${metrics.minor_faults} and ${faults}`,
    );
    // One core, of which no message says more than it can have done.
    assert.ok(aggregated.max_cpu_usage! < 150, `${aggregated.max_cpu_usage} %`);
    await agent.ended;
    tree.closeInput();
    await tree.ended;
  });

  test("tells who is in a unit: who enters it for a moment, and not who has left", {
    skip: refusal || noWorkloads || noGroups,
    timeout: 120_000,
  }, async () => {
    const unit = freshName("processes");
    await using cgroup = makeCgroup(ownV2(), `system.slice/${unit}.service`);
    const enter = `echo 0 > ${join(cgroup.directory, "cgroup.procs")}`;
    const leave = `echo 0 > ${join(ownV2(), "cgroup.procs")}`;
    const main = startProgram(["sh", "-c", `${enter}; ${TREE}`], { input: "open" });
    await main.line((line) => line === "ready");
    const agent = watcher(["--unit", unit, ...FAST]);
    await message(agent, ({ processes }) => processes!.process_count === 1);
    // One that enters and executes; one that enters, starts a child, leaves, and starts others.
    await runProgram(["sh", "-c", `${enter}; exec /bin/true`]);
    await runProgram(["sh", "-c", `${enter}; /bin/true; ${leave}; /bin/true; /bin/true; exit 0`]);
    main.write("go\n");
    await main.line((line) => line === "done");
    main.write("end\n");
    const last = await message(agent, ({ state }) => state === "ended");
    assert.deepEqual([last.processes!.source, last.processes!.quality], [source, "exact"]);
    assert.equal(numberOf(last, "true"), SHORT + 2);
    // Of whoever has left before anybody could ask nobody knows the name.
    assert.equal(numberOf(last, "sh") + numberOf(last, null), 2);
    assert.equal(last.processes!.process_count, SHORT + 4);
    assert.equal(last.processes!.earlier_count, 1);
    await stop(agent);
    await main.ended;
  });

  test(
    "listens as long as a target of its file asks for that",
    { skip: refusal, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const tree = startProgram(["sh", "-c", "echo ready; read end"], { input: "open" });
        await tree.line((line) => line === "ready");
        const config = join(directory, "watch.yaml");
        const settings = (asks: boolean) =>
          `interval: 100ms\ndiscover_interval: 100ms\ntargets:\n  - pid: ${tree.pid}\n    processes: ${asks}\n`;
        writeFileSync(config, settings(true));
        const agent = watcher(["--config", config]);
        // What the kernel tells by: programs of its own, or a socket.
        const ears = () => {
          const links = readdirSync(`/proc/${agent.pid}/fd`).map((name) => {
            try {
              return readlinkSync(`/proc/${agent.pid}/fd/${name}`);
            } catch {
              return "";
            }
          });
          const netlink = readFileSync(`/proc/${agent.pid}/net/netlink`, "utf8").split("\n")
            .map((line) => line.trim().split(/\s+/).at(-1));
          return links.filter((link) =>
            /bpf/.test(link) || netlink.some((inode) => link === `socket:[${inode}]`)
          );
        };
        for (let round = 0; round < 2; round++) {
          await message(agent, ({ processes }) => processes?.process_count === 1);
          assert.ok(ears().length > 0);
          writeFileSync(config, settings(false));
          agent.kill("SIGHUP");
          await eventually(() => ears().length === 0);
          await message(agent, ({ processes, state }) => state === "running" && processes === undefined);
          writeFileSync(config, settings(true));
          agent.kill("SIGHUP");
          await eventually(() => ears().length > 0);
        }
        await stop(agent);
        tree.closeInput();
        await tree.ended;
      }),
  );

  test("says once what is not told, and what of cgroups is not", {
    skip: cannotDrop || noWorkloads || refusal,
    timeout: 120_000,
  }, async () => {
    const unit = freshName("processes");
    await using cgroup = makeCgroup(ownV2(), `system.slice/${unit}.service`);
    const enter = `echo 0 > ${join(cgroup.directory, "cgroup.procs")}`;
    const main = startProgram(["sh", "-c", `${enter}; echo ready; read end`], { input: "open" });
    await main.line((line) => line === "ready");
    const agent = startProgram(asNobody([...SOURCE.command, "watch", "--unit", unit, ...FAST]));
    const { processes } = await message(agent, () => true);
    assert.equal(processes!.quality, "lower_bound");
    assert.match(
      processes!.note!,
      /^members of a cgroup are reported by programs in the kernel only|network namespace/,
    );
    main.closeInput();
    await message(agent, ({ state }) => state === "ended");
    agent.kill("SIGINT");
    const { stderr } = await agent.ended;
    const told = stderr.split("\n").filter((line) => /processes: /.test(line));
    assert.ok(told.length <= 2 && told.length >= 1, stderr);
    assert.equal(new Set(told).size, told.length);
    await main.ended;
  });
});

describe("what makes no sense is refused", () => {
  test("a process alone", { timeout: 120_000 }, async () => {
    const args = ["watch", "--name", "x", "--no-tree", "--processes"];
    const { code, stderr } = await runProgram([...SOURCE.command, ...args]);
    assert.equal(code, 125);
    assert.equal(stderr, "proctor: --processes: it needs the tree; leave out --no-tree\n");
  });

  test("in a file, with its place", { timeout: 120_000 }, () =>
    withDirectory(async (directory) => {
      writeFileSync(
        `${directory}/watch.yaml`,
        "targets:\n  - name: x\n    tree: false\n    processes: true\n",
      );
      const args = ["watch", "--config", "watch.yaml", "--check"];
      const { code, stderr } = await runProgram([...SOURCE.command, ...args], { cwd: directory });
      assert.equal(code, 125);
      assert.match(
        stderr,
        /watch\.yaml:4:\d+: targets\.0\.processes: they need a process with its descendants; leave out /,
      );
    }));
});
