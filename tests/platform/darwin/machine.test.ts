import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { diskReader } from "../../../platform/darwin/machine/disks.ts";
import { darwinSystem } from "../../../platform/darwin/mod.ts";
import { Descriptors } from "../../../platform/darwin/sys/descriptors.ts";
import type { HostSource, Platform } from "../../../platform/mod.ts";
import { FakeDarwin, noFake } from "./support/fake.ts";

const MACHINE = [
  "number hw.tbfrequency 24000000",
  "number hw.memsize 17179869184",
  "number hw.pagesize 16384",
  "word hw.logicalcpu 10",
  "text machdep.cpu.brand_string Apple M2 Pro",
  "text kern.osrelease 24.4.0",
  "text kern.osproductversion 15.4",
  "text kern.hostname mac.local",
  "text kern.bootsessionuuid 5A6B0000-0000-4000-8000-000000000001",
  "vm free=1000 speculative=100 inactive=2000 purgeable=30 external=400",
  "cpu 4294967290 200 300 4",
  "swap 2147483648 1073741824",
  "threads 400 2345",
  "uuid 00112233445566778899aabbccddeeff",
  "disk disk0 reads=70 rbytes=9007199254740991 rns=1500000000 writes=8 wbytes=4096 wns=250000000",
  "disk - reads=1",
  "disk disk4 location=File reads=2 rbytes=512",
  "disk disk5 location=External reads=3",
  "load 2048 4096 1024 2048",
  "boot 1700000000 500000",
  "interface 1 lo0 flags=8 ibytes=4294966272 obytes=1024 ipackets=7 opackets=8 ierrors=1 oerrors=2",
  "interface 12 en0 ibytes=2048",
  "filesystem apfs /dev/disk3s1s1 / flags=0x101000 blocks=1000 bfree=400 bavail=300 id=7",
  "filesystem apfs /dev/disk3s5 /System/Volumes/Data flags=0x1000 blocks=1000 bfree=400 bavail=300 id=8",
  "filesystem apfs /dev/disk3s6 /System/Volumes/VM flags=0x101000 blocks=1000 id=9",
  "filesystem devfs devfs /dev flags=0x1000 blocks=5 id=10",
  "filesystem smbfs //nas/share /Volumes/share bsize=512 blocks=8 bfree=2 id=11",
];

