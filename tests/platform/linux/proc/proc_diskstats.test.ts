import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { linuxHost } from "../../../../platform/linux/machine/host_source.ts";
import { parseDiskstats } from "../../../../platform/linux/proc/proc_diskstats.ts";
import { bytes } from "../../../support/captured.ts";
import { hostFile, hostRoots } from "../../../support/hosts.ts";

const parse = (text: string) => parseDiskstats(bytes(text), bytes(text).length);

describe("/proc/diskstats", () => {
  test("gives bytes and seconds, and leaves out what was never used", () => {
    const disks = parse(hostFile("storage_server", "diskstats"));
    assert.deepEqual(disks.map(({ name }) => name), [
      "sda",
      "sda1",
      "nvme0n1",
      "cciss/c0d0",
      "dm-0",
      "zram0",
    ]);
    assert.deepEqual(disks[0], {
      name: "sda",
      readCount: 4_000_000,
      readBytes: 800_000_000 * 512,
      readSeconds: 3_000,
      writeCount: 5_000_000,
      writeBytes: 1_600_000_000 * 512,
      writeSeconds: 9_000,
      inFlightCount: 3,
      busySeconds: 8_000,
    });
  });

  test("tells devices of their own from partitions, mappings and memory", () => {
    const disks = linuxHost(hostRoots("storage_server")).disks()!;
    const physical = disks.filter(({ isPhysical }) => isPhysical).map(({ name }) => name);
    assert.deepEqual(physical, ["sda", "nvme0n1", "cciss/c0d0"]);
  });

  test("that is missing is null", () => assert.equal(linuxHost(hostRoots("container")).disks(), null));

  test("fuzz: any text gives whole numbers", () => {
    const line = fc.array(fc.oneof(fc.nat().map(String), fc.string()), { maxLength: 22 })
      .map((words) => words.join(" "));
    fc.assert(fc.property(fc.array(line), (lines) => {
      for (const disk of parse(lines.join("\n"))) {
        assert.ok(!Number.isNaN(disk.busySeconds + disk.readBytes + disk.writeBytes));
      }
    }));
  });
});
