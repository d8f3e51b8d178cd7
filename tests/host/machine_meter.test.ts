import assert from "node:assert/strict";
import { test } from "node:test";
import { MachineMeter } from "../../host/machine_meter.ts";
import type { HostSource, ProcessDirectory } from "../../platform/mod.ts";

const GROUPS = 20;
const nobody = new Set<string>();

/** Groups whose CPU is what a test says; which of them were read. */
function meterOf(seconds: Map<string, number>): { meter: MachineMeter; read: string[] } {
  const read: string[] = [];
  const directory = {
    keepCgroups: () => {},
    cgroupCpuSeconds: (group: string) => {
      read.push(group);
      return seconds.get(group)!;
    },
  } as unknown as ProcessDirectory;
  const nothing = () => null;
  const source = { cpuTimes: nothing, coreTimes: nothing, memory: nothing, load: nothing, uptime: nothing };
  return { meter: new MachineMeter(source as unknown as HostSource, directory), read };
}

test("of groups in which nobody has run a share is read in turn, and none is for ever unread", () => {
  const seconds = new Map(Array.from({ length: GROUPS }, (_, n) => [`/g${n}`, 1]));
  const groups = new Set(seconds.keys());
  const { meter, read } = meterOf(seconds);
  for (const nowMs of [0, 1_000]) meter.groupPercents(groups, nobody, nowMs);
  assert.equal(read.length, 2 * GROUPS, "at first each is read");
  read.length = 0;
  seconds.set("/g3", 1.25);
  const percents = meter.groupPercents(groups, new Set(["/g3"]), 2_000);
  assert.ok(read.includes("/g3") && read.length <= GROUPS / 10 + 1, `${read}`);
  assert.deepEqual([percents.get("/g3"), percents.get("/g4"), percents.size], [25, 0, GROUPS]);
  // What nobody was seen to use is told when it is read.
  seconds.set("/g4", 1.5);
  const told = Array.from(
    { length: 10 },
    (_, n) => meter.groupPercents(groups, nobody, 3_000 + n * 1_000).get("/g4"),
  );
  assert.deepEqual(told.filter((percent) => percent !== 0), [50]);
});
