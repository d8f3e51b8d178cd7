import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { Total } from "../../../core/measure/raw.ts";
import type { EndedMember } from "../../../group/ended_member.ts";
import { ProcessTree } from "../../../group/process_tree.ts";
import { describeAccounting } from "../../../monitor/run/accounting.ts";
import { DarwinContainment } from "../../../platform/darwin/containment.ts";
import { darwinSystem } from "../../../platform/darwin/mod.ts";
import type { ContainerRequest, LaunchFailure, LaunchSpec, Platform } from "../../../platform/mod.ts";
import { runProgram } from "../../cli/support/proctor.ts";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../support/fixture.ts";
import { FakeDarwin, lives, noFake } from "./support/fake.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const MARKER = "PROCTOR_GROUP=1-abcdef-test";
const REQUEST: ContainerRequest = { wanted: ALL, marker: MARKER, soleParent: false, guarded: false };
const WITHIN_MS = 30_000;
const SCRIPT = ["me uid=0", "number hw.tbfrequency 24000000"];

const bytes = (text: string) => Buffer.from(text);

/** Real processes of Linux, started and watched by Darwin's calls, which the library translates. */
describe("a group of Darwin's", { timeout: 120_000 }, () => {
  let fake: FakeDarwin;
  let platform: Platform;
  let nothing: number;
  before(async () => {
    if (noFake) return;
    fake = new FakeDarwin(...SCRIPT);
    platform = await darwinSystem(fake.library).platform();
    nothing = platform.openNull();
  }, { timeout: 120_000 });
  after(() => {
    if (noFake) return;
    platform.closeDescriptor(nothing);
    fake[Symbol.dispose]();
  });

  const spec = (line: string, more: Partial<LaunchSpec> = {}): LaunchSpec => ({
    file: bytes("/bin/sh"),
    args: ["sh", "-c", line].map(bytes),
    env: ["PATH=/usr/bin:/bin", MARKER].map(bytes),
    cwd: undefined,
    stdio: [nothing, nothing, nothing],
    closesOthers: true,
    ...more,
  });
  const start = (tree: ProcessTree, one: LaunchSpec): number => {
    const launched = tree.start(one);
    assert.ok("pid" in launched, JSON.stringify(launched));
    return launched.pid;
  };
  /** Look at the tree again and again until something holds. */
  const until = async (tree: ProcessTree, holds: () => boolean): Promise<void> => {
    const endMs = performance.now() + WITHIN_MS;
    for (tree.refresh(performance.now(), "members"); !holds(); tree.refresh(performance.now(), "members")) {
      assert.ok(performance.now() < endMs, `${tree.members.length} members are left`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const watched = (request = REQUEST) => {
    const tree = ProcessTree.create(platform, request);
    const ended: EndedMember[] = [];
    tree.onEnded = (member) => ended.push(member);
    return { tree, ended };
  };
  const over = (tree: ProcessTree) => () => tree.members.length === 0;

  test("is held by a process group, and says why", { skip: noFake, timeout: 120_000 }, () => {
    const { tree } = watched();
    const { mechanism, reason, directory, billGap } = tree.container;
    assert.deepEqual([mechanism, reason, directory], [
      "process_group",
      "macOS has nothing that holds a tree of processes together",
      null,
    ]);
    assert.match(billGap ?? "", /launchd/);
    tree.release();
  });

  test(
    "ends as its command does, with the kernel's accounts, exact for one process",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree, ended } = watched();
      const pid = start(tree, spec("i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; exit 7"));
      assert.equal(tree.member(pid)?.isSuspended, false);
      await until(tree, over(tree));
      assert.deepEqual(ended.map(({ pid, exit, name }) => [pid, exit?.exitCode, exit?.signal, name]), [
        [pid, 7, null, "sh"],
      ]);
      const { totals } = tree.reading;
      assert.ok(totals[Total.cpuSeconds] > 0.005, String(totals[Total.cpuSeconds]));
      assert.ok(totals[Total.minorFaults] > 50 && totals[Total.voluntarySwitches] >= 1);
      const { cpu, peak_memory, memory, io, context_switches } = describeAccounting(tree, "ended");
      assert.deepEqual([cpu, io], [
        { source: "ledger", quality: "exact" },
        { source: "none", quality: "unavailable" },
      ]);
      assert.deepEqual([peak_memory.quality, memory.quality, context_switches.quality], [
        "exact",
        "sampled",
        "exact",
      ]);
      tree.release();
    },
  );

  test("a signal that ended it has Darwin's number", { skip: noFake, timeout: 120_000 }, async () => {
    const { tree, ended } = watched();
    start(tree, spec("kill -USR1 $$; sleep 100"));
    await until(tree, over(tree));
    assert.deepEqual([ended[0].exit?.exitCode, ended[0].exit?.signal], [null, 30]);
    assert.equal(platform.signalName(30), "SIGUSR1");
    tree.release();
  });

  test(
    "finds who has left parent and session, and kills them all",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree } = watched();
      const file = join(fake.directory, "escaped");
      start(
        tree,
        spec(`env -i setsid sh -c 'echo $$ >${file}; sleep 1000 & wait' & sleep 1000; exit`, {
          ownSession: true,
        }),
      );
      await until(tree, () => tree.members.length === 4);
      const escaped = Number(readFileSync(file, "utf8"));
      const sleeper = tree.members.find(({ parentPid }) => parentPid === escaped)!.pid;
      // Its parent is killed: both belong to nobody by then, in a session of their own, without the mark.
      const root = tree.members.find(({ parentPid }) => parentPid === process.pid)!;
      assert.ok(platform.signal(root, "SIGKILL"));
      await until(tree, () => tree.members.length === 3);
      assert.ok(lives(escaped) && lives(sleeper));
      assert.notEqual(tree.member(escaped)?.parentPid, root.pid);
      assert.equal(describeAccounting(tree, "running").cpu.quality, "lower_bound");
      while (tree.members.length > 0) {
        assert.equal(tree.kill(), true);
        await until(tree, () => !tree.container.isPopulated());
        await until(tree, over(tree));
      }
      assert.deepEqual([escaped, sleeper].map(lives), [false, false]);
      tree.release();
    },
  );

  test(
    "what forks is looked for when the kernel tells of it",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree } = watched();
      const file = join(fake.directory, "go");
      const pid = start(
        tree,
        spec(`while ! [ -e ${file} ]; do :; done; sleep 1000; exit`),
      );
      writeFileSync(file, "");
      const endMs = performance.now() + WITHIN_MS;
      // Looks that trust the hints alone.
      while (tree.members.length < 2 && performance.now() < endMs) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        tree.refresh(performance.now());
      }
      assert.equal(tree.members.find(({ parentPid }) => parentPid === pid)?.name, "sleep");
      tree.kill();
      await until(tree, over(tree));
      tree.release();
    },
  );

  test(
    "storage traffic of a child that its parent has waited for stays in the bill",
    { skip: noFake, timeout: 120_000 },
    () => {
      const scripted = (child: string) =>
        fake.tell(
          ...SCRIPT,
          `process 4400001 unique=900001 starter=1 dread=1000 dwrite=10 name=root`,
          ...(child ? [child] : []),
        );
      scripted("process 4400002 ppid=4400001 unique=900002 starter=900001 dread=500 dwrite=7 name=child");
      const tree = ProcessTree.observe(platform, 4_400_001, REQUEST)!;
      assert.equal(tree.members.length, 2);
      scripted("process 4400002 ppid=4400001 unique=900002 starter=900001 dread=800 dwrite=17 name=child");
      tree.refresh(performance.now(), "everything");
      scripted("");
      tree.refresh(performance.now(), "everything");
      assert.equal(tree.members.length, 1);
      const { totals } = tree.reading;
      assert.deepEqual([totals[Total.diskReadBytes], totals[Total.diskWriteBytes]], [300, 10]);
      assert.equal(describeAccounting(tree, "running").disk.quality, "lower_bound");
      tree.release();
      fake.tell(...SCRIPT);
    },
  );

  test(
    "instructions and cycles are added up over members, the ended ones as seen last",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree } = watched({ ...REQUEST, counters: true });
      const pid = start(tree, spec("sleep 1000; exit"));
      const { uniqueId } = tree.member(pid) as unknown as { uniqueId: number };
      const child = (instructions: number) =>
        fake.tell(
          ...SCRIPT,
          ...(instructions > 0
            ? [
              `process 4400002 ppid=${pid} unique=9000002 starter=${uniqueId} instructions=${instructions} cycles=50 ` +
              `user=12000000 name=child`,
            ]
            : []),
        );
      child(700);
      tree.refresh(performance.now(), "everything");
      child(900);
      tree.refresh(performance.now(), "everything");
      child(0);
      tree.refresh(performance.now(), "everything");
      const counters = tree.container.counters!;
      const { instructions, cycles, taskClockSeconds, branches } = counters.read();
      assert.deepEqual([counters.source, instructions, cycles, branches], ["libproc", 900, 50, NaN]);
      assert.ok(taskClockSeconds >= 0.5 && taskClockSeconds < 10, String(taskClockSeconds));
      const { counters: account } = describeAccounting(tree, "expected");
      assert.deepEqual([account?.source, account?.quality], ["libproc", "lower_bound"]);
      tree.kill();
      await until(tree, over(tree));
      tree.release();
    },
  );

  test(
    "one that memory ran short for is told from one that was killed",
    { skip: noFake, timeout: 120_000 },
    async () => {
      for (const detail of [0x20000, 0]) {
        const { tree, ended } = watched();
        const pid = start(tree, spec("sleep 1000; exit"));
        // NOTE_EXIT and NOTE_EXIT_DETAIL
        fake.tell(...SCRIPT, `event ${pid} 0x82000000 ${detail}`);
        tree.refresh(performance.now(), "members");
        tree.members.forEach((member) => assert.ok(platform.signal(member, "SIGKILL")));
        await until(tree, over(tree));
        const root = ended.find((member) => member.pid === pid)!;
        assert.deepEqual([root.exit?.signal, root.oomKilled], [9, detail !== 0]);
        tree.release();
        fake.tell(...SCRIPT);
      }
    },
  );

  test("a launch that fails says where, and leaves nobody", { skip: noFake, timeout: 120_000 }, () => {
    const { tree } = watched();
    const fails = (one: LaunchSpec): LaunchFailure => {
      const launched = tree.start(one);
      assert.ok("stage" in launched, JSON.stringify(launched));
      return launched;
    };
    assert.deepEqual(fails(spec("", { file: bytes("/nowhere/x") })), {
      stage: "exec",
      errno: 2,
      message: "no such file or directory",
    });
    assert.equal(fails(spec("", { cwd: "/nowhere" })).stage, "cwd");
    assert.deepEqual(fails(spec("", { file: bytes("/etc/passwd") })).message, "permission denied");
    assert.deepEqual(fails(spec("", { stdio: [-1, 1, 2] })).message, "bad file descriptor");
    const other = { uid: 65_534, gid: 65_534, groups: [] };
    assert.deepEqual(fails(spec("", { credentials: other })), {
      stage: "credentials",
      errno: 45,
      message: "macOS starts no program as another user for us",
    });
    assert.equal(fails(spec("", { fileLimit: 64 })).stage, "file_limit");
    fake.tell(...SCRIPT, "fail posix_spawn 35");
    assert.equal(fails(spec("")).message, "the limit on processes is reached");
    fake.tell(...SCRIPT);
    assert.deepEqual([tree.members.length, platform.endedChild()], [0, 0]);
    tree.release();
  });

  test("a script without a #! line is run by a shell", { skip: noFake, timeout: 120_000 }, async () => {
    const { tree, ended } = watched();
    const file = join(fake.directory, "script");
    writeFileSync(file, "exit 5\n", { mode: 0o755 });
    start(tree, spec("", { file: bytes(file), args: [bytes(file)] }));
    await until(tree, over(tree));
    assert.equal(ended[0].exit?.exitCode, 5);
    tree.release();
  });

  test(
    "a child gets its three descriptors and those that are named, and no others",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree, ended } = watched();
      const file = join(fake.directory, "list");
      const out = openSync(file, "w");
      const [readEnd, writeEnd] = platform.makePipe();
      try {
        // Out and error stand for one another: neither may overwrite the other's source.
        const pid = start(
          tree,
          spec("ls -l /proc/self/fd; pwd; ulimit -c >/dev/null", {
            stdio: [nothing, out, out],
            inherited: [writeEnd],
            cwd: "/usr",
          }),
        );
        await until(tree, over(tree));
        assert.equal(ended.find((member) => member.pid === pid)?.exit?.exitCode, 0);
        const text = readFileSync(file, "utf8");
        const numbers = [...text.matchAll(/ (\d+) -> /g)].map(([, number]) => Number(number));
        // The directory that ls has open is one of them.
        const own = numbers.filter((number) => !new RegExp(` ${number} -> /proc/`).test(text));
        assert.deepEqual(own.sort((a, b) => a - b), [0, 1, 2, writeEnd]);
        assert.match(text, /^\/usr$/m);
        assert.ok(platform.isPipe(readEnd) && !platform.isPipe(nothing));
      } finally {
        closeSync(out);
        platform.closeDescriptor(readEnd);
        platform.closeDescriptor(writeEnd);
        tree.release();
      }
    },
  );

  test(
    "what macOS cannot enforce is refused before anything starts",
    { skip: noFake, timeout: 120_000 },
    () => {
      const why = "macOS has nothing that holds a tree of processes together";
      assert.throws(() => ProcessTree.create(platform, { ...REQUEST, limits: { memoryBytes: 1 } }), {
        name: "ProctorError",
        message: `limits cannot be enforced: ${why}`,
      });
      assert.throws(
        () => ProcessTree.create(platform, { ...REQUEST, exactPeak: true }),
        /exact peak of memory cannot/,
      );
      assert.throws(() => platform.observeCgroup(REQUEST, []), { message: "macOS has no control groups" });
      assert.throws(
        () => platform.adoptContainer(REQUEST, "/sys/fs/cgroup/x"),
        /a system with control groups/,
      );
    },
  );

  test(
    "a guard is told who is of the tree, and is replaced when it is killed",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const guarded = darwinSystem(fake.library);
      const other = await guarded.platform();
      const tree = ProcessTree.create(other, { ...REQUEST, guarded: true });
      const guard = (tree.container as unknown as { guard: { pid: number | null } }).guard;
      const first = guard.pid!;
      await eventually(() =>
        readFileSync(`/proc/${first}/cmdline`, "latin1").startsWith("sh\0-c\0while read")
      );
      start(tree, spec("sleep 1000; exit"));
      process.kill(first, "SIGKILL");
      const endMs = performance.now() + WITHIN_MS;
      while (guard.pid === first && performance.now() < endMs) {
        other.endedChild();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const second = guard.pid!;
      assert.ok(second !== first && lives(second));
      tree.kill();
      await until(tree, over(tree));
      tree.release();
      assert.ok(!lives(second), "a group that is over needs no guard");
    },
  );

  test("a guard becomes the reaper when its owner is killed, and knows the members", {
    skip: noFake,
    timeout: 120_000,
  }, async () => {
    const file = join(fake.directory, "members");
    const program = `${ROOT}/tests/platform/darwin/support/guard_program.ts`;
    const owner = await runProgram([`${ROOT}/node_modules/bun/bin/bun.exe`, program, fake.library, file]);
    assert.equal(owner.signal, "SIGKILL", owner.stderr);
    const told = await eventually(() => existsSync(file) && readFileSync(file, "utf8"));
    const members = told.trim().split(" ").map(Number);
    // Its list is made anew after a thousand; those forgotten since stand in it, and nobody else.
    assert.deepEqual(members, Array.from({ length: 500 }, (_, index) => 1_001 + index));
  });

  test(
    "a reaper kills by numbers, and by the mark where that is told",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { tree } = watched();
      const pid = start(
        tree,
        spec("setsid sleep 1000 & sleep 1000; exit", { env: [bytes("PATH=/usr/bin:/bin")] }),
      );
      await until(tree, () => tree.members.length === 3);
      const { uniqueId } = tree.member(pid) as unknown as { uniqueId: number };
      const all = tree.members.map((member) => member.pid);
      const containment = new DarwinContainment(fake.system, undefined!, undefined!, undefined!);
      await containment.reapMarked(MARKER);
      assert.ok(all.every(lives), "neither told nor marked");
      process.env.PROCTOR_MEMBERS = ` ${uniqueId}`;
      try {
        await containment.reapMarked(MARKER);
      } finally {
        delete process.env.PROCTOR_MEMBERS;
      }
      assert.deepEqual(all.filter(lives), []);
      await until(tree, over(tree));
      start(tree, spec("sleep 1000; exit"));
      await containment.reapMarked(MARKER);
      await until(tree, over(tree));
      tree.release();
    },
  );
});
