/* Processes that nobody of ours has started, found by what is known of them. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Discovery, findProcesses } from "../../../mod.ts";
import type { ProcessQuery } from "../../../mod.ts";
import { start, startFixture } from "../../support/live.ts";
import { asNobody, NOBODY_ENV, noOtherUser, runtimeCommand } from "../../support/linux.ts";

/** The PIDs that a query finds. */
async function pids(query: ProcessQuery): Promise<number[]> {
  return (await findProcesses([query]))[0].processes.map(({ pid }) => pid);
}

async function refused(query: ProcessQuery, message: RegExp): Promise<void> {
  await assert.rejects(findProcesses([query]), message);
}

/** A program that listens at a port of its own choice, which it prints. */
const LISTENER = `
$| = 1; use Socket;
socket(my $s, PF_INET, $ARGV[0] eq "udp" ? SOCK_DGRAM : SOCK_STREAM, 0) or die;
bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or die;
if ($ARGV[0] eq "tcp") { listen($s, 5) or die }
my ($port) = sockaddr_in(getsockname($s));
my $child = fork() if $ARGV[1];
if (!$ARGV[1] || $child) { print qq({"ready":true,"pid":$$,"port":$port,"child":) . ($child || 0) . "}\\n" }
<STDIN>;
`;

describe("a process is found", () => {
  test("by its PID, and its birth tells it from another", async () => {
    await using live = await startFixture("odd_name", "plain");
    const [{ processes: [found] }] = await findProcesses([{ pid: live.pid }]);
    const stat = readFileSync(`/proc/${live.pid}/stat`, "latin1");
    assert.equal(found.birth, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]));
    assert.deepEqual([found.pid, found.name, found.parentPid], [live.pid, "plain", process.pid]);
    assert.ok(Math.abs(Date.now() - found.startTimeMs) < 60_000);
    await live.release();
    assert.deepEqual(await pids({ pid: live.pid }), []);
  });

  test("by its name, whatever that holds", async () => {
    const name = `a) (${process.pid}`;
    await using one = await startFixture("odd_name", name);
    await using two = await startFixture("odd_name", name);
    assert.deepEqual(await pids({ name }), [one.pid, two.pid].toSorted((a, b) => a - b));
    assert.deepEqual(await pids({ name: name.slice(0, -1) }), [], "not by a part of it");
  });

  test("by a name that the kernel has cut", async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-name-"));
    try {
      const name = `a-name-longer-than-fifteen-${process.pid}`;
      const file = join(directory, name);
      writeFileSync(file, readFileSync("/bin/sleep"));
      chmodSync(file, 0o755);
      const child = spawn(file, ["60"]);
      try {
        for (let tries = 0; tries < 500 && (await pids({ name })).length === 0; tries++) await sleep(10);
        assert.deepEqual(await pids({ name }), [child.pid]);
        assert.deepEqual(await pids({ name: `${name}r` }), []);
      } finally {
        child.kill("SIGKILL");
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("by its command line, and by all that is asked for together", async () => {
    const mark = `mark-${process.pid}`;
    await using live = await startFixture("odd_name", mark);
    assert.deepEqual(await pids({ commandLine: new RegExp(`odd_name ${mark}$`) }), [live.pid]);
    assert.deepEqual(await pids({ commandLine: new RegExp(mark), user: process.geteuid!() }), [live.pid]);
    assert.deepEqual(await pids({ commandLine: new RegExp(mark), user: 4_000_000 }), []);
    assert.deepEqual(await pids({ commandLine: new RegExp(mark), pid: live.pid }), [live.pid]);
    assert.deepEqual(await pids({ commandLine: new RegExp(mark), pid: process.ppid }), []);
  });

  test("by its user, by name and number", { skip: noOtherUser }, async () => {
    await using live = await start(
      "setpriv",
      asNobody(["perl", "-e", '$|=1; print "{}\\n"; <STDIN>']).slice(1),
    );
    for (const user of ["nobody", 65_534, "65534"]) {
      assert.ok((await pids({ user })).includes(live.pid), `${user}`);
    }
    assert.ok(!(await pids({ user: "root" })).includes(live.pid));
    const [{ processes, problems }] = await findProcesses([{ user: "nobody-knows-him" }]);
    assert.deepEqual(processes, []);
    assert.match(problems[0], /no user called "nobody-knows-him"/);
  });

  test("by its cgroup, or one above it", async () => {
    // The other runtime's tests run beside these.
    const name = `in-${process.pid}`;
    await using live = await startFixture("odd_name", name);
    const cgroup = /^0::(.*)$/m.exec(readFileSync(`/proc/${live.pid}/cgroup`, "utf8"))?.[1] ??
      /^\d+:[^:]+:(.*)$/m.exec(readFileSync(`/proc/${live.pid}/cgroup`, "utf8"))![1];
    assert.deepEqual(await pids({ cgroup, name }), [live.pid]);
    assert.deepEqual(await pids({ cgroup: "/", name }), [live.pid]);
    assert.deepEqual(await pids({ cgroup: `${cgroup.replace(/\/$/, "")}/below`, name }), []);
  });

  for (const protocol of ["tcp", "udp"]) {
    test(`by the port that it has in ${protocol}`, async () => {
      await using live = await start("perl", ["-e", LISTENER, protocol]);
      assert.deepEqual(await pids({ port: live.ready.port }), [live.pid]);
      await live.release();
      assert.deepEqual(await pids({ port: live.ready.port }), []);
    });
  }

  test("by a port that it shares with its children", async () => {
    await using live = await start("perl", ["-e", LISTENER, "tcp", "shared"]);
    assert.deepEqual(
      (await pids({ port: live.ready.port })).toSorted((a, b) => a - b),
      [live.pid, live.ready.child].toSorted((a, b) => a - b),
    );
  });

  test("by its PID file; what is wrong with one is told", async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-pid-"));
    const pidFile = join(directory, "service.pid");
    try {
      await using live = await startFixture("odd_name", "with-a-file");
      assert.deepEqual(await findProcesses([{ pidFile }]), [{ processes: [], problems: [] }], "not running");
      writeFileSync(pidFile, `${live.pid}\n`);
      assert.deepEqual(await pids({ pidFile }), [live.pid]);
      assert.deepEqual(await pids({ pidFile, name: "another" }), [], "the PID of somebody else");
      writeFileSync(pidFile, "");
      assert.deepEqual(
        await findProcesses([{ pidFile }]),
        [{ processes: [], problems: [] }],
        "being written",
      );
      writeFileSync(pidFile, "no number\n");
      assert.match((await findProcesses([{ pidFile }]))[0].problems[0], /first line is not a process ID/);
      assert.match(
        (await findProcesses([{ pidFile: directory }]))[0].problems[0],
        /it is a directory; name a file/,
      );
      writeFileSync(pidFile, `${live.pid}`);
      utimesSync(pidFile, 1_000_000_000, 1_000_000_000);
      const [{ processes, problems }] = await findProcesses([{ pidFile }]);
      assert.equal(processes.length, 1);
      assert.match(problems[0], /is older than process \d+.*add its name/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("but never this one, nor a zombie, nor a kernel thread", async () => {
    await using zombies = await startFixture("zombie_maker", "1");
    const all = await pids({ commandLine: /|/ });
    assert.ok(!all.includes(process.pid));
    const everybody = await pids({ cgroup: "/" });
    assert.ok(everybody.length > 0 && !everybody.includes(process.pid));
    assert.ok(!everybody.includes(zombies.ready.pids[0]));
    assert.deepEqual(await pids({ name: "kthreadd" }), []);
    assert.deepEqual(await pids({ pid: zombies.ready.pids[0] }), []);
  });
});

describe("a discovery", () => {
  test("sees what comes, goes and changes its name, for many queries at once", async () => {
    const name = `later-${process.pid}`;
    const queries = [{ name }, { name: "never" }, { commandLine: new RegExp(name) }];
    const discovery = await Discovery.create(queries);
    const look = () => discovery.look().map(({ processes }) => processes.map(({ pid }) => pid));
    assert.deepEqual(look(), [[], [], []]);
    {
      await using live = await startFixture("odd_name", name);
      assert.deepEqual(look(), [[live.pid], [], [live.pid]]);
      assert.deepEqual(look(), [[live.pid], [], [live.pid]]);
      await live.release();
      assert.deepEqual(look(), [[], [], []]);
    }
  });

  test("tells of a port in use by somebody who may not be looked into", { skip: noOtherUser }, async () => {
    await using live = await start("perl", ["-e", LISTENER, "tcp"]);
    const [command, ...args] = asNobody([...runtimeCommand("find_program.ts"), String(live.ready.port)]);
    const { stdout, stderr } = spawnSync(command, args, { env: NOBODY_ENV, cwd: "/", encoding: "utf8" });
    assert.ok(stdout, stderr);
    const [{ processes, problems }] = JSON.parse(stdout);
    assert.deepEqual(processes, []);
    assert.match(problems[0], /port \d+ is in use by a process that may not be inspected.*CAP_SYS_PTRACE/);
  });
});

test("queries that find nothing or everything are refused", async () => {
  await refused({}, /asks for nothing/);
  await refused({ pid: 0 }, /0 is not a process ID/);
  await refused({ pid: 1.5 }, /1.5 is not a process ID/);
  await refused({ port: 65_536 }, /65536 is not a port/);
  await refused({ name: "" }, /name is empty/);
});
