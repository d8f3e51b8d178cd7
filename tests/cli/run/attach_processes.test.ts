/* attach --processes: every process of a tree that runs already, on each rung of the ladder. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { summaryRecordSchema } from "../../../core/schema/record.ts";
import { openProcessEvents } from "../../../platform/mod.ts";
import type { Running } from "../support/proctor.ts";
import { withDirectory } from "../support/directory.ts";
import { runProgram, startProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import type { Stream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";
import { asNobody, cannotDrop, cannotLend, lending } from "../support/unprivileged.ts";

const SHORT = 300;
const LOOP = `i=0; while [ $i -lt ${SHORT} ]; do /bin/true; i=$((i+1)); done`;
/** What it has used before is told; then it waits to be told to go on, and starts a short one after the other. */
const TREE = `${LOOP}; sleep 600 & echo ready; read go; ${LOOP}; echo done; read end; kill $!; exit 3`;

const opened = await openProcessEvents();
const refusal = "drain" in opened ? false : opened.reason;
const source = "drain" in opened ? opened.source : "none";
const noAccounts = refusal || (source.includes("taskstats") ? false : "needs CAP_NET_ADMIN");
const hasPrograms = source.startsWith("bpf");
if ("drain" in opened) opened.close();
const noNamespace = spawnSync("unshare", ["--net", "true"]).status !== 0 && "cannot make a network namespace";
/** Whether the connector tells those without rights, which it does since Linux 6.6. */
const noConnector = cannotDrop || refusal || !sinceLinux(6, 6) && "needs Linux 6.6";

function sinceLinux(major: number, minor: number): boolean {
  const [ours, minors] = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".").map(Number);
  return ours > major || (ours === major && minors >= minor);
}

const noPython = !existsSync("/usr/bin/python3") && "needs python3";
/** Forty children that compute for some hundredths of a second each, one after the other. */
const COMPUTING_CHILDREN = `
import os, resource, subprocess, sys
def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime
print("ready", flush=True)
before = used(resource.RUSAGE_SELF)
sys.stdin.readline()
for _ in range(40):
    subprocess.run(["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
print(used(resource.RUSAGE_SELF) - before + used(resource.RUSAGE_CHILDREN), flush=True)
sys.stdin.readline()
os._exit(0)
`;

const same = (command: readonly string[]) => command;
type Wrap = (command: readonly string[]) => readonly string[];

/** Attach to a tree that has run for a while; it goes on once we watch it, and ends after that where asked to. */
async function attached(wrap: Wrap, ends: boolean): Promise<Stream & { readonly stderr: string }> {
  return await withDirectory(async (directory) => {
    const tree = startProgram(wrap(["sh", "-c", TREE]), { input: "open" });
    await tree.line((line) => line === "ready");
    const watcher = startProgram(
      wrap([...SOURCE.command, "attach", "--processes", "--records", "-", String(tree.pid)]),
      { cwd: directory },
    );
    await watcher.line((line) => line.includes('"kind":"start"'));
    tree.write("go\n");
    await tree.line((line) => line === "done");
    if (!ends) watcher.kill("SIGINT");
    else tree.write("end\n");
    const outcome = await watcher.ended;
    await end(tree);
    assert.equal(outcome.code, 0, outcome.stderr);
    return { ...parseStream(outcome.stdout.toString()), stderr: outcome.stderr };
  });
}

async function end(tree: Running): Promise<void> {
  tree.closeInput();
  await tree.ended;
}

const rowsOf = ({ summary }: Stream, name: string) =>
  summary.processes!.by_executable.filter((row) => row.name === name);
const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("proctor: "));

