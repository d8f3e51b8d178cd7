/* Programs in the kernel, against processes that are known beforehand. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import type { ProcessEnd, ProcessEventSink, ThreadTotals } from "../../../../platform/mod.ts";
import { BpfEvents } from "../../../../platform/linux/events/bpf_events.ts";

const opened = BpfEvents.open({});
const refusal = "reason" in opened ? opened.reason : false;
if (opened instanceof BpfEvents) opened.close();
/** Before Linux 5.18 the last slice of time is not told. */
const [major, minor] = readFileSync("/proc/sys/kernel/osrelease", "utf8").split(".").map(Number);
const tellsFinalCounts = major > 5 || (major === 5 && minor >= 18);

/** io_uring_setup(2), of one number everywhere, with IORING_SETUP_SQPOLL: the kernel makes a thread at once. */
const RING = 'my $p = pack "L30", 0, 0, 2; exit(syscall(425, 8, $p) < 0 ? 1 : 0)';
const makeRing = () => spawnSync("/usr/bin/perl", ["-e", RING]);
const noRing = makeRing().status !== 0 &&
  "needs io_uring, which the kernel refuses here (kernel.io_uring_disabled)";

/** Writes down what it is told. */
class Told implements ProcessEventSink {
  readonly births: { pid: number; parentPid: number; atNs: number }[] = [];
  readonly commands = new Map<number, string[]>();
  readonly ends: { pid: number; threadId: number; end: ProcessEnd; atNs: number; totals: ThreadTotals }[] =
    [];
  threadCount = 0;

  forked(pid: number, parentPid: number, atNs: number): void {
    this.births.push({ pid, parentPid, atNs });
  }
  readonly leavers: number[] = [];
  leaving(pid: number): void {
    this.leavers.push(pid);
  }
  threadStarted(): void {
    this.threadCount++;
  }
  executed(pid: number, _atNs: number, words?: { command: string | null; executable: string | null }): void {
    this.commands.set(pid, [...this.commands.get(pid) ?? [], `${words?.executable} ${words?.command}`]);
  }
  exited(pid: number, threadId: number, end: ProcessEnd, atNs: number, totals?: ThreadTotals): void {
    this.ends.push({ pid, threadId, end, atNs, totals: totals! });
  }
  accounted(): void {}
}

function withEvents(bufferBytes: number | undefined, use: (events: BpfEvents) => void): void {
  const events = BpfEvents.open({ bufferBytes });
  assert.ok(events instanceof BpfEvents);
  try {
    use(events);
  } finally {
    events.close();
  }
}

/** Reading a clock is one. */
function barrier(): void {
  process.hrtime();
}

/** Drain until a process has ended, as told. */
function drainUntilEnd(events: BpfEvents, told: Told, pid: number): void {
  const deadline = performance.now() + 10_000;
  while (!told.ends.some((end) => end.pid === pid && end.threadId === pid)) {
    assert.ok(performance.now() < deadline, "its end is not told");
    events.drain(barrier, told);
  }
}

const COUNT = 100;
const LOOP = `i=0; while [ $i -lt ${COUNT} ]; do /bin/true "nr $i"; i=$((i+1)); done; exit 3`;

