/* The reader against live processes, and what they say of themselves. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { Raw } from "../../../../core/measure/raw.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { Look } from "../../../../platform/contract/processes.ts";
import { eventually } from "../../../support/eventually.ts";
import { assertNear } from "../../../support/expect.ts";
import { fixture } from "../../../support/fixture.ts";
import { processState } from "../../../support/linux.ts";
import { start, startFixture } from "../../../support/live.ts";
import { noTmpfs } from "../../../support/tmpfs.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };
const MB = 1_048_576;

function open(pid: number, wanted = ALL): LinuxProcessReader & Disposable {
  const reader = LinuxProcessReader.open(pid, wanted);
  assert.ok(reader, `no process ${pid}`);
  reader.lookAtDetails();
  return Object.assign(reader, { [Symbol.dispose]: () => reader.close() });
}

/** What burn_cpu does, but it stays to be looked at after it said what it has used. */
const BURN = `use lib shift; use Fixture; burn(shift); print_json(usage_of_self()); hold('-');`;
const burn = (seconds: string) => start("perl", ["-e", BURN, fixture("lib"), seconds]);

test("CPU is what the process itself knows of", { timeout: 120_000 }, async () => {
  await using live = await burn("0.5");
  using reader = open(live.pid);
  assertNear(reader.row[Raw.cpuSeconds], live.ready.cpu_seconds, 0.01, 0.002, "CPU");
  assert.equal(reader.cpuSeconds, reader.row[Raw.cpuSeconds]);
  // The split is counted in ticks.
  assertNear(reader.row[Raw.userSeconds], live.ready.user_seconds, 0.05, 0.02, "user");
  assertNear(reader.row[Raw.minorFaults], live.ready.minor_faults, 0.02, 10, "minor faults");
  const { voluntary_context_switches, involuntary_context_switches } = live.ready;
  assertNear(reader.row[Raw.voluntarySwitches], voluntary_context_switches, 0, 3, "voluntary switches");
  assertNear(reader.row[Raw.involuntarySwitches], involuntary_context_switches, 0, 3, "involuntary switches");
});

test("memory is what the process holds", { timeout: 120_000 }, async () => {
  await using live = await startFixture("alloc_mb", "64", "-");
  using reader = open(live.pid);
  const status = readFileSync(`/proc/${live.pid}/status`, "utf8");
  const kernels = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
  assertNear(reader.row[Raw.memoryBytes], kernels("VmRSS"), 0, MB, "memory");
  assert.equal(reader.row[Raw.peakMemoryBytes], kernels("VmHWM"));
  assertNear(reader.row[Raw.memoryBytes], 72 * MB, 0, 8 * MB, "64 MB and a Perl");
});

test("a command line that comes after the name, as in the midst of execve, is read, too", {
  timeout: 120_000,
  skip: noTmpfs,
}, async () => {
  await using live = await start("perl", [
    "-e",
    '$| = 1; print "{}\\n"; <STDIN>; print "{}\\n"; <STDIN>',
    "a word",
  ]);
  const path = `/proc/${live.pid}/cmdline`;
  execFileSync("mount", ["--bind", "/dev/null", path]);
  using reader = open(live.pid);
  execFileSync("umount", [path]);
  assert.deepEqual([reader.name, reader.args], ["perl", null]);
  live.process.stdin!.write("\n");
  await live.next();
  reader.look(false);
  assert.equal(reader.args?.at(-1), "a word");
});

test("descriptors are counted", { timeout: 120_000 }, async () => {
  const program =
    'open my $f, "<", "/dev/null"; open my $g, "<", "/dev/null"; opendir my $d, "/proc/self/fd";' +
    'my $n = grep { !/^\\./ } readdir $d; closedir $d; $| = 1; print "{\\"count\\":", $n - 1, "}\\n"; <STDIN>;';
  await using live = await start("perl", ["-e", program]);
  using reader = open(live.pid);
  assert.equal(reader.row[Raw.fileDescriptorCount], live.ready.count);
  assert.equal(reader.row[Raw.fileDescriptorCount], readdirSync(`/proc/${live.pid}/fd`).length);
  assert.ok(live.ready.count >= 5);
});

