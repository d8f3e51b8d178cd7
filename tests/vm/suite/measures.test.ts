/* What a full cgroup v2 counts by itself: memory and its peak, storage, CPU. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ProcessGroup, run } from "../../../mod.ts";
import type { SummaryRecord } from "../../../mod.ts";
import { assertNear } from "../../support/expect.ts";
import { fixture } from "../../support/fixture.ts";
import { burned, cgroupOf, MB } from "./support.ts";

const alloc = (megabytes: number, hold: string): Promise<SummaryRecord> =>
  run(["sh", "-c", '"$0" "$1" "$2" >/dev/null', fixture("alloc_mb"), String(megabytes), hold], {
    baseIntervalMs: 1_000,
    adaptive: false,
  });

test("the peak of 300 MiB that live for 20 ms, sampled once a second", { timeout: 120_000 }, async () => {
  const nothing = await alloc(0, "0");
  const summary = await alloc(300, "0.02");
  assert.deepEqual(summary.accounting.peak_memory, { source: "cgroup", quality: "exact" });
  // Two bytes of page table for a page of 4096 come on top, and what Perl itself needs.
  assertNear(summary.peak_memory_bytes! - nothing.peak_memory_bytes!, 300 * MB, 0.02, 0, "peak");
});

test(
  "memory is what memory.current says, and its peak what memory.peak says",
  { timeout: 120_000 },
  async () => {
    await using group = await ProcessGroup.create();
    const running = group.start([fixture("alloc_mb"), "50", "60"], { stdout: "pipe" });
    await running.stdout!.getReader().read();
    const directory = cgroupOf(running.pid);
    const file = (name: string) => Number(readFileSync(join(directory, name), "utf8"));
    const { memoryBytes, peakMemoryBytes, residentBytes } = group.stats();
    assertNear(memoryBytes!, file("memory.current"), 0.01, MB, "memory.current");
    assertNear(peakMemoryBytes!, file("memory.peak"), 0.01, MB, "memory.peak");
    assert.ok(memoryBytes! > 50 * MB && residentBytes! > 50 * MB);
  },
);

test("bytes written to storage, by a child that has ended", { timeout: 120_000 }, async () => {
  const directory = mkdtempSync("/disk/proctor-");
  try {
    const command = [
      "sh",
      "-c",
      '"$0" "$1" 24 >/dev/null; true',
      fixture("write_mb"),
      join(directory, "file"),
    ];
    const summary = await run(command);
    assert.deepEqual(summary.accounting.disk, { source: "cgroup", quality: "exact" });
    // The file system's own records come on top.
    assertNear(summary.disk_write_bytes!, 24 * MB, 0.01, MB / 2, "written");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("CPU of members that have ended, against their own word", { timeout: 120_000 }, async () => {
  await using group = await ProcessGroup.create();
  const { cpuSeconds } = await burned(group, 1);
  // The end of a process is on its bill, and not in its word: an emulated processor is slow at it.
  assertNear(group.stats().totalCpuTimeSeconds!, cpuSeconds, 0.01, 0.05, "CPU");
});

test("a pause is the freezer's, and time stands still in it", { timeout: 120_000 }, async () => {
  await using group = await ProcessGroup.create();
  const running = group.start([fixture("burn_cpu"), "60"]);
  const directory = cgroupOf(running.pid);
  const isFrozen = () => /^frozen 1$/m.test(readFileSync(join(directory, "cgroup.events"), "utf8"));
  await group.pause();
  assert.equal(isFrozen(), true);
  const before = group.stats().totalCpuTimeSeconds;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(group.stats().totalCpuTimeSeconds, before);
  group.resume();
  while (!(group.stats().totalCpuTimeSeconds! > before!)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(isFrozen(), false);
});