describe("programs in the kernel", () => {
  test("tell each short process with its arguments, parent, times and end", {
    skip: refusal,
    timeout: 120_000,
  }, () => {
    withEvents(undefined, (events) => {
      const told = new Told();
      const shell = spawnSync("/bin/sh", ["-c", LOOP]).pid;
      drainUntilEnd(events, told, shell);
      assert.equal(events.lostCount(), 0);
      const children = told.births.filter(({ parentPid }) => parentPid === shell);
      assert.equal(children.length, COUNT);
      children.forEach(({ pid, atNs }, index) => {
        assert.deepEqual(told.commands.get(pid), [`/bin/true /bin/true nr ${index}`]);
        const end = told.ends.find((one) => one.pid === pid)!;
        assert.ok(end.atNs > atNs);
        assert.deepEqual(end.end, { exitCode: 0, signal: null });
        assert.ok(end.totals.cpuSeconds > 0 && end.totals.minorFaults > 20);
      });
      assert.deepEqual(told.ends.find(({ pid }) => pid === shell)!.end, { exitCode: 3, signal: null });
    });
  });

  test("count what finds no room, to the event", { skip: refusal, timeout: 120_000 }, () => {
    // A birth, an execution, the begin of an end and an end of each, and of the shell.
    const expected = (tellsFinalCounts ? 4 : 3) * (COUNT + 1);
    withEvents(4_096, (events) => {
      const told = new Told();
      const shell = spawnSync("/bin/sh", ["-c", LOOP]).pid;
      const before = events.lostCount();
      assert.ok(before > 0, "everything has fitted");
      const toldCount = () =>
        told.births.length + told.commands.size + told.leavers.length + told.ends.length + events.lostCount();
      const isLast = () => {
        events.drain(barrier, told);
        return toldCount() >= expected;
      };
      const deadline = performance.now() + 10_000;
      while (!isLast()) assert.ok(performance.now() < deadline, "some are neither told nor counted");
      assert.equal(toldCount(), expected);
      assert.equal(told.births[0].pid, shell);
      // What comes after a loss is told.
      const next = spawnSync("/bin/true").pid;
      drainUntilEnd(events, told, next);
    });
  });

  test(
    "tell nothing of strangers, nor of threads of our own",
    { skip: refusal, timeout: 120_000 },
    async () => {
      const stranger = spawn("/bin/sh", ["-c", "read line; /bin/true; /bin/true; exit 0"], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      const events = BpfEvents.open({});
      assert.ok(events instanceof BpfEvents);
      try {
        // Born before we listened, so that it is nobody of ours.
        stranger.stdin.end("go\n");
        await once(stranger, "exit");
        const told = new Told();
        events.drain(barrier, told);
        const { pid } = stranger;
        assert.deepEqual(
          told.births.filter((birth) => birth.parentPid === pid || birth.pid === process.pid),
          [],
        );
        assert.ok(!told.ends.some((end) => end.pid === pid || end.pid === process.pid));
      } finally {
        events.close();
      }
    },
  );

  test(
    "tell threads that the kernel makes for a process",
    { skip: refusal || noRing, timeout: 120_000 },
    () => {
      withEvents(undefined, (events) => {
        const told = new Told();
        const perl = makeRing();
        assert.equal(perl.status, 0);
        const ended = () => told.ends.filter(({ pid }) => pid === perl.pid).length;
        const deadline = performance.now() + 10_000;
        while (ended() < 2) {
          assert.ok(performance.now() < deadline, `${ended()} ends are told`);
          events.drain(barrier, told);
        }
        assert.equal(told.threadCount, 1);
        assert.equal(told.births.length, 1);
      });
    },
  );

  test("tell all that each thread used, whoever executes", {
    skip: refusal || (!tellsFinalCounts && "needs Linux 5.18"),
    timeout: 120_000,
  }, () => {
    withEvents(undefined, (events) => {
      const told = new Told();
      const burn = "use Time::HiRes 'clock'; my $t = clock(); 1 while clock() - $t < 0.2; print clock()";
      const perl = spawnSync("/usr/bin/perl", ["-e", burn]);
      drainUntilEnd(events, told, perl.pid);
      const { totals } = told.ends.find(({ pid }) => pid === perl.pid)!;
      const own = Number(perl.stdout.toString());
      assert.ok(totals.isFinal);
      // Its own clock stops before it ends.
      assert.ok(
        totals.cpuSeconds >= own && totals.cpuSeconds < 1.1 * own + 0.02,
        `${totals.cpuSeconds} and ${own}`,
      );
    });
  });

  test("tell records that go on at the begin of the ring", { skip: refusal, timeout: 120_000 }, () => {
    // Of some three hundred kilobytes a piece of the ring at a time, and each at another place.
    withEvents(16_384, (events) => {
      const told = new Told();
      for (let round = 0; round < 100; round++) {
        const argument = String.fromCharCode(97 + round % 26).repeat(2_000 + 13 * round);
        const { pid } = spawnSync("/bin/true", [argument]);
        drainUntilEnd(events, told, pid);
        assert.deepEqual(told.commands.get(pid), [`/bin/true /bin/true ${argument}`]);
      }
      assert.equal(events.lostCount(), 0);
    });
  });

  test("tell of a process that others have started, and of its descendants, once it is included", {
    skip: refusal,
    timeout: 120_000,
  }, async () => {
    const stranger = spawn("/bin/sh", ["-c", "read line; /bin/true; /bin/true; exit 4"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const events = BpfEvents.open({ isOfOthers: true });
    assert.ok(events instanceof BpfEvents);
    try {
      const { pid } = stranger;
      // Whenever it was born.
      assert.equal(events.include(pid!, Number.MAX_SAFE_INTEGER), 0);
      stranger.stdin.end("go\n");
      await once(stranger, "exit");
      const told = new Told();
      drainUntilEnd(events, told, pid!);
      const children = told.births.filter(({ parentPid }) => parentPid === pid);
      assert.deepEqual(children.map((child) => told.commands.get(child.pid)), [
        ["/bin/true /bin/true"],
        ["/bin/true /bin/true"],
      ]);
      assert.deepEqual(told.ends.find((one) => one.pid === pid)!.end, { exitCode: 4, signal: null });
      if (tellsFinalCounts) {
        // Before whoever waits hears of it.
        assert.deepEqual(told.leavers, [...children.map((child) => child.pid), pid]);
      }
    } finally {
      events.close();
    }
  });

  test("cut long arguments off, and say so", { skip: refusal, timeout: 120_000 }, () => {
    withEvents(undefined, (events) => {
      const told = new Told();
      const long = "ü".repeat(5_000);
      drainUntilEnd(events, told, spawnSync("/bin/true", [long]).pid);
      const [[command]] = told.commands.values();
      assert.ok(command.endsWith("…") && command.startsWith("/bin/true /bin/true üü"));
      assert.ok(command.length > 2_000 && command.length < 2_100, `${command.length}`);
    });
  });
});