test("what is not wanted is not known", { timeout: 120_000 }, async () => {
  await using live = await startFixture("alloc_mb", "1", "-");
  using reader = open(live.pid, NOTHING);
  for (
    const column of [Raw.ioReadBytes, Raw.diskWriteBytes, Raw.voluntarySwitches, Raw.fileDescriptorCount]
  ) {
    assert.ok(Number.isNaN(reader.row[column]), `column ${column}`);
  }
  assert.ok(reader.row[Raw.memoryBytes] > MB);
});

test("identity: parent, session, start", { timeout: 120_000 }, async () => {
  const before = Date.now();
  await using live = await startFixture("alloc_mb", "1", "-");
  using reader = open(live.pid);
  using self = open(process.pid);
  assert.equal(reader.pid, live.ready.pid);
  assert.equal(reader.parentPid, process.pid);
  assert.equal(reader.session, self.session);
  const middle = (before + Date.now()) / 2;
  assertNear(reader.startTimeMs, middle, 0, Date.now() - middle + 100, "start");
  assert.equal(reader.isZombie, false);
  assert.equal(reader.name, "alloc_mb");
});

test("arguments are told apart, empty ones too", { timeout: 120_000 }, async () => {
  const words = ["-e", '$| = 1; print "{}\\n"; <STDIN>', "", "a b", "", ""];
  await using live = await start("perl", words);
  using reader = open(live.pid);
  assert.deepEqual(reader.args?.slice(1), words);
});

describe("look", () => {
  test("tells whether a process has run", { timeout: 120_000 }, async () => {
    await using live = await start("perl", ["-e", '$| = 1; print "{}\\n"; print "{}\\n" while <STDIN>']);
    using reader = open(live.pid);
    // It waits for us, and so does not run.
    await eventually(() => processState(live.pid) === "S");
    reader.look(false);
    assert.equal(reader.look(false), Look.unmoved);
    live.process.stdin!.write("\n");
    await live.next();
    assert.equal(reader.look(false), Look.moved);
  });

  test("says that an ended process is gone, and goes on saying so", { timeout: 120_000 }, async () => {
    await using live = await startFixture("alloc_mb", "1", "-");
    using reader = open(live.pid);
    assert.notEqual(reader.look(true), Look.gone);
    await live.release();
    for (const force of [false, true, false]) assert.equal(reader.look(force), Look.gone);
    assert.deepEqual(reader.threads(), []);
    assert.equal(LinuxProcessReader.open(live.pid, ALL), null);
  });

  test("never lets the CPU of a process shrink", { timeout: 120_000 }, async () => {
    await using live = await start("perl", ["-e", '$| = 1; print "{}\\n"; my $x; $x++ while 1']);
    using reader = open(live.pid);
    let before = 0;
    for (let round = 0; round < 300; round++) {
      assert.notEqual(reader.look(round % 2 === 0), Look.gone);
      assert.ok(reader.cpuSeconds >= before);
      before = reader.cpuSeconds;
    }
    assert.ok(before > 0);
  });
});

test("a process that never was cannot be opened", () => {
  const limit = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));
  assert.equal(LinuxProcessReader.open(limit + 7, ALL), null);
  assert.equal(LinuxProcessReader.open(-1, ALL), null);
});

