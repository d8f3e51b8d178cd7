import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  diskIoStatsSchema,
  diskUsageSchema,
  memoryInfoSchema,
  networkStatsSchema,
} from "../../core/schema/host_schema.ts";
import { diskIoStats } from "../../host/answers.ts";
import { cpuUsage, CpuWindow, usagePercent } from "../../host/cpu.ts";
import { diskTotals, diskUsage } from "../../host/disk.ts";
import { memoryInfo } from "../../host/memory.ts";
import { networkStats } from "../../host/network.ts";
import { share, uint64 } from "../../host/percent.ts";
import { linuxHost } from "../../platform/linux/machine/host_source.ts";
import type { SpaceReading } from "../../platform/mod.ts";
import { assertNear } from "../support/expect.ts";
import { hostRoots } from "../support/hosts.ts";
import { NO_TIMES } from "./support/source.ts";

describe("the usage of the CPUs", () => {
  test("is what was not idle, of all that passed", () => {
    const before = { ...NO_TIMES, user: 10, idle: 100 };
    assert.equal(usagePercent(before, { ...before, user: 11, idle: 103 }), 25);
    assert.equal(usagePercent(before, { ...before, user: 11, system: 1, irq: 1, softirq: 1, nice: 1 }), 100);
    assert.equal(usagePercent(before, { ...before, idle: 101 }), 0);
  });

  test("counts waiting for I/O as idle, what was stolen as busy, and guests once", () => {
    assert.equal(usagePercent(NO_TIMES, { ...NO_TIMES, iowait: 3, steal: 1 }), 25);
    assert.equal(usagePercent(NO_TIMES, { ...NO_TIMES, user: 1, guest: 1, idle: 3 }), 25);
  });

  test("is unknown while the clocks stand still, and a clock that goes back stands still", () => {
    assert.equal(usagePercent(NO_TIMES, NO_TIMES), null);
    const before = { ...NO_TIMES, iowait: 5, idle: 50 };
    assert.equal(usagePercent(before, { ...before, iowait: 4, idle: 51, user: 1 }), 50);
    assert.equal(usagePercent(before, NO_TIMES), null);
  });

  test("does without clocks that a system does not have", () => {
    const none = { nice: null, iowait: null, irq: null, softirq: null, steal: null };
    const before = { ...NO_TIMES, ...none };
    assert.equal(usagePercent(before, { ...before, user: 1, idle: 3 }), 25);
    assert.equal(cpuUsage(before, null).iowait, null);
  });

  test("fuzz: it is between 0 and 100, or null", () => {
    const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });
    const times = fc.record({
      user: seconds,
      nice: seconds,
      system: seconds,
      idle: seconds,
      iowait: seconds,
      irq: seconds,
      softirq: seconds,
      steal: seconds,
      guest: seconds,
      guestNice: seconds,
    });
    fc.assert(fc.property(times, times, (one, other) => {
      const usage = usagePercent(one, other);
      assert.ok(usage === null || (usage >= 0 && usage <= 100));
    }));
  });

  test("is never taken from readings that are too near to each other", () => {
    const window = new CpuWindow();
    const at = (atMs: number, user: number) =>
      window.add({ atMs, times: { ...NO_TIMES, user, idle: atMs / 1_000 - user } });
    assert.equal(window.isEmpty, true);
    assert.equal(at(0, 0), null);
    assert.equal(window.waitMs(30), 70);
    assert.equal(at(50, 0.05), null);
    assert.equal(at(1_000, 0.5), 50);
    assert.equal(window.waitMs(1_000), 0);
    // 10 ms later: held against the reading at 0, not against that at 1000.
    assert.equal(at(1_010, 0.5), 49.5);
    assert.equal(at(1_020, 0.51), 50);
    assert.equal(at(2_000, 1.5), 100);
  });
});

describe("memory", () => {
  test("used is what is not available; no swap is 0 %", () => {
    const memory = memoryInfo(linuxHost(hostRoots("vm_no_swap")).memory()!);
    memoryInfoSchema.parse(memory);
    assert.equal(memory.used! + memory.available!, memory.total);
    assert.equal(memory.swap_usage_percent, 0);
    assert.equal(memory.swap_total, 0);
  });

  test("of a machine that swaps", () => {
    const memory = memoryInfo(linuxHost(hostRoots("storage_server")).memory()!);
    assert.equal(memory.usage_percent, 50);
    assert.equal(memory.swap_usage_percent, 25);
    assert.equal(memory.swap_used, 2_097_151 * 1_024);
  });

  test("used is unknown where the kernel does not tell what is available", () => {
    const memory = memoryInfo({
      totalBytes: 5,
      freeBytes: 1,
      availableBytes: null,
      buffersBytes: null,
      cachedBytes: null,
      swapTotalBytes: 0,
      swapFreeBytes: 0,
    });
    memoryInfoSchema.parse(memory);
    assert.deepEqual([memory.used, memory.usage_percent], [null, null]);
  });
});

