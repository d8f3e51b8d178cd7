/* run --processes: every process that lived, on each rung of its ladder. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { summaryRecordSchema } from "../../../core/schema/record.ts";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { eventually } from "../../support/eventually.ts";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, runProgram, startProgram } from "../support/proctor.ts";
import type { Outcome } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";
import { asNobody, cannotDrop, cannotLend, lending } from "../support/unprivileged.ts";
import { SOURCE as PROCTOR } from "../support/runtimes.ts";
import { isLoaded, programsOf } from "../support/bpf_programs.ts";

const SHORT = 2_000;
const LOOP = `i=0; while [ $i -lt ${SHORT} ]; do /bin/true; i=$((i+1)); done`;
/** Of the process events connector and of taskstats, as /proc/net/netlink numbers them. */
const PROTOCOLS = ["11", "16"];
const TASKSTATS = "16";

const rung = (findings: { topic: string; ok: boolean; detail: string }[]) =>
  findings.find(({ topic }) => topic === "every process")!;

async function rungOf(wrap: (command: readonly string[]) => readonly string[]) {
  const { stdout } = await runProgram(wrap([BINARY, "doctor", "--json"]));
  return rung(JSON.parse(stdout.toString()).findings);
}

const same = (command: readonly string[]) => command;
const ours = await rungOf(same);
const noAccounts = !/accounts|exact use/.test(ours.detail) && `${ours.detail}`;
const hasPrograms = /exact use/.test(ours.detail);
const SOURCE = hasPrograms ? "bpf, taskstats" : "connector, taskstats";
const theirs = cannotDrop ? undefined : await rungOf(asNobody);
const noConnector = cannotDrop || (/samples/.test(theirs!.detail) && theirs!.detail);
const noPrograms = !hasPrograms && `no programs in the kernel: ${ours.detail}`;
const noPython = !existsSync("/usr/bin/python3") && "needs python3";
/** Twenty children of one that ignores SIGCHLD; each tells what it has used by itself, and what it has written. */
const DISCARDED_CHILDREN = `
import os, resource, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
used, told = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        sum(i * i for i in range(400000))
        os.write(os.open("/dev/null", os.O_WRONLY), b"x" * 100000)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        os.write(told, b"%.6f\\n" % (usage.ru_utime + usage.ru_stime))
        os._exit(0)
os.close(told)
lines = os.fdopen(used).read().split()
print(sum(map(float, lines)), 20 * 100000)
`;
const cannotMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status !== 0 &&
  "cannot mount";
/** Where no cgroup can be made. */
const withoutCgroups = (command: readonly string[]) => {
  const mounts = 'mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$@"';
  return ["unshare", "-m", "--propagation", "private", "sh", "-c", mounts, "sh", ...command];
};
const noNamespace = spawnSync("unshare", ["--net", "true"]).status !== 0 && "cannot make a network namespace";

interface Told {
  readonly outcome: Outcome;
  readonly summary: SummaryRecord;
}

/** Run a command with --processes; the summary, held against the schema. */
async function told(
  command: readonly string[],
  wrap: (command: readonly string[]) => readonly string[] = same,
): Promise<Told> {
  return await withDirectory(async (directory) => {
    const file = join(directory, "summary.json");
    const words = [BINARY, "run", "--processes", "--summary-file", file, "--", ...command];
    const outcome = await runProgram(wrap(words));
    const record = JSON.parse(readFileSync(file, "utf8"));
    const summary = summaryRecordSchema.parse(record);
    assert.deepEqual(summary, record, "keys that the schema does not know");
    return { outcome, summary };
  });
}

const row = ({ processes }: SummaryRecord, name: string) =>
  processes!.by_executable.find((one) => one.name === name);
const sum = (numbers: (number | null)[]) => numbers.reduce((total: number, value) => total + (value ?? 0), 0);

