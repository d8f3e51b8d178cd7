import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { suspendedMs } from "../../../../platform/linux/processes/cpu_clock.ts";
import { openNewborns } from "../../../../platform/linux/processes/newborns.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import type { ProcessReader } from "../../../../platform/mod.ts";
import { startFixture } from "../../../support/live.ts";

const WANTED = { counters: true, io: false, switches: false, fileDescriptors: false };
const SECOND_NS = 1e9;

/** When a process was born, on the monotonic clock, by its own account in ticks of a hundredth. */
function birthNs({ birth }: ProcessReader): number {
  return (birth * 10 - suspendedMs()) * 1e6;
}

test(
  "newborns are those who have the number and were born when it was told",
  { timeout: 120_000 },
  async () => {
    await using live = await startFixture("many_processes", "0", "-");
    const reader = LinuxProcessReader.open(live.pid, WANTED)!;
    const us = LinuxProcessReader.open(process.pid, WANTED)!;
    const [atNs, ourNs] = [birthNs(reader), birthNs(us)];
    const gone = spawnSync("/bin/true").pid;
    const open = (born: { pid: number; atNs: number }[], known: ProcessReader[] = []) => {
      const found = openNewborns(born, new Map(known.map((one) => [one.pid, one])), WANTED);
      const pids = found.readers.map(({ pid }) => pid);
      found.readers.forEach((one) => one.close());
      return { pids, hasStrangers: found.hasStrangers, hasUnopened: found.hasUnopened };
    };
    const nobody = { pids: [], hasStrangers: false, hasUnopened: false };
    const born = { pid: live.pid, atNs };
    assert.deepEqual(open([born]), { ...nobody, pids: [live.pid] });
    // In the order in which they were told, each once.
    const ours = { pid: process.pid, atNs: ourNs };
    assert.deepEqual(open([born, ours, born]), { ...nobody, pids: [live.pid, process.pid] });
    assert.deepEqual(open([{ pid: gone, atNs }]), nobody);
    assert.deepEqual(open([born], [reader]), nobody);
    // The number is another's, be he new or known.
    for (const wrong of [atNs - SECOND_NS, atNs + SECOND_NS]) {
      const other = { pid: live.pid, atNs: wrong };
      assert.deepEqual(open([other]), { ...nobody, hasStrangers: true });
      assert.deepEqual(open([other], [reader]), { ...nobody, hasStrangers: true });
      assert.deepEqual(open([born, other]), { ...nobody, pids: [live.pid], hasStrangers: true });
    }
    for (const one of [reader, us]) one.close();
  },
);
