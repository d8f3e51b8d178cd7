/**
 * What the totals of a whole group cost, under Bun or Deno.
 *
 * usage: read_group.ts FIXTURE COUNT; prints `{"counts": […]}` once the fixture's processes run in a cgroup of their
 * own, or `{"refused": why}`. Then, for each line `cpu READINGS` or `refresh READINGS` on stdin, prints the
 * nanoseconds that so many took.
 */
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { CgroupContainer } from "../platform/linux/cgroup/cgroup_container.ts";
import { unknownUsage } from "../platform/contract/containment.ts";
import { parseCpuStat } from "../platform/linux/cgroup/cgroup_files.ts";
import { openFile, readOpen, text } from "../platform/linux/proc/kernel_file.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import { endGroup, startGroup } from "./lib/fixture_group.ts";

const [fixture, countText] = process.argv.slice(2);
const count = Number(countText);
// Busy ones burn 50 µs each, so seldom that all of them together use a quarter of a core at most.
const pace = fixture === "busy_processes" ? [0.00005, Math.max(0.01, count * 0.0004)] : [];
const group = await startGroup([fixtureCommand(fixture, count, 600, ...pace)], count + 1);
const { container } = group;

if (container instanceof CgroupContainer) {
  const { countsMemory, countsDisk } = container;
  const counts = ["cpu", ...(countsMemory ? ["memory"] : []), ...(countsDisk ? ["disk"] : [])];
  console.log(JSON.stringify({ counts }));
  const cpuStat = openFile(join(container.directory, "cpu.stat"));
  const usage = unknownUsage();
  const ways: Record<string, () => void> = {
    cpu: () => {
      readOpen(cpuStat);
      parseCpuStat(text.bytes, text.length, usage);
    },
    refresh: () => void container.refresh(),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const [way, readings] = line.split(" ");
    const read = ways[way];
    const start = performance.now();
    for (let left = Number(readings); left > 0; left--) read();
    console.log(Math.round((performance.now() - start) * 1e6));
  }
} else {
  console.log(JSON.stringify({ refused: `${container.mechanism}: ${container.reason}` }));
}
await endGroup(group);
process.exit(0);
