import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import {
  parseFileKind,
  PASSWD,
  SIGACTION_SIZE,
  STAT_SIZE,
} from "../../../platform/darwin/layout/file_status.ts";
import { parseInterfaces, RoundCounters } from "../../../platform/darwin/layout/interfaces.ts";
import { KEVENT_SIZE, NOTE, parseKevent, writeKevent } from "../../../platform/darwin/layout/kevent.ts";
import {
  CPU_LOAD_INFO,
  parseBootTime,
  parseCpuLoad,
  parseFileSystem,
  parseLoadAverages,
  parseSwap,
  parseThreadCount,
  parseVmStatistics,
  poolOf,
  PROCESSOR_SET_LOAD_INFO,
  STATFS_SIZE,
  VM_INFO,
} from "../../../platform/darwin/layout/machine_info.ts";
import {
  BSD,
  LIST_DESCRIPTORS,
  parseBsdInfo,
  parseDescriptors,
  parseShortBsdInfo,
  parseTaskInfo,
  parseThreadInfo,
  parseUniqueInfo,
  SHORT_BSD,
  TASK_ALL,
  THREAD,
  UNIQUE,
} from "../../../platform/darwin/layout/proc_info.ts";
import { parseProcessWords } from "../../../platform/darwin/layout/procargs.ts";
import { parseProperties } from "../../../platform/darwin/layout/property_list.ts";
import { parseRusageInfo, RUSAGE_INFO } from "../../../platform/darwin/layout/rusage_info.ts";
import { signalName, signalNumber } from "../../../platform/darwin/layout/signals.ts";
import { parseOwnPort, SOCKET } from "../../../platform/darwin/layout/socket_info.ts";
import {
  parseRusage,
  parseStatus,
  RUSAGE_SIZE,
  SIGINFO_SIZE,
  siginfoPid,
} from "../../../platform/darwin/layout/waited.ts";
import { compile, noFake } from "./support/fake.ts";

/** A structure as the compiler has laid it out. */
interface Laid {
  readonly size: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly fields: Record<string, number> & Record<string, unknown>;
}

const laid = new Map<string, Laid>();
const of = (name: string) => laid.get(name)!;