describe("odd names", () => {
  test("blanks and parentheses", { timeout: 120_000 }, async () => {
    await using live = await startFixture("odd_name");
    using reader = open(live.pid);
    assert.equal(live.ready.comm, "a) (b c");
    assert.equal(reader.name, live.ready.comm);
    assert.equal(reader.parentPid, process.pid);
    assert.equal(reader.threads()[0].name, live.ready.comm);
  });

  test("a newline and a state in it", { timeout: 120_000 }, async () => {
    await using live = await startFixture("odd_name", "x\\n) Z 1 (");
    using reader = open(live.pid);
    assert.equal(reader.name, "x\n) Z 1 (");
    assert.equal(reader.isZombie, false);
    assert.equal(reader.parentPid, process.pid);
  });

  test("bytes that are not UTF-8 are replaced", { timeout: 120_000 }, async () => {
    await using live = await startFixture("odd_name", "\\xff)\\xfe R");
    assert.equal(live.ready.comm_hex, "ff29fe2052");
    using reader = open(live.pid);
    assert.equal(reader.name, "\ufffd)\ufffd R");
    assert.equal(reader.parentPid, process.pid);
  });

  test("a name that changes is read anew", { timeout: 120_000 }, async () => {
    const program = '$| = 1; print "{}\\n"; <STDIN>; $0 = "renamed"; print "{}\\n"; sleep 60';
    await using live = await start("perl", ["-e", program]);
    using reader = open(live.pid);
    assert.equal(reader.name, "perl");
    live.process.stdin!.write("\n");
    await live.next();
    reader.look(true);
    assert.equal(reader.name, "renamed");
  });
});

test("zombies are zombies: no memory, but a parent and a name", { timeout: 120_000 }, async () => {
  await using live = await startFixture("zombie_maker", "3");
  assert.equal(live.ready.pids.length, 3);
  for (const pid of live.ready.pids) {
    using reader = open(pid);
    assert.ok(reader.isZombie);
    assert.equal(reader.row[Raw.memoryBytes], 0);
    assert.equal(reader.parentPid, live.pid);
    assert.equal(reader.name, "zombie_maker");
    assert.equal(reader.args, null);
    assert.notEqual(reader.look(true), Look.gone);
  }
});

const node = process.versions.bun || "Deno" in globalThis ? "node" : process.execPath;
const hasNode = process.env.PATH?.split(":").some((directory) => {
  try {
    closeSync(openSync(`${directory}/node`, "r"));
    return true;
  } catch {
    return false;
  }
});

test("eight busy threads are one process", { skip: !hasNode && "needs node", timeout: 120_000 }, async () => {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, [fixture("busy_threads.mjs"), "8", "5"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<string>((resolve) => {
    let text = "";
    child.stdout.on("data", (chunk) => text += chunk).on("end", () => resolve(text));
  });
  // Started, and at work: each of the eight has used CPU of its own.
  await eventually(() => busyThreads(child.pid!) >= 8);
  using reader = open(child.pid!);
  const threads = reader.threads();
  assert.ok(threads.length >= 9, `${threads.length} threads`);
  assert.equal(reader.row[Raw.threadCount], threads.length);
  const own = threads.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  reader.look(true);
  assertNear(own, reader.cpuSeconds, 0.15, 0.1, "sum of the threads");
  assert.equal(threads.filter(({ cpuSeconds }) => cpuSeconds > 0.02).length >= 8, true);
  const { cpu_seconds } = JSON.parse(await ended);
  assert.ok(cpu_seconds >= reader.cpuSeconds);
});

/**
 * How many threads have been on a processor for 20 ms, by the first number of schedstat
 * (Documentation/scheduler/sched-stats.rst).
 */
function busyThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).filter((thread) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) > 20e6;
    } catch {
      return false; // It has ended meanwhile.
    }
  }).length;
}

test("an ignored SIGCHLD is seen", { timeout: 120_000 }, async () => {
  for (const [handler, expected] of [["IGNORE", true], ["DEFAULT", false]] as const) {
    await using live = await start("perl", [
      "-e",
      `$SIG{CHLD} = "${handler}"; $| = 1; print "{}\\n"; <STDIN>;`,
    ]);
    using reader = open(live.pid);
    reader.lookAtDetails();
    assert.equal(reader.discardsChildren, expected, handler);
  }
});

function target(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}

test("readers give their descriptors back", () => {
  const own = new RegExp(`/${process.pid}/(stat|io)$`);
  const count = () => readdirSync("/proc/self/fd").filter((name) => own.test(target(name))).length;
  const before = count();
  const readers = Array.from({ length: 50 }, () => LinuxProcessReader.open(process.pid, ALL)!);
  assert.ok(count() >= before + 50);
  for (const reader of readers) reader.close();
  assert.equal(count(), before);
});