describe("attach --processes", () => {
  test("tells those that ran before and those that came, and counts from then on", {
    skip: noAccounts,
    timeout: 120_000,
  }, async () => {
    const told = await attached(same, true);
    const { summary, processes } = told;
    assert.deepEqual(summary.accounting.processes, { source, quality: "exact" });
    // The shell and the sleep that it has begun before; what it had started and ended until then is not counted.
    assert.equal(summary.total_process_count, SHORT + 2);
    assert.equal(summary.processes!.earlier_count, 2);
    assert.equal(summary.processes!.lost_event_count, 0);
    const from = Date.parse(summary.processes!.counted_from!);
    assert.ok(from <= Date.parse(summary.timestamp) && from >= Date.parse(told.start.timestamp) - 10_000);
    const [short] = rowsOf(told, "true");
    assert.deepEqual([short.process_count, short.unaccounted_count, short.failed_count], [SHORT, 0, 0]);
    // Copies of the shell would have been called so.
    const [shell] = rowsOf(told, "sh");
    assert.deepEqual([shell.process_count, shell.failed_count], [1, 1]);
    const [sleep] = rowsOf(told, "sleep");
    assert.equal(sleep.process_count, 1);
    // It has slept all the while: a fault at its end, and no more than it takes to be ended.
    assert.ok(sleep.cpu_seconds! < 0.05, `${sleep.cpu_seconds}`);
    assert.equal(summary.processes!.cpu_quality, hasPrograms ? "exact" : "lower_bound");
    // It is over, so that a path leads to its end.
    assert.ok(summary.processes!.critical_path!.wall_seconds <= summary.wall_seconds + 1);
    assert.equal(processes.length, SHORT + 2);
    const record = processes.find(({ name }) => name === "sh")!;
    assert.equal(record.exit_code, 3);
    assert.ok(Date.parse(record.kernel!.counted_from!) >= from - 1_000);
    assert.ok(Date.parse(record.start_time) <= Date.parse(record.kernel!.counted_from!));
    assert.ok(processes.filter(({ name }) => name === "true").every(({ kernel }) => !kernel!.counted_from));
  });

  test(
    "counts of one that ran before what it has used since",
    { skip: noAccounts, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        // CPU and bytes: most of it before, by a thread that has ended, too.
        const work = "sub work { my $x; $x += $_ for 1 .. 4_000_000; syswrite $f, 'x' x 1e6 } ";
        const program = `open my $f, '>', '${directory}/out'; ${work}
        eval { require threads; threads->create(sub { my $x; $x += $_ for 1 .. 8_000_000 })->join };
        work(); work();
        $| = 1; print "ready\\n"; <STDIN>; work(); print "done\\n"; <STDIN>`;
        const perl = startProgram(["/usr/bin/perl", "-e", program.replaceAll("\n", " ")], { input: "open" });
        await perl.line((line) => line === "ready");
        const before = cpuOf(perl.pid);
        const file = join(directory, "summary.json");
        const watcher = startProgram([
          ...SOURCE.command,
          ...["attach", "--processes", "--records", "-", "--summary-file", file, String(perl.pid)],
        ]);
        await watcher.line((line) => line.includes('"kind":"start"'));
        perl.write("go\n");
        await perl.line((line) => line === "done");
        const used = cpuOf(perl.pid) - before;
        await end(perl);
        const { code, stderr } = await watcher.ended;
        assert.equal(code, 0, stderr);
        const [life] = JSON.parse(readFileSync(file, "utf8")).processes.dearest;
        assert.equal(life.name, "perl");
        assert.ok(life.io_write_bytes >= 1e6 && life.io_write_bytes < 1.1e6, `${life.io_write_bytes}`);
        // Its end, and a tick of the timer, are what differs.
        assert.ok(Math.abs(life.cpu_seconds - used) < 0.05 + 0.1 * used, `${life.cpu_seconds} and ${used}`);
        assert.ok(life.wall_seconds > life.cpu_seconds);
      }),
  );

  test("makes the CPU of the whole tree exact, the last that its parent waited for included", {
    skip: noAccounts || !hasPrograms && "needs programs in the kernel" || noPython,
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      const tree = startProgram(["/usr/bin/python3", "-c", COMPUTING_CHILDREN], { input: "open" });
      await tree.line((line) => line === "ready");
      const file = join(directory, "summary.json");
      const watcher = startProgram([
        ...SOURCE.command,
        ...["attach", "--processes", "--records", "-", "--summary-file", file, String(tree.pid)],
      ]);
      await watcher.line((line) => line.includes('"kind":"start"'));
      tree.write("go\n");
      // By getrusage(2): its own since it was ready, and all of its children's.
      const used = Number(await tree.line((line) => /^[\d.]+$/.test(line)));
      await end(tree);
      const { code, stderr } = await watcher.ended;
      assert.equal(code, 0, stderr);
      const summary = summaryRecordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
      assert.deepEqual(summary.accounting.cpu, { source, quality: "exact" });
      assert.ok(used > 0.5, `${used}`);
      assert.ok(
        Math.abs(summary.cpu_seconds! - used) < 0.01 + 0.01 * used,
        `${summary.cpu_seconds} and ${used}`,
      );
      const { cpu_user_seconds, cpu_system_seconds } = summary;
      // Each of the three is rounded to a microsecond by itself.
      const rest = Math.round((cpu_user_seconds! + cpu_system_seconds! - summary.cpu_seconds!) * 1e6);
      assert.ok(Math.abs(rest) <= 1, `${rest} µs`);
    }));

  test("tells what those used that go on", { skip: noAccounts, timeout: 120_000 }, async () => {
    const told = await attached(same, false);
    const { summary } = told;
    assert.equal(summary.outcome, "interrupted");
    assert.deepEqual(summary.accounting.processes, { source, quality: "exact" });
    assert.equal(summary.total_process_count, SHORT + 2);
    const [shell] = rowsOf(told, "sh");
    assert.deepEqual([shell.process_count, shell.unaccounted_count], [1, 0]);
    // It has forked all these; before that it had forked as many.
    assert.ok(shell.cpu_seconds! > 0 && shell.cpu_seconds! < summary.wall_seconds);
    assert.ok(shell.voluntary_context_switches! < 3 * SHORT);
    assert.equal(summary.processes!.critical_path, null);
    assert.equal(told.processes.length, SHORT);
  });

  test("falls to the connector where programs are refused, with one line", {
    skip: !hasPrograms || cannotLend("net_admin") || noAccounts,
    timeout: 120_000,
  }, async () => {
    const told = await attached(lending("net_admin"), true);
    assert.equal(lines(told.stderr).length, 1, told.stderr);
    assert.match(told.stderr, /^proctor: processes: programs in the kernel need CAP_BPF/m);
    const { accounting, total_process_count } = told.summary;
    assert.deepEqual(accounting.processes, { source: "connector, taskstats", quality: "exact" });
    assert.equal(total_process_count, SHORT + 2);
    assert.equal(rowsOf(told, "true")[0].unaccounted_count, 0);
    assert.ok(rowsOf(told, "sh")[0].cpu_seconds! > 0);
  });

  test("falls to counting where accounts may not be read, with one line", {
    skip: noConnector,
    timeout: 120_000,
  }, async () => {
    const told = await attached(asNobody, true);
    assert.equal(lines(told.stderr).length, 1, told.stderr);
    assert.match(told.stderr, /^proctor: processes: taskstats need CAP_NET_ADMIN/m);
    assert.deepEqual(told.summary.accounting.processes, { source: "connector", quality: "exact" });
    assert.equal(told.summary.total_process_count, SHORT + 2);
    assert.equal(told.summary.processes!.cpu_quality, "lower_bound");
  });

  test("falls to what samples see where nothing is told, with one line", {
    skip: noNamespace || cannotDrop,
    timeout: 120_000,
  }, async () => {
    const told = await attached((command) => ["unshare", "--net", "--", ...asNobody(command)], false);
    assert.equal(lines(told.stderr).length, 1, told.stderr);
    assert.match(told.stderr, /samples have seen .* network namespace only; run proctor outside/);
    const { accounting, processes } = told.summary;
    assert.equal(accounting.processes.quality, "lower_bound");
    assert.equal(processes!.lost_event_count, null);
    // Both live on, and are told.
    assert.equal(rowsOf(told, "sh").length, 1);
    assert.equal(rowsOf(told, "sleep")[0].process_count, 1);
  });

  test("holds nothing when there is no such process", { timeout: 120_000 }, async () => {
    const gone = spawnSync("/bin/true").pid;
    const { code, stderr } = await runProgram([...SOURCE.command, "attach", "--processes", String(gone)]);
    assert.equal(code, 125);
    assert.equal(stderr, `proctor: pid: there is no process ${gone}\n`);
  });
});

/** CPU seconds of a process itself, threads that have ended included, by the kernel's ticks. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