describe("run --processes", () => {
  test("tells each of 2,000 short processes, and what they used in all", {
    skip: noAccounts,
    timeout: 120_000,
  }, async () => {
    const { outcome, summary } = await told(["sh", "-c", `${LOOP}; exit 3`]);
    assert.equal(outcome.code, 3);
    assert.equal(outcome.stderr, "");
    assert.equal(summary.total_process_count, SHORT + 1);
    assert.deepEqual(summary.accounting.processes, { source: SOURCE, quality: "exact" });
    const { processes } = summary;
    assert.equal(processes!.lost_event_count, 0);
    assert.equal(processes!.other_executables, null);
    const short = row(summary, "true")!;
    assert.equal(short.process_count, SHORT);
    assert.equal(short.unaccounted_count, 0);
    assert.equal(short.failed_count, 0);
    assert.ok(short.minor_faults! > 20 * SHORT && short.minor_faults! < 200 * SHORT, `${short.minor_faults}`);
    assert.equal(row(summary, "sh")!.failed_count, 1);
    // The cgroup's count is that of all of them.
    assert.equal(processes!.cpu_quality, hasPrograms ? "exact" : "sampled");
    const shared = sum(processes!.by_executable.map(({ cpu_seconds }) => cpu_seconds));
    const slack = hasPrograms ? 0.005 * summary.cpu_seconds! : 0.001;
    assert.ok(Math.abs(shared - summary.cpu_seconds!) < slack, `${shared} of ${summary.cpu_seconds}`);
    // More than half of that was theirs; their own accounts lack nine tenths of it.
    assert.ok(short.cpu_share_percent! > 50, `${short.cpu_share_percent}`);
    const [dearest] = processes!.dearest;
    assert.equal(dearest.command, `sh -c ${LOOP}; exit 3`);
    assert.equal(dearest.exit_code, 3);
    assert.equal(processes!.dearest.length, 10);
  });

  test("tells arguments, file, parent and memory of what lives longer than a look", {
    skip: noAccounts,
    timeout: 120_000,
  }, async () => {
    const burn = 'my $held = "a" x 40_000_000; for (1 .. 6_000_000) { $_ * 2 } kill 9, $$';
    const { summary } = await told(["sh", "-c", `perl -e '${burn}'; sleep 0.1; exit 0`]);
    const perl = summary.processes!.dearest[0];
    assert.equal(perl.command, `perl -e ${burn}`);
    assert.match(perl.executable!, /\/perl[\d.]*$/);
    assert.deepEqual([perl.exit_code, perl.signal], [null, "SIGKILL"]);
    assert.ok(perl.peak_memory_bytes! > 40e6 && perl.peak_memory_bytes! < 100e6, `${perl.peak_memory_bytes}`);
    // Nothing else used much, and it was long: one tick of the timer is all that its accounts may lack.
    assert.ok(perl.cpu_seconds! > 0.8 * summary.cpu_seconds! && perl.cpu_seconds! <= summary.cpu_seconds!);
    assert.ok((perl.end_ns! - perl.start_ns!) / 1e9 >= perl.cpu_seconds!);
    const shell = summary.processes!.dearest.find(({ name }) => name === "sh")!;
    assert.equal(perl.parent_pid, shell.pid);
    assert.equal(row(summary, "perl")!.failed_count, 1);
  });

  test("writes a record for each of them, and one only", { skip: noAccounts, timeout: 120_000 }, async () => {
    const { processes, summary } = await recorded(["--processes"], ["sh", "-c", `${LOOP}; sleep 0.1`]);
    assert.equal(processes.length, SHORT + 2);
    assert.equal(new Set(processes.map(({ pid, kernel }) => `${pid} ${kernel!.start_ns}`)).size, SHORT + 2);
    assert.equal(summary.total_process_count, SHORT + 2);
    const shell = processes.find(({ name }) => name === "sh")!;
    // We have waited for it ourselves.
    assert.equal(shell.quality, "exact");
    const short = processes.filter(({ name }) => name === "true");
    if (hasPrograms) {
      assert.ok(processes.every(({ quality }) => quality === "exact"));
      assert.ok(
        short.every(({ command, kernel }) => command === "/bin/true" && kernel!.executable === "/bin/true"),
      );
      const sum = processes.reduce((all, { cpu_seconds }) => all + cpu_seconds!, 0);
      assert.ok(Math.abs(sum - summary.cpu_seconds!) < 0.005 * summary.cpu_seconds!, `${sum}`);
    }
    assert.ok(short.every(({ parent_pid, exit_code }) => parent_pid === shell.pid && exit_code === 0));
    assert.ok(short.every(({ kernel }) => kernel!.end_ns! > kernel!.start_ns! && kernel!.minor_faults! > 0));
    // A shell that waits starts one after another.
    const births = short.map(({ kernel }) => kernel!.start_ns!);
    assert.deepEqual(births, births.toSorted((a, b) => a - b));
  });

  test(
    "takes what is told while the tree is stopped",
    { skip: noAccounts, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "records.jsonl");
        const script = "trap 'sh -c \"exit 9\"; sleep 2; exit' TERM; while :; do sleep 0.1; done";
        const args = ["run", "--processes", "--timeout", "1s", "--grace", "20s", "--records", file, "--"];
        const { stderr } = await runProgram([...PROCTOR.command, ...args, "sh", "-c", script]);
        const { processes, summary } = parseStream(readFileSync(file, "utf8"));
        const early = processes.find(({ exit_code }) => exit_code === 9);
        assert.ok(early, stderr);
        // Taken at the end it would be as late as that.
        assert.ok(early.elapsed_seconds < summary.wall_seconds - 1, `${early.elapsed_seconds}`);
      }),
  );

  test(
    "counts copies that execute nothing, and orphans",
    { skip: noAccounts, timeout: 120_000 },
    async () => {
      const { summary } = await told(["sh", "-c", "(: ) ; (: ); ( (sleep 0.2) & ) ; sleep 0.4"]);
      assert.equal(summary.accounting.processes.quality, "exact");
      // The shell; two that are empty; one in front of and one behind the orphan, if the shell does not spare it.
      assert.equal(row(summary, "sleep")!.process_count, 2);
      assert.ok(row(summary, "sh")!.fork_only_count >= 3);
    },
  );

  test("falls to counting where accounts may not be read, with one line", {
    skip: noConnector,
    timeout: 120_000,
  }, async () => {
    const { outcome, summary } = await told(["sh", "-c", LOOP], asNobody);
    assert.equal(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
    assert.match(
      outcome.stderr,
      /^proctor: processes: taskstats need CAP_NET_ADMIN: .*; run proctor as root/,
    );
    assert.equal(summary.total_process_count, SHORT + 1);
    assert.deepEqual(summary.accounting.processes, { source: "connector", quality: "exact" });
    assert.equal(summary.processes!.cpu_quality, "lower_bound");
    const [dearest] = summary.processes!.dearest;
    assert.equal(dearest.command, `sh -c ${LOOP}`);
    assert.equal(dearest.exit_code, 0);
    assert.ok(dearest.cpu_seconds! > 0);
  });

  test(
    "counts what came faster than it could be taken",
    { skip: noConnector, timeout: 300_000 },
    async () => {
      const room = 2 * Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8"));
      // Two events of 832 bytes from each subshell; proctor stands still meanwhile.
      const count = Math.ceil((1.2 * room) / (2 * 832));
      const storm =
        `kill -STOP $PPID; i=0; while [ $i -lt ${count} ]; do ( : ); i=$((i+1)); done; kill -CONT $PPID; sleep 0.5`;
      const { summary } = await told(["sh", "-c", storm], asNobody);
      const { processes } = summary;
      assert.ok(processes!.lost_event_count! > 0);
      assert.equal(summary.accounting.processes.quality, "lower_bound");
      assert.match(summary.accounting.processes.note!, /^\d+ events came too fast to be taken$/);
      assert.ok(summary.total_process_count < count);
      assert.ok(2 * summary.total_process_count + processes!.lost_event_count! >= 2 * count);
    },
  );

  test("tells all but peak memory where programs run and accounts may not be read, with one line", {
    skip: noPrograms || cannotLend("bpf", "perfmon"),
    timeout: 120_000,
  }, async () => {
    const { outcome, summary } = await told(["sh", "-c", `${LOOP}; exit 2`], lending("bpf", "perfmon"));
    assert.equal(outcome.code, 2);
    assert.equal(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
    assert.match(
      outcome.stderr,
      /^proctor: processes: taskstats need CAP_NET_ADMIN: peak memory is known only of /,
    );
    assert.deepEqual(summary.accounting.processes, { source: "bpf", quality: "exact" });
    assert.equal(summary.processes!.cpu_quality, "exact");
    const short = row(summary, "true")!;
    assert.deepEqual([short.process_count, short.unaccounted_count], [SHORT, 0]);
    assert.ok(short.cpu_seconds! > 0 && short.minor_faults! > 20 * SHORT);
  });

  test("falls to the connector where programs are refused, with one line", {
    skip: noPrograms || cannotLend("net_admin"),
    timeout: 120_000,
  }, async () => {
    const { outcome, summary } = await told(["sh", "-c", LOOP], lending("net_admin"));
    assert.equal(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
    assert.match(
      outcome.stderr,
      /^proctor: processes: programs in the kernel need CAP_BPF and CAP_PERFMON: a short /,
    );
    assert.deepEqual(summary.accounting.processes, { source: "connector, taskstats", quality: "exact" });
    assert.equal(summary.total_process_count, SHORT + 1);
    assert.equal(row(summary, "true")!.unaccounted_count, 0);
  });

  test("falls to what samples see where nothing is told, with one line", {
    skip: noNamespace || cannotDrop,
    timeout: 120_000,
  }, async () => {
    const { outcome, summary } = await told(
      ["sh", "-c", "sleep 0.5; exit 4"],
      (command) => ["unshare", "--net", "--", ...asNobody(command)],
    );
    assert.equal(outcome.code, 4);
    assert.equal(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
    assert.match(outcome.stderr, /samples have seen .* network namespace only; run proctor outside/);
    assert.equal(summary.accounting.processes.quality, "lower_bound");
    assert.equal(summary.processes!.lost_event_count, null);
    assert.equal(row(summary, "sleep")!.process_count, 1);
    assert.equal(summary.processes!.dearest.find(({ name }) => name === "sh")!.exit_code, 4);
  });

  test(
    "leaves nothing open in the kernel after kill -9",
    { skip: noAccounts, timeout: 120_000 },
    async () => {
      const running = startProgram([BINARY, "run", "--processes", "--", fixture("many_processes"), "2"], {
        input: "open",
      });
      await running.ready();
      assert.deepEqual(netlinkOf(running.pid), hasPrograms ? [TASKSTATS] : PROTOCOLS);
      const programs = programsOf(running.pid);
      // Before Linux 5.18 an end is told where it begins.
      assert.ok(hasPrograms ? programs.length === 3 || programs.length === 4 : programs.length === 0);
      running.kill("SIGKILL");
      await eventually(() => !programs.some(isLoaded));
      await eventually(() => netlinkOf(running.pid).length === 0);
      running.closeInput();
      await running.ended;
    },
  );

  test("is asked for, or nothing is opened", { timeout: 120_000 }, async () => {
    const running = startProgram([BINARY, "run", "--", fixture("many_processes"), "1"], { input: "open" });
    await running.ready();
    assert.deepEqual(netlinkOf(running.pid), []);
    running.closeInput();
    await running.ended;
  });

  test(
    "prints the table below the summary, in 80 columns",
    { skip: noAccounts, timeout: 120_000 },
    async () => {
      const { stderr } = await proctor([
        "run",
        "--processes",
        "--",
        "sh",
        "-c",
        "true; /bin/true; sleep 0.1",
      ]);
      const table = stderr.slice(stderr.indexOf("\n\n"));
      assert.match(
        table,
        hasPrograms
          ? /by executable {2}all 3 processes; CPU of each exact\n/
          : /by executable {2}all 3 processes; CPU shared out by ticks\n/,
      );
      assert.match(table, /\n +CPU +share +number +peak +longest +executable\n/);
      assert.match(table, / {2}1 .* true\n/);
      assert.match(table, / {2}sleep 0\.1\n/);
      assert.ok(table.split("\n").every((line) => line.length <= 80), table);
      assert.match(stderr, /\n {2}processes +3 {2}\d at once, \d threads?\n/);
    },
  );

  test(
    "with --repeat stands in the records of each run",
    { skip: noAccounts, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const file = join(directory, "records.jsonl");
        const script = "/bin/true; /bin/true; exit 0";
        const { code, stderr } = await proctor(
          ["run", "--processes", "--repeat", "3", "--records", file, "--", "sh", "-c", script],
        );
        assert.equal(code, 0, stderr);
        const records = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
        const summaries = records.filter(({ kind }) => kind === "summary").map((record) =>
          summaryRecordSchema.parse(record)
        );
        assert.deepEqual(summaries.map((summary) => row(summary, "true")!.process_count), [2, 2, 2]);
        assert.deepEqual(summaries.map(({ total_process_count }) => total_process_count), [3, 3, 3]);
        assert.equal(records.filter(({ kind }) => kind === "process").length, 9);
      }),
  );

  test("with --repeat and no records is refused", { timeout: 120_000 }, async () => {
    const { code, stderr } = await proctor(["run", "--processes", "--repeat", "2", "--", "true"]);
    assert.equal(code, 125);
    assert.match(
      stderr,
      /^proctor: --processes: with --repeat the table of each run stands in its records; [^\n]*\n$/,
    );
  });

  test("bills what the kernel drops with the children of one that ignores SIGCHLD, in a cgroup and without", {
    skip: noPrograms || noPython,
    timeout: 120_000,
  }, async () => {
    for (const wrap of cannotMount ? [same] : [same, withoutCgroups]) {
      const { outcome, summary } = await told(["/usr/bin/python3", "-c", DISCARDED_CHILDREN], wrap);
      const [used, written] = outcome.stdout.toString().trim().split(" ").map(Number);
      assert.ok(used > 0.1, `${used}`);
      // Beyond that, their own beginnings and ends, and the parent that waits.
      const { cpu_seconds, io_write_bytes, accounting } = summary;
      assert.ok(
        cpu_seconds! > 0.99 * used && cpu_seconds! < 1.05 * used + 0.15,
        `${cpu_seconds} and ${used}`,
      );
      assert.ok(io_write_bytes! >= written && io_write_bytes! < 1.01 * written, `${io_write_bytes}`);
      const qualities = [accounting.cpu, accounting.io, accounting.disk, accounting.faults]
        .map(({ quality }) => quality);
      assert.deepEqual(qualities, ["exact", "exact", "exact", "exact"]);
      assert.equal(summary.total_process_count, 21);
    }
  });

  test("leaves records of processes out, and not the summary, where a reader stands still", {
    skip: noAccounts,
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      // Each has a command line of four thousand characters: together twice the room there is for them.
      const count = 4_000;
      const loop = `i=0; while [ $i -lt ${count} ]; do /bin/true $0; i=$((i+1)); done; touch ended`;
      const reader = "exec 3<fifo; while [ ! -e ended ]; do sleep 0.1; done; cat <&3 >copy";
      const { stderr } = await runProgram([
        "sh",
        "-c",
        `mkfifo fifo; (${reader}) & "$@"; wait`,
        "sh",
        ...PROCTOR.command,
        ...["run", "--processes", "--summary", "none", "--records", "fifo", "--"],
        ...["sh", "-c", loop, "x".repeat(4_000)],
      ], { cwd: directory });
      assert.equal(stderr, "proctor: records: fifo does not take them fast enough; processes are dropped\n");
      const { summary, processes } = parseStream(readFileSync(join(directory, "copy"), "utf8"));
      assert.equal(summary.total_process_count, count + 2);
      // 8 MiB of them, and as many as fit into a pipe or came once it was read.
      assert.ok(processes.length > 1_500 && processes.length < count, `${processes.length} records`);
    }));

  test(
    "has every child of a shell on the critical path",
    { skip: noPrograms, timeout: 120_000 },
    async () => {
      const { summary } = await told(["sh", "-c", LOOP]);
      const path = summary.processes!.critical_path!.by_executable;
      // Each was waited for before the next was begun.
      assert.equal(path.find(({ name }) => name === "true")!.process_count, SHORT);
    },
  );
});

/** Protocols of the netlink sockets that a process has bound (its number is their port). */
function netlinkOf(pid: number): string[] {
  const lines = readFileSync("/proc/net/netlink", "utf8").trimEnd().split("\n").slice(1);
  return lines.map((line) => line.trim().split(/ +/)).filter(([, , port]) => Number(port) === pid)
    .map(([, protocol]) => protocol).filter((protocol) => PROTOCOLS.includes(protocol)).sort();
}
