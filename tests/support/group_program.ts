/*
 * usage: group_program.ts COMMAND [ARGUMENT...]: runs a command in the strongest container to be had, to its end,
 *        group_program.ts --observe PID: or takes a look at a tree that runs,
 * and prints what it came to. For tests that need a process, or a user, of their own.
 */
import process from "node:process";
import { Total } from "../../core/measure/raw.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { ALL, startIn } from "./group.ts";

const words = process.argv.slice(2);
const platform = await loadPlatform();
const request = { wanted: ALL, marker: `PROCTOR_GROUP=${process.pid}`, soleParent: true, guarded: false };

function report(group: ProcessTree, output: unknown): void {
  const { totals, fileDescriptorCount, memoryBytes, processCount } = group.reading;
  const { mechanism, reason } = group.container;
  console.log(JSON.stringify({
    mechanism,
    reason,
    totals: Object.fromEntries(Object.entries(Total).map(([name, total]) => [name, totals[total]])), // NaN: null
    fileDescriptorCount,
    memoryBytes,
    processCount,
    lostCount: group.lostCount,
    cpuIncomplete: group.ledger.isIncomplete(Total.cpuSeconds),
    ioIncomplete: group.ledger.isIncomplete(Total.ioReadBytes),
    output,
  }));
}

if (words[0] === "--observe") {
  const group = ProcessTree.observe(platform, Number(words[1]), request);
  if (!group) throw new Error(`no process ${words[1]}`);
  group.refresh(1e6, "everything");
  report(group, null);
  group.release();
} else {
  const group = ProcessTree.create(platform, request);
  using running = startIn(group, words);
  await running.until(() => {
    if (running.ended.length === 0) return false;
    group.refresh(1e6, "everything");
    return group.members.length === 0;
  });
  group.refresh(2e6, "everything");
  report(group, running.output().at(-1));
  group.release();
}
