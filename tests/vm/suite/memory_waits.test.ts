/* What threads wait for memory, as the kernel's accounts of delays tell it: the setting is for all of the machine, which is ours. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../../../mod.ts";
import { MB } from "./support.ts";

const SETTING = "/proc/sys/kernel/task_delayacct";
/** Reads a file again and again, so many times. */
const READ =
  'for (1 .. $ARGV[1]) { open my $file, "<", $ARGV[0] or die; while (sysread $file, my $piece, 65536) {} }';

test("who reads more than fits into its memory has waited for that", { timeout: 300_000 }, async () => {
  const before = readFileSync(SETTING, "utf8");
  const directory = mkdtempSync("/disk/proctor-");
  try {
    // Whoever runs from now on is counted; asked once by each program, so before the first run.
    writeFileSync(SETTING, "1");
    const file = join(directory, "file");
    for (let written = 0; written < 64; written++) writeFileSync(file, new Uint8Array(MB), { flag: "a" });
    // What is in the cache already is nobody's who reads it.
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    const limits = { memoryBytes: 24 * MB };
    const { waiting, accounting } = await run(["perl", "-e", READ, file, "6"], { limits });
    assert.deepEqual(accounting.memory_wait, { source: "taskstats", quality: "lower_bound" });
    // One thread, so that the pressure of its cgroup, which is counted elsewhere, is of the same time.
    const { memory_wait_seconds: waited, memory_some_seconds: some } = waiting!;
    assert.ok(waited! > 0.01, `${waited} s, and ${some} s by its pressure`);
    assert.ok(
      waited! < 3 * some! + 2 && some! < 3 * waited! + 2,
      `${waited} s, and ${some} s by its pressure`,
    );
    const idle = await run(["sleep", "0.3"]);
    assert.ok(idle.waiting!.memory_wait_seconds! < 2, `${idle.waiting!.memory_wait_seconds}`);
  } finally {
    writeFileSync(SETTING, before);
    rmSync(directory, { recursive: true });
  }
});