describe("disks", () => {
  const space = (
    point: string,
    used: number,
    free: number,
    more: Partial<SpaceReading> = {},
  ): SpaceReading => ({
    point,
    type: "ext4",
    source: "/dev/x",
    space: point,
    pool: null,
    usedBytes: used,
    totalBytes: used + free,
    availableBytes: free,
    ...more,
  });

  test("used_percent is of what users without privileges may use, as in df", () => {
    const reserved = space("/", 60, 40, { availableBytes: 20 });
    const usage = diskUsage({ spaces: [reserved], unanswered: ["/mnt/gone"] });
    diskUsageSchema.parse(usage);
    assert.equal(usage.disk["/"].used_percent, 75);
    assert.equal(usage.disk["/"].total, 100);
    assert.deepEqual(usage.unanswered, ["/mnt/gone"]);
  });

  test("the same space counts once, and what a pool has free as well", () => {
    assert.deepEqual(diskTotals([space("/", 30, 70), space("/data", 5, 5)]), { used: 35, total: 110 });
    assert.deepEqual(
      diskTotals([space("/", 30, 70, { space: "same" }), space("/data", 30, 70, { space: "same" })]),
      { used: 30, total: 100 },
    );
    const tank = { type: "zfs", pool: "tank" };
    assert.deepEqual(diskTotals([space("/tank", 10, 50, tank), space("/tank/photos", 30, 50, tank)]), {
      used: 40,
      total: 90,
    });
    assert.deepEqual(diskTotals([]), { used: 0, total: 0 });
  });

  test("a full disk is 100 %, and one without blocks 0 %", () => {
    const { disk } = diskUsage({ spaces: [space("/full", 5, 0), space("/empty", 0, 0)], unanswered: [] });
    assert.equal(disk["/full"].used_percent, 100);
    assert.equal(disk["/empty"].used_percent, 0);
  });

  test("I/O totals are those of physical devices", () => {
    const stats = diskIoStats(linuxHost(hostRoots("storage_server")).disks()!);
    diskIoStatsSchema.parse(stats);
    assert.equal(stats.total_read_bytes, (800_000_000 + 2_048 + 16) * 512);
    assert.equal(stats.devices["dm-0"].physical, false);
  });
});

describe("the network", () => {
  const interfaces = linuxHost(hostRoots("vm_no_swap")).interfaces()!;

  test("totals are of all interfaces, with or without the loopback", () => {
    const all = networkStats(interfaces, true);
    networkStatsSchema.parse(all);
    const sum = Object.values(all.network).reduce((total, { rx_bytes }) => total + rx_bytes, 0);
    assert.equal(all.total_rx, sum);
    const others = networkStats(interfaces, false);
    assert.equal(all.total_rx - others.total_rx, all.network.lo.rx_bytes);
    assert.deepEqual(Object.keys(others.network), Object.keys(all.network), "the loopback is still listed");
  });

  test("counters up to 2^64 stay unsigned 64-bit integers", () => {
    const stats = networkStats(linuxHost(hostRoots("storage_server")).interfaces()!, true);
    networkStatsSchema.parse(stats);
    const { tx_bytes } = stats.network.enp65s0f0np0;
    assertNear(tx_bytes, 2 ** 64, 1e-15, 0);
    assert.ok(BigInt(JSON.stringify(tx_bytes)) < 2n ** 64n);
    assert.ok(BigInt(JSON.stringify(stats.total_tx)) < 2n ** 64n);
  });

  test("an interface may have any name", () => {
    const named = networkStats([{ ...interfaces[0], name: "__proto__" }, {
      ...interfaces[0],
      name: "toString",
    }], true);
    assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(named)).network), ["__proto__", "toString"]);
  });
});

test("shares are within 0 and 100, and integers within 64 bits", () => {
  assert.deepEqual([share(1, 3), share(0, 0), share(5, 0), share(-1, 5), share(9, 3)], [33.33, 0, 0, 0, 100]);
  assert.deepEqual([uint64(-1), uint64(1.5), uint64(2 ** 70)], [0, 2, 2 ** 64 - 2_048]);
});