describe("structures of Darwin, by their declarations", () => {
  before(() => {
    if (noFake) return;
    const directory = mkdtempSync(join(tmpdir(), "proctor-layout-"));
    try {
      compile("layout_program.c", join(directory, "layout"));
      const lines = execFileSync(join(directory, "layout"), { encoding: "utf8" }).trim().split("\n");
      for (const line of lines) {
        const { name, size, hex, fields } = JSON.parse(line);
        const bytes = new Uint8Array(Buffer.from(hex, "hex"));
        laid.set(name, { size, bytes, fields, view: new DataView(bytes.buffer) });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, { timeout: 120_000 });
  after(() => laid.clear());

  test("are as large as the kernel's", { skip: noFake, timeout: 120_000 }, () => {
    const ours = {
      bsdinfo: BSD.size,
      taskallinfo: TASK_ALL.size,
      bsdshortinfo: SHORT_BSD.size,
      uniqidentifierinfo: UNIQUE.size,
      threadinfo: THREAD.size,
      fdinfo: 2 * LIST_DESCRIPTORS.size,
      tcp_socket: SOCKET.size,
      rusage_info: RUSAGE_INFO[0].size,
      rusage: RUSAGE_SIZE,
      siginfo: SIGINFO_SIZE,
      kevent: KEVENT_SIZE,
      vm_statistics64: VM_INFO.size,
      cpu_load_info: CPU_LOAD_INFO.size,
      processor_set_load_info: PROCESSOR_SET_LOAD_INFO.size,
      statfs: STATFS_SIZE,
      stat: STAT_SIZE,
      passwd: PASSWD.size,
      sigaction: SIGACTION_SIZE,
    };
    assert.deepEqual(Object.fromEntries(Object.keys(ours).map((name) => [name, of(name).size])), ours);
    assert.equal(RUSAGE_INFO[1].size, of("rusage_info").fields.v4_size);
  });

  test("tell who has a port", { skip: noFake, timeout: 120_000 }, () => {
    const sockets = ["tcp_socket", "tcp_connection", "udp_socket", "unbound_socket", "unix_socket"];
    assert.deepEqual(
      sockets.map((name) => parseOwnPort(of(name).view)),
      [8_080, undefined, 53, undefined, undefined],
    );
  });

  test("tell of a process", { skip: noFake, timeout: 120_000 }, () => {
    const { view, fields } = of("taskallinfo");
    const bsd = {
      status: fields.pbi_status,
      pid: fields.pbi_pid,
      parentPid: fields.pbi_ppid,
      userId: fields.pbi_uid,
      groupId: fields.pbi_pgid,
      terminalGroupId: fields.e_tpgid,
      name: fields.pbi_name,
      startMicroseconds: 1_700_000_001_654_321,
    };
    assert.deepEqual(parseBsdInfo(view), bsd);
    assert.deepEqual(parseBsdInfo(of("bsdinfo").view), bsd);
    assert.deepEqual(parseTaskInfo(view), {
      minorFaults: 883,
      majorFaults: 17,
      switches: fields.pti_csw,
      threadCount: fields.pti_threadnum,
      runningThreads: fields.pti_numrunning,
    });
    const brief = of("bsdshortinfo");
    assert.deepEqual(parseShortBsdInfo(brief.view), {
      pid: brief.fields.pbsi_pid,
      parentPid: brief.fields.pbsi_ppid,
      groupId: brief.fields.pbsi_pgid,
      status: brief.fields.pbsi_status,
      name: "brief",
      userId: brief.fields.pbsi_uid,
    });
    const unique = of("uniqidentifierinfo");
    assert.deepEqual(parseUniqueInfo(unique.view), {
      uniqueId: unique.fields.p_uniqueid,
      starterUniqueId: unique.fields.p_puniqueid,
    });
    const thread = of("threadinfo");
    assert.deepEqual(parseThreadInfo(thread.view), {
      name: "worker",
      cpuSeconds: (thread.fields.pth_user_time + thread.fields.pth_system_time) / 1e9,
    });
    assert.deepEqual(parseDescriptors(of("fdinfo").view), [{ number: 0, type: 1 }, { number: 7, type: 6 }]);
  });

  test("a name that is not there yet is the shorter one", { skip: noFake, timeout: 120_000 }, () => {
    const bytes = of("bsdinfo").bytes.slice();
    bytes[64] = 0;
    assert.equal(parseBsdInfo(new DataView(bytes.buffer)).name, "fifteen of them");
  });

  test("a counter at its end is not known", { skip: noFake, timeout: 120_000 }, () => {
    const bytes = of("taskallinfo").bytes.slice();
    new DataView(bytes.buffer).setInt32(136 + 52, 2 ** 31 - 1, true);
    const task = parseTaskInfo(new DataView(bytes.buffer));
    assert.deepEqual([task.minorFaults, task.majorFaults], [NaN, 17]);
  });

  test("tell what it has used", { skip: noFake, timeout: 120_000 }, () => {
    const { view, fields } = of("rusage_info");
    assert.deepEqual(parseRusageInfo(view), {
      userTicks: fields.ri_user_time,
      systemTicks: fields.ri_system_time,
      residentBytes: fields.ri_resident_size,
      footprintBytes: fields.ri_phys_footprint,
      startTicks: fields.ri_proc_start_abstime,
      childUserTicks: fields.ri_child_user_time,
      childSystemTicks: fields.ri_child_system_time,
      childPageins: fields.ri_child_pageins,
      diskReadBytes: fields.ri_diskio_bytesread,
      diskWriteBytes: fields.ri_diskio_byteswritten,
      peakFootprintBytes: fields.ri_lifetime_max_phys_footprint,
      instructions: fields.ri_instructions,
      cycles: fields.ri_cycles,
    });
    const usage = of("rusage");
    assert.deepEqual(parseRusage(usage.view), {
      userSeconds: 12.345678,
      systemSeconds: 3.000007,
      peakResidentBytes: usage.fields.ru_maxrss,
      minorFaults: usage.fields.ru_minflt,
      majorFaults: usage.fields.ru_majflt,
      voluntarySwitches: usage.fields.ru_nvcsw,
      involuntarySwitches: usage.fields.ru_nivcsw,
    });
    assert.equal(siginfoPid(of("siginfo").view), of("siginfo").fields.si_pid);
  });

  test("tell of events, and are written as they are read", { skip: noFake, timeout: 120_000 }, () => {
    const { view, bytes } = of("kevent");
    assert.deepEqual(parseKevent(view, 0), {
      pid: 4711,
      filter: -5,
      flags: 0x4021,
      notes: NOTE.exit + NOTE.fork + NOTE.exitDetail,
      data: NOTE.exitMemory,
    });
    const written = new Uint8Array(KEVENT_SIZE);
    writeKevent(new DataView(written.buffer), 0, { pid: 4711, flags: 0x4021, notes: 0xc200_0000 });
    assert.deepEqual(written.subarray(0, 16), bytes.subarray(0, 16));
  });

  test("tell of the machine", { skip: noFake, timeout: 120_000 }, () => {
    const vm = of("vm_statistics64");
    assert.deepEqual(parseVmStatistics(vm.view), {
      freePages: vm.fields.free_count,
      inactivePages: vm.fields.inactive_count,
      purgeablePages: vm.fields.purgeable_count,
      speculativePages: vm.fields.speculative_count,
      externalPages: vm.fields.external_page_count,
    });
    assert.equal(parseThreadCount(of("processor_set_load_info").view), 2_000);
    assert.deepEqual(parseCpuLoad(of("cpu_load_info").view), {
      user: 4_294_967_295,
      system: 200,
      idle: 300,
      nice: 400,
    });
    const swap = of("xsw_usage");
    assert.deepEqual(parseSwap(swap.view), {
      totalBytes: swap.fields.xsu_total,
      availableBytes: swap.fields.xsu_avail,
    });
    assert.deepEqual(parseLoadAverages(of("loadavg").view), [1, 1.5, 0.25]);
    assert.equal(parseBootTime(of("timeval").view), 1_700_000_000_250);
    const { view, fields } = of("statfs");
    assert.deepEqual(parseFileSystem(view, 0), {
      totalBytes: fields.f_blocks * 4_096,
      freeBytes: fields.f_bfree * 4_096,
      availableBytes: fields.f_bavail * 4_096,
      id: "16777234,27",
      isLocal: true,
      isHidden: true,
      type: "apfs",
      point: "/System/Volumes/Data",
      source: "/dev/disk3s5",
    });
    assert.equal(parseFileKind(of("stat").view), "pipe");
  });

  test("list interfaces, each message by its own length", { skip: noFake, timeout: 120_000 }, () => {
    const { bytes, fields } = of("if_msghdr2");
    const [first, second] = parseInterfaces(bytes);
    assert.deepEqual(first, {
      index: 1,
      isLoopback: true,
      rxPackets: fields.ifi_ipackets,
      rxErrors: fields.ifi_ierrors,
      txPackets: fields.ifi_opackets,
      txErrors: fields.ifi_oerrors,
      rxBytes: fields.ifi_ibytes,
      txBytes: fields.ifi_obytes,
    });
    assert.deepEqual([second.index, second.isLoopback, second.rxBytes], [11, false, 0]);
    // Cut short anywhere, what is whole stands, and nothing is made up.
    for (let length = 0; length < bytes.length; length++) {
      assert.ok(parseInterfaces(bytes.subarray(0, length)).length <= (length < 168 ? 0 : 1), String(length));
    }
  });

  test("hold texts of users by their addresses", { skip: noFake, timeout: 120_000 }, () => {
    const { view } = of("passwd");
    assert.deepEqual([
      view.getBigUint64(PASSWD.name, true),
      view.getUint32(PASSWD.uid, true),
      view.getUint32(PASSWD.gid, true),
      view.getBigUint64(PASSWD.home, true),
      view.getBigUint64(PASSWD.shell, true),
    ], [1n, 501, 20, 2n, 3n]);
  });
});

describe("words of a process", () => {
  const bytes = (count: number, text: string) => {
    const head = new Uint8Array(4);
    new DataView(head.buffer).setInt32(0, count, true);
    return new Uint8Array(Buffer.concat([head, Buffer.from(text, "latin1")]));
  };
  const words = (list: readonly Uint8Array[]) => list.map((one) => Buffer.from(one).toString("latin1"));

  test("the path, zeros, arguments, the environment; not what the loader is told", () => {
    const parsed = parseProcessWords(bytes(3, "/bin/x\0\0\0\0x\0\0-v\0A=1\0B=\xff\0\0ptr_munge=1\0"))!;
    assert.equal(Buffer.from(parsed.executable).toString(), "/bin/x");
    // An empty argument right behind the padding cannot be told from it; one in the middle can.
    assert.deepEqual(words(parsed.args), ["x", "", "-v"]);
    assert.deepEqual(words(parsed.env), ["A=1", "B=\xff"]);
  });

  test("without an environment, as programs of Apple's are told", () => {
    const parsed = parseProcessWords(bytes(1, "/bin/sh\0sh\0\0"))!;
    assert.deepEqual([words(parsed.args), words(parsed.env)], [["sh"], []]);
  });

  test("anything at all is read or refused", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      const parsed = parseProcessWords(any);
      if (parsed) assert.ok([...parsed.args, ...parsed.env].every((word) => !word.includes(0)));
    }));
    assert.equal(parseProcessWords(bytes(-1, "/bin/x\0")), null);
    assert.equal(parseProcessWords(bytes(1, "/bin/x")), null);
  });
});