describe("a Mac, by a library that tells of it", { timeout: 120_000 }, () => {
  let fake: FakeDarwin;
  let platform: Platform;
  let host: HostSource;
  before(async () => {
    if (noFake) return;
    fake = new FakeDarwin(...MACHINE);
    const system = darwinSystem(fake.library);
    platform = await system.platform();
    host = await system.host();
  }, { timeout: 120_000 });
  after(() => fake?.[Symbol.dispose]());
  const tell = (...changed: readonly [string, string][]) =>
    fake.tell(...MACHINE.map((line) => changed.reduce((text, [from, to]) => text.replace(from, to), line)));

  test("has pages of its own size", { skip: noFake, timeout: 120_000 }, () => {
    tell();
    assert.deepEqual(host.memory(), {
      totalBytes: 2 ** 34,
      freeBytes: 900 * 16_384,
      availableBytes: 3_030 * 16_384,
      buffersBytes: null,
      cachedBytes: 430 * 16_384,
      swapTotalBytes: 2 ** 31,
      swapFreeBytes: 2 ** 30,
    });
    tell(["hw.pagesize 16384", "hw.pagesize 4096"]);
    assert.equal(host.memory()?.freeBytes, 900 * 4_096);
  });

  test("counts CPU in hundredths that go round", { skip: noFake, timeout: 120_000 }, () => {
    tell();
    const before = host.cpuTimes()!;
    assert.deepEqual([before.user, before.system, before.idle, before.nice], [42_949_672.9, 2, 3, 0.04]);
    assert.deepEqual([before.iowait, before.steal, before.guest], [null, null, null]);
    tell(["cpu 4294967290 200", "cpu 94 300"]);
    const after = host.cpuTimes()!;
    assert.equal(Math.round((after.user - before.user) * 100), 100);
    assert.equal(after.system - before.system, 1);
  });

  test("cuts bytes of interfaces to 32 bits, and packets not", { skip: noFake, timeout: 120_000 }, () => {
    tell();
    assert.deepEqual(host.interfaces(), [
      {
        name: "lo0",
        isLoopback: true,
        rxBytes: 4_294_966_272,
        txBytes: 1_024,
        rxPackets: 7,
        txPackets: 8,
        rxErrors: 1,
        txErrors: 2,
      },
      {
        name: "en0",
        isLoopback: false,
        rxBytes: 2_048,
        txBytes: 0,
        rxPackets: 0,
        txPackets: 0,
        rxErrors: 0,
        txErrors: 0,
      },
    ]);
    tell(["ibytes=4294966272", "ibytes=1024"]);
    assert.equal(host.interfaces()![0].rxBytes, 2 ** 32 + 1_024);
  });

  test("has file systems that share a disk, and some that are nobody's business", {
    skip: noFake,
    timeout: 120_000,
  }, () => {
    tell();
    const local = host.spaces(false);
    assert.ok(local && "spaces" in local);
    assert.deepEqual(local.spaces.map(({ point, pool, space }) => [point, pool, space]), [
      ["/", "disk3", "7,0"],
      ["/System/Volumes/Data", "disk3", "8,0"],
    ]);
    const { totalBytes, usedBytes, availableBytes } = local.spaces[0];
    assert.deepEqual([totalBytes, usedBytes, availableBytes], [1_000 * 4_096, 600 * 4_096, 300 * 4_096]);
    const all = host.spaces(true);
    assert.ok(all && "spaces" in all);
    assert.deepEqual(all.spaces.at(-1)?.totalBytes, 8 * 512);
  });

  test("says what it is, and nothing that nobody tells", { skip: noFake, timeout: 120_000 }, () => {
    tell();
    assert.deepEqual(host.load(), {
      load1: 1,
      load5: 2,
      load15: 0.5,
      runnableTasks: null,
      existingTasks: 2_345,
    });
    const machine = host.machine();
    assert.deepEqual([
      machine.os,
      machine.osRelease,
      machine.kernel,
      machine.hostName,
      machine.processorCount,
    ], [
      "macOS",
      "15.4",
      "24.4.0",
      "mac.local",
      10,
    ]);
    assert.equal(machine.bootTimeMs, 1_700_000_000_500);
    assert.ok(Math.abs(host.uptime()!.uptimeSeconds - (Date.now() / 1_000 - 1_700_000_000.5)) < 10);
    assert.deepEqual([host.pressure(), host.temperatures()], [null, null]);
    assert.deepEqual(host.identity(), {
      machineId: "00112233445566778899aabbccddeeff",
      bootId: "5A6B0000-0000-4000-8000-000000000001",
    });
    assert.equal(platform.bootId(), "5A6B0000-0000-4000-8000-000000000001");
    const environment = platform.environment();
    assert.deepEqual(
      [
        environment.kernel,
        environment.cpu_model,
        environment.online_cpu_count,
        environment.memory_total_bytes,
      ],
      ["Darwin 24.4.0", "Apple M2 Pro", 10, 2 ** 34],
    );
  });

  test("has disks of its own, and images of disks", { skip: noFake, timeout: 120_000 }, () => {
    tell();
    const disks = host.disks()!;
    assert.deepEqual(disks.map(({ name, isPhysical }) => [name, isPhysical]), [
      ["disk0", true],
      ["disk4", false],
      ["disk5", true],
    ]);
    assert.deepEqual(disks[0], {
      name: "disk0",
      isPhysical: true,
      readCount: 70,
      readBytes: Number.MAX_SAFE_INTEGER,
      readSeconds: 1.5,
      writeCount: 8,
      writeBytes: 4_096,
      writeSeconds: 0.25,
      inFlightCount: null,
      busySeconds: null,
    });
    assert.equal(fake.heldByIoKit(), 0, "what IOKit gives is given back");
  });

  for (
    const name of [
      "IOServiceMatching",
      "IOServiceGetMatchingServices",
      "IORegistryEntryCreateCFProperties",
      "IORegistryEntryCreateCFProperty",
      "CFPropertyListCreateData",
    ]
  ) {
    test(`has no disks where ${name} fails, and holds nothing`, { skip: noFake, timeout: 120_000 }, () => {
      fake.tell(...MACHINE, `fail ${name} 1`);
      assert.deepEqual(host.disks(), []);
      assert.equal(fake.heldByIoKit(), 0);
    });
  }

  test("has unknown disks where there is no IOKit", { skip: noFake, timeout: 120_000 }, () => {
    const elsewhere = new Proxy(fake.system, {
      get: (system, name) => name === "framework" ? () => "/there/is/none" : Reflect.get(system, name),
    });
    assert.equal(diskReader(elsewhere)(), null);
  });

  test("is unknown where nothing can be asked", { skip: noFake, timeout: 120_000 }, () => {
    for (const name of ["sysctl", "sysctlbyname", "host_statistics", "host_statistics64", "getfsstat"]) {
      fake.tell(...MACHINE, `fail ${name} 1`);
      const known = [
        host.memory()?.freeBytes,
        host.cpuTimes(),
        host.interfaces(),
        host.load(),
        host.uptime(),
      ];
      const spaces = host.spaces(true);
      const isHit = name === "getfsstat"
        ? spaces !== null && "spaces" in spaces && spaces.spaces.length === 0
        : known.some((one) => one === null || one === undefined);
      assert.ok(isHit, name);
      host.machine();
      platform.environment();
    }
  });

  test("counts its processes by what they do", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      ...MACHINE,
      "process 4400001 running=2 threads=5",
      "process 4400002 threads=2",
      "process 4400003 status=4",
      "process 4400004 status=5",
      "process 4400005 uid=88 threads=9",
    );
    assert.deepEqual(host.processes(), {
      running: 1,
      sleeping: 2,
      stopped: 1,
      zombie: 1,
      threads: 2_345,
      blocked: null,
    });
    fake.tell(
      ...MACHINE,
      "fail processor_set_statistics 1",
      "fail gethostuuid 35",
      "process 4400001 running=2 threads=5",
      "process 4400005 uid=88 threads=9",
    );
    // Of another user's it is not told: one.
    assert.equal(host.processes()?.threads, 5 + 1);
    assert.equal(host.load()?.existingTasks, null);
    assert.equal(host.identity().machineId, null);
  });

  test("finds what it has for us, and says so", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(...MACHINE, "process 1 uid=0 name=launchd");
    const topics = () =>
      Object.fromEntries(platform.findings().map(({ topic, ok, detail }) => [topic, [ok, detail]]));
    assert.deepEqual(topics().processes, [
      false,
      "processes of other users are visible, but not what they use",
    ]);
    fake.tell("me uid=0", ...MACHINE, "process 1 uid=0 name=launchd");
    assert.deepEqual(topics().processes, [true, "every process can be read"]);
    assert.match(String(topics().containment), /orphans go to launchd/);
  });

  test("this program is one of its processes", { skip: noFake, timeout: 120_000 }, () => {
    fake.tell(
      ...MACHINE,
      "ignored 1",
      `process ${process.pid} resident=5000 pgid=7 tpgid=7 name=self`,
      `words ${process.pid} 2 /x proctor run PATH=/bin`,
    );
    const text = (words: readonly Uint8Array[]) => words.map((word) => Buffer.from(word).toString());
    assert.deepEqual(text(platform.ownArguments()), ["proctor", "run"]);
    assert.deepEqual(text(platform.ownEnvironment()), ["PATH=/bin"]);
    assert.equal(platform.ownMemoryBytes(), 5_000);
    assert.ok(platform.ownPeakMemoryBytes()! > 2 ** 20, "bytes, not kilobytes");
    assert.ok(platform.ownCpuSeconds() > 0.01 && platform.ownVoluntarySwitches() >= 0);
    assert.equal(platform.trackSignalOrigin("SIGINT")(), true);
  });

  test("signals that were ignored before us stay so", { skip: noFake, timeout: 120_000 }, async () => {
    fake.tell(...MACHINE, "ignored 1");
    const other = await darwinSystem(fake.library).platform();
    assert.deepEqual([other.wasIgnored("SIGHUP"), other.wasIgnored("SIGTERM")], [true, false]);
    const before = process.listenerCount("SIGHUP");
    other.onSignals(["SIGHUP"], () => {})();
    assert.equal(process.listenerCount("SIGHUP"), before);
  });

  test(
    "pipes take what they have room for, and give what is left in them",
    { skip: noFake, timeout: 120_000 },
    () => {
      const descriptors = new Descriptors(fake.system);
      const [readEnd, writeEnd] = platform.makePipe();
      try {
        const flags = (descriptor: number) =>
          parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))![1], 8);
        assert.deepEqual([readEnd, writeEnd].map((end) => (flags(end) & 0o2000000) !== 0), [true, true]);
        assert.equal(descriptors.readRest(readEnd).length, 0);
        const much = new Uint8Array(1_000_000).map((_, index) => index % 251);
        const written = platform.writeAtOnce(writeEnd, much)!;
        assert.ok(written >= 4_096 && written < much.length, String(written));
        assert.deepEqual(descriptors.readRest(readEnd), Buffer.from(much.subarray(0, written)));
      } finally {
        platform.closeDescriptor(readEnd);
      }
      assert.throws(() => platform.writeAtOnce(writeEnd, new Uint8Array(5)), { code: "EPIPE" });
      platform.closeDescriptor(writeEnd);
    },
  );

  test("a file is locked by one at a time", { skip: noFake, timeout: 120_000 }, () => {
    const path = join(fake.directory, "lock");
    const lock = platform.lockFile(path)!;
    assert.equal(platform.lockFile(path), null);
    writeFileSync(lock.file, "7\n");
    lock.release();
    platform.lockFile(path)!.release();
    assert.equal(readFileSync(path, "utf8"), "7\n");
    assert.throws(() => platform.lockFile(join(fake.directory, "missing/lock")), { code: "ENOENT" });
  });

  test(
    "output goes to files and pipes without waiting for them here",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const path = join(fake.directory, "output");
      for (const [append, text] of [[false, "one "], [true, "two"]] as const) {
        const descriptor = await platform.openForWriting(path, append);
        assert.equal(await platform.writeDescriptor(descriptor, Buffer.from(text)), text.length);
        platform.closeDescriptor(descriptor);
      }
      assert.equal(readFileSync(path, "utf8"), "one two");
      await assert.rejects(platform.openForWriting(join(fake.directory, "missing/x")), { code: "ENOENT" });
      const fifo = join(fake.directory, "fifo");
      platform.outputPump.makeFifo(fifo, 0o600);
      assert.throws(() => platform.outputPump.makeFifo(fifo, 0o600), /mkfifo/);
    },
  );

  test("a connection tells its user", { skip: noFake, timeout: 120_000 }, async () => {
    const path = join(fake.directory, "socket");
    const server = createServer().listen(path);
    try {
      const accepted = new Promise<unknown>((resolve) => server.once("connection", resolve));
      const client = createConnection(path);
      const peer = await accepted as { _handle?: { fd?: number }; destroy(): void };
      const descriptor = peer._handle?.fd;
      assert.ok(typeof descriptor === "number" && descriptor >= 0);
      assert.equal(platform.peerUser(descriptor), process.getuid!());
      assert.equal(platform.peerUser(0), null);
      client.destroy();
      peer.destroy();
    } finally {
      server.close();
    }
  });
});
