import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { Raw } from "../../../core/measure/raw.ts";
import { darwinSystem } from "../../../platform/darwin/mod.ts";
import { Look } from "../../../platform/mod.ts";
import type { Platform } from "../../../platform/mod.ts";
import { FakeDarwin, noFake } from "./support/fake.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const APPLE_SILICON = "number hw.tbfrequency 24000000";
/** A second of Apple silicon. */
const SECOND = 24_000_000;
/** A PID that Linux does not give: nobody is hit by chance. */
const PID = 4_400_001;
const OTHER = 4_400_002;
const LINE = `process ${PID} ppid=77 unique=5000 starter=4000 start_us=1700000000123456 start_ticks=900 ` +
  `name=worker status=2 running=1 threads=3 faults=100 pageins=4 csw=55 ` +
  `cpageins=6 user=${2 * SECOND} system=${SECOND / 2} cuser=${3 * SECOND} csystem=${SECOND} ` +
  `resident=9000 footprint=7000 peak=8000 dread=111 dwrite=222`;

describe("processes of Darwin, by a library that tells them", { timeout: 120_000 }, () => {
  let fake: FakeDarwin;
  let platform: Platform;
  before(async () => {
    if (noFake) return;
    fake = new FakeDarwin(APPLE_SILICON);
    platform = await darwinSystem(fake.library).platform();
  }, { timeout: 120_000 });
  after(() => fake?.[Symbol.dispose]());

  const open = (pid = PID) => {
    const reader = platform.openProcess(pid, ALL);
    assert.ok(reader);
    return reader;
  };

  test("are read in seconds and bytes", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      APPLE_SILICON,
      LINE,
      `words ${PID} 2 /opt/worker worker --fast A=1`,
      `descriptor ${PID} 0 1`,
      `descriptor ${PID} 5 2`,
    );
    const reader = open();
    reader.lookAtDetails();
    const { row } = reader;
    const told = (...columns: number[]) => columns.map((column) => row[column]);
    assert.deepEqual(told(Raw.userSeconds, Raw.systemSeconds, Raw.cpuSeconds), [2, 0.5, 2.5]);
    assert.deepEqual(told(Raw.reapedUserSeconds, Raw.reapedSystemSeconds, Raw.reapedCpuSeconds), [3, 1, 4]);
    assert.deepEqual(told(Raw.memoryBytes, Raw.peakMemoryBytes), [7_000, 8_000]);
    assert.deepEqual(told(Raw.diskReadBytes, Raw.diskWriteBytes, Raw.diskCancelledWriteBytes), [111, 222, 0]);
    assert.deepEqual(told(Raw.minorFaults, Raw.majorFaults, Raw.reapedMajorFaults, Raw.threadCount), [
      96,
      4,
      6,
      3,
    ]);
    // The size is asked for first, and told too large: what counts is the list.
    assert.deepEqual(told(Raw.fileDescriptorCount), [2]);
    // Nobody tells what passes through calls, nor what a reaped child had of these.
    assert.deepEqual(
      told(Raw.ioReadBytes, Raw.ioWriteBytes, Raw.voluntarySwitches, Raw.reapedMinorFaults, Raw.pssBytes),
      [NaN, NaN, NaN, NaN, NaN],
    );
    const { pid, parentPid, birth, startTimeMs, name, args, state, isZombie, isSuspended, cpuSeconds } =
      reader;
    assert.deepEqual(
      { pid, parentPid, birth, startTimeMs, name, args, state, isZombie, isSuspended, cpuSeconds },
      {
        pid: PID,
        parentPid: 77,
        birth: 1_700_000_000_123_456,
        startTimeMs: 1_700_000_000_123.456,
        name: "worker",
        args: ["worker", "--fast"],
        state: "R",
        isZombie: false,
        isSuspended: false,
        cpuSeconds: 2.5,
      },
    );
    assert.ok(Number.isSafeInteger(birth));
  });

  test("count in nanoseconds where the machine does", { skip: noFake, timeout: 120_000 }, async () => {
    using intel = new FakeDarwin(LINE.replace(`user=${2 * SECOND}`, "user=2000000000"));
    const reader = (await darwinSystem(intel.library).platform()).openProcess(PID, ALL)!;
    assert.equal(reader.row[Raw.userSeconds], 2);
  });

  test(
    "are looked at again: unmoved, moved, gone, and another under the same number",
    { skip: noFake, timeout: 120_000 },
    () => {
      fake.tell(APPLE_SILICON, LINE);
      const reader = open();
      assert.equal(reader.look(false), Look.unmoved);
      assert.equal(reader.look(true), Look.unmoved);
      fake.tell(
        APPLE_SILICON,
        LINE.replace("name=worker", "name=renamed").replace("footprint=7000", "footprint=7500"),
      );
      assert.equal(reader.look(false), Look.unmoved);
      assert.equal(reader.row[Raw.memoryBytes], 7_500);
      fake.tell(
        APPLE_SILICON,
        LINE.replace(`user=${2 * SECOND}`, `user=${3 * SECOND}`).replace("threads=3", "threads=4"),
      );
      assert.equal(reader.look(false), Look.moved);
      assert.deepEqual([reader.cpuSeconds, reader.row[Raw.threadCount]], [3.5, 4]);
      fake.tell(
        APPLE_SILICON,
        LINE.replace("start_ticks=900", "start_ticks=901").replace("unique=5000", "unique=5001"),
      );
      assert.equal(reader.look(false), Look.gone);
      fake.tell(APPLE_SILICON);
      assert.equal(reader.look(false), Look.gone);
      assert.equal(platform.openProcess(PID, ALL), null);
    },
  );

  test(
    "that have ended keep their figures until they are waited for",
    { skip: noFake, timeout: 120_000 },
    () => {
      fake.tell(APPLE_SILICON, LINE);
      const reader = open();
      fake.tell(
        APPLE_SILICON,
        LINE.replace("status=2", "status=5").replace(`user=${2 * SECOND}`, `user=${5 * SECOND}`),
      );
      assert.equal(reader.look(false), Look.moved);
      assert.deepEqual([reader.isZombie, reader.state, reader.cpuSeconds], [true, "Z", 5.5]);
      // What it has in memory by now is nothing; the peak stays.
      assert.deepEqual([reader.row[Raw.memoryBytes], reader.row[Raw.peakMemoryBytes]], [0, 8_000]);
      assert.equal(platform.isEnding(PID), true);
      assert.ok(platform.openProcess(PID, ALL)?.isZombie, "one that was never seen alive");
    },
  );

  test(
    "stopped ones are suspended, those without a running thread sleep",
    { skip: noFake, timeout: 120_000 },
    () => {
      fake.tell(APPLE_SILICON, LINE.replace("status=2", "status=4"));
      assert.deepEqual([open().state, open().isSuspended, platform.isEnding(PID)], ["T", true, false]);
      fake.tell(APPLE_SILICON, LINE.replace("running=1", "running=0"));
      assert.deepEqual([open().state, open().isSuspended], ["S", false]);
    },
  );

  test("an older kernel knows the fourth version, and no newer", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(APPLE_SILICON, "rusage 4", LINE);
    assert.equal(open().row[Raw.diskWriteBytes], 222);
    fake.tell(APPLE_SILICON, "rusage 3", LINE);
    const reader = open();
    assert.deepEqual([reader.row[Raw.cpuSeconds], reader.look(false)], [NaN, Look.unread]);
  });

  test(
    "of other users it is told who they are, and when they began",
    { skip: noFake, timeout: 120_000 },
    () => {
      const stranger = LINE.replace("name=worker", "name=windowserver uid=88");
      fake.tell(APPLE_SILICON, stranger, `words ${PID} 1 /x x`);
      const reader = open();
      assert.deepEqual(
        [reader.name, reader.parentPid, reader.birth, reader.args, reader.look(true)],
        ["windowserver", 77, 1_700_000_000_123_456, [], Look.unread],
      );
      assert.ok(reader.row.every(Number.isNaN), "nothing is made up");
      assert.deepEqual(reader.threads(), []);
      fake.tell(APPLE_SILICON, stranger.replace("unique=5000", "unique=6000"));
      assert.equal(reader.look(true), Look.gone);
      fake.tell("me uid=0", APPLE_SILICON, stranger);
      assert.equal(open().cpuSeconds, 2.5, "root may look");
    },
  );

  for (const name of ["proc_pidinfo", "proc_pid_rusage", "sysctl", "proc_listpids", "kqueue", "kevent"]) {
    test(`${name} may fail at any time`, { skip: noFake, timeout: 120_000 }, () => {
      fake.tell(APPLE_SILICON, LINE);
      const reader = open();
      for (const errno of [1, 3, 12, 22]) {
        fake.tell(APPLE_SILICON, LINE, `fail ${name} ${errno}`);
        for (const force of [false, true]) {
          const look = reader.look(force);
          assert.ok(name !== "proc_pid_rusage" || look === Look.unread, `${look}`);
        }
        reader.lookAtDetails();
        assert.deepEqual(reader.threads(), []);
        platform.openProcess(PID, ALL)?.look(true);
        platform.lookUp().find(PID);
        platform.markedProcesses("x", true);
        platform.signal({ pid: PID, birth: 1 }, "SIGTERM");
      }
    });
  }

  test("have threads, whose times are nanoseconds", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      APPLE_SILICON,
      LINE,
      `thread ${PID} 4600000001 user=1500000000 system=500000000 name=main`,
      `thread ${PID} 4600000002 user=1 system=0`,
    );
    assert.deepEqual(open().threads(), [
      { threadId: 4_600_000_001, name: "main", cpuSeconds: 2 },
      { threadId: 4_600_000_002, name: "", cpuSeconds: 1e-9 },
    ]);
  });

  test("are looked up, but not the kernel, zombies and ourselves", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      APPLE_SILICON,
      "user anna 501 20 /Users/anna /bin/zsh",
      LINE,
      `process ${OTHER} uid=88 start_us=5 name=other`,
      "process 0 uid=0 name=kernel_task",
      `process 4400003 status=5`,
      `process ${process.pid} name=self`,
      `words ${PID} 2 /x worker -v`,
    );
    const lookup = platform.lookUp();
    assert.deepEqual(lookup.pids().sort(), [PID, OTHER, 4_400_003, process.pid].sort());
    const found = lookup.find(PID)!;
    assert.deepEqual(
      [found.name, found.birth, found.parentPid, found.userId(), found.arguments(), found.cgroups(null)],
      ["worker", 1_700_000_000_123_456, 77, 501, ["worker", "-v"], []],
    );
    assert.deepEqual([lookup.find(OTHER)?.userId(), lookup.find(OTHER)?.birth], [88, 5]);
    for (const pid of [0, 4_400_003, process.pid, 4_400_009]) {
      assert.equal(lookup.find(pid), null, String(pid));
    }
    assert.deepEqual([lookup.userId("anna"), lookup.userId("nobody-here")], [501, undefined]);
    assert.throws(() => lookup.cgroupAt("/x"), { message: "macOS has no control groups" });
  });

  test("are found by the port they listen at or are bound to", { skip: noFake, timeout: 120_000 }, () => {
    const CLIENT = 4_400_005;
    fake.tell(
      APPLE_SILICON,
      LINE,
      `process ${OTHER} uid=88 name=other`,
      `process ${CLIENT} uid=501 start_us=6 name=client`,
      `descriptor ${PID} 0 1`,
      ...[5, 6, 7, 8].map((number) => `descriptor ${PID} ${number} 2`),
      `socket ${PID} 5 2 6 1 8080`, // TCP, which listens
      `socket ${PID} 6 1 17 0 5353`, // UDP
      `socket ${PID} 7 3 0 0 0`, // Unix; and 8 has been closed meanwhile.
      `descriptor ${CLIENT} 3 2`,
      `socket ${CLIENT} 3 2 6 4 8080`, // TCP, a connection
      `descriptor ${OTHER} 3 2`,
      `socket ${OTHER} 3 2 6 1 8080`, // Another user's: only root is told.
    );
    const lookup = platform.lookUp();
    const owners = lookup.listeners(new Set([8_080, 5_353, 22]));
    assert.deepEqual([...owners].map(([port, pids]) => [port, [...pids]]), [
      [8_080, [PID]],
      [5_353, [PID]],
      [22, []],
    ]);
    assert.deepEqual(lookup.find(PID)!.sockets(), new Set([PID]));
    assert.equal(lookup.find(OTHER)!.sockets(), null);
  });

  test("a signal reaches nobody but who is meant", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(APPLE_SILICON, LINE);
    // Of Linux there is no such process: the call that is refused shows that it was made, or was not.
    assert.equal(platform.signal({ pid: PID, birth: 1_700_000_000_123_457 }, "SIGTERM"), false);
    assert.equal(platform.signal({ pid: PID, birth: 1_700_000_000_123_456 }, "SIGSTKFLT"), false);
    fake.tell(APPLE_SILICON, LINE.replace(String(PID), String(process.pid)));
    assert.equal(platform.signal({ pid: process.pid, birth: 1_700_000_000_123_456 }, "SIGWINCH"), true);
    assert.equal(platform.signal({ pid: process.pid, birth: 1_700_000_000_123_457 }, "SIGWINCH"), false);
  });

  test("marked ones are found where their environment is told", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      APPLE_SILICON,
      LINE,
      `process ${OTHER} name=apple`,
      `words ${PID} 1 /x x A=1 PROCTOR_GROUP=12-ab-web1`,
      `words ${OTHER} 1 /bin/sh sh`,
    );
    assert.deepEqual(
      platform.markedProcesses("web", true).map(({ pid, marker, mechanism }) => [pid, marker, mechanism]),
      [
        [PID, "PROCTOR_GROUP=12-ab-web1", "process_group"],
      ],
    );
    assert.deepEqual(platform.markedProcesses("web", false), []);
    assert.equal(platform.carriesOtherMark(PID, "PROCTOR_GROUP=12-ab-web2"), true);
    assert.equal(platform.carriesOtherMark(PID, "PROCTOR_GROUP=12-ab-web1"), false);
    assert.equal(platform.carriesOtherMark(OTHER, "PROCTOR_GROUP=12-ab-web1"), false);
  });

  test("fill the directory of top", { skip: noFake, timeout: 120_000 }, async () => {
    fake.tell(
      APPLE_SILICON,
      "user anna 501 20 /Users/anna /bin/zsh",
      LINE,
      `process ${OTHER} uid=88`,
      `words ${PID} 1 /x x PROCTOR_GROUP=12-ab-web1`,
    );
    const directory = await darwinSystem(fake.library).directory();
    assert.deepEqual([...directory.pids()].sort(), [PID, OTHER]);
    const web = { userName: "anna", cgroup: null, group: "12-ab-web1", supervisedId: null };
    assert.deepEqual(directory.origin(PID), web);
    const nothing = { userName: null, cgroup: null, group: null, supervisedId: null };
    assert.deepEqual(directory.origin(OTHER), { ...nothing, userName: "88" });
    assert.deepEqual(directory.origin(4_400_009), nothing);
  });

  test("users, and what they are members of", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell("user anna 501 20 /Users/anna /bin/zsh");
    assert.deepEqual(platform.findAccount("anna", null), {
      uid: 501,
      gid: 20,
      groups: [20, 80],
      name: "anna",
      home: "/Users/anna",
      shell: "/bin/zsh",
    });
    assert.deepEqual(platform.findAccount(501, 12), { ...(platform.findAccount("501", "12") as object) });
    assert.equal(platform.findAccount("bert", null), 'there is no user "bert"');
    assert.match(platform.findAccount(900, null) as string, /in no list of users/);
    assert.match(platform.findAccount("anna", "staff") as string, /as a number/);
  });
});