describe("counters that go round", () => {
  test("are added up, whatever they pass", () => {
    fc.assert(fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 50 }),
      (start, steps) => {
        const rounds = new RoundCounters();
        let truth = start;
        assert.equal(rounds.add("x", start), start);
        for (const step of steps) assert.equal(rounds.add("x", (truth += step) % 2 ** 32), truth);
      },
    ));
  });

  test("one that is not cut is taken as it stands, and one does not know of another", () => {
    const rounds = new RoundCounters();
    assert.equal(rounds.add("a", 2 ** 40), 2 ** 40);
    assert.equal(rounds.add("b", 5), 5);
    assert.equal(rounds.add("a", 2 ** 40 + 7), 2 ** 40 + 7);
  });
});

describe("signals of Darwin", () => {
  test("have its numbers, not those of Linux", () => {
    // signal(3) of macOS.
    const numbers = { SIGHUP: 1, SIGEMT: 7, SIGBUS: 10, SIGSYS: 12, SIGURG: 16, SIGSTOP: 17, SIGTSTP: 18 };
    const others = { SIGCONT: 19, SIGCHLD: 20, SIGIO: 23, SIGINFO: 29, SIGUSR1: 30, SIGUSR2: 31, SIGKILL: 9 };
    for (const [name, number] of Object.entries({ ...numbers, ...others })) {
      assert.equal(signalNumber(name), number);
      assert.equal(signalName(number), name);
    }
    assert.equal(new Set(Array.from({ length: 31 }, (_, index) => signalName(index + 1))).size, 31);
    assert.deepEqual([signalNumber("SIGPWR"), signalNumber("SIGIOT"), signalName(77)], [0, 6, "SIG77"]);
  });

  test("all that Linux and Darwin share are there", () => {
    const linuxOnly = ["SIGSTKFLT", "SIGPWR", "SIGPOLL", "SIGUNUSED", "SIGCLD"];
    const missing = Object.keys(constants.signals).filter((name) => signalNumber(name) === 0);
    assert.deepEqual(missing.filter((name) => !linuxOnly.includes(name)), []);
  });

  test("end a child by the word of wait4", () => {
    assert.deepEqual(parseStatus(3 << 8), { exitCode: 3, signal: null });
    assert.deepEqual(parseStatus(9), { exitCode: null, signal: 9 });
    assert.deepEqual(parseStatus(30 | 0x80), { exitCode: null, signal: 30 });
  });
});

test("file systems of one APFS container share a disk", () => {
  assert.equal(poolOf({ type: "apfs", source: "/dev/disk3s1s1" }), "disk3");
  assert.equal(poolOf({ type: "apfs", source: "/dev/disk3s5" }), "disk3");
  assert.equal(poolOf({ type: "hfs", source: "/dev/disk4s1" }), null);
});

describe("property lists", { timeout: 120_000 }, () => {
  test("numbers and texts are read, at whatever depth, and nothing else", () => {
    const list = "<dict>\n\t<key>a b</key>\n\t<integer>-3</integer><key>on</key><true/>" +
      "<key>in</key><dict><key>name</key>\n<string>disk0</string></dict><key>none</key><string></string></dict>";
    assert.deepEqual([...parseProperties(list)], [["a b", -3], ["name", "disk0"], ["none", ""]]);
  });

  test("anything at all is read or passed over", () => {
    const piece = fc.constantFrom(
      "<key>",
      "</key>",
      "<integer>",
      "</integer>",
      "<string>",
      "</string>",
      "x",
      "1",
      " ",
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => {
      for (const value of parseProperties(pieces.join("")).values()) {
        assert.ok(typeof value === "number" || typeof value === "string");
      }
    }));
  });
});
