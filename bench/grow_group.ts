/**
 * Refreshes a group of ten idle and ten busy processes over and over, under Bun or Deno.
 *
 * usage: grow_group.ts MARK…; after so many ticks prints the ticks done and the resident memory in bytes, and at the
 * first and the last of the marks the live heap after a collection, in bytes. The group's clock runs 100 ms a tick, the
 * default interval, so that the slow parts of a refresh come as often as they would.
 */
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { loadPlatform } from "../platform/mod.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import { endGroup, startGroup } from "./lib/fixture_group.ts";

const MS_PER_TICK = 100;
/** The runtime gets its turn after so many ticks, as a timer would give it. */
const TICKS_PER_TURN = 10;

/** The heap that is in use after a full collection, in bytes. */
function liveHeap(): number {
  const runtime = globalThis as unknown as { Bun?: { gc(force: boolean): void }; gc?(): void };
  if (runtime.Bun) runtime.Bun.gc(true);
  else runtime.gc?.();
  return process.memoryUsage().heapUsed;
}

const marks = process.argv.slice(2).map(Number);
const ends = [marks[0], marks[marks.length - 1]];
const platform = await loadPlatform();
const group = await startGroup(
  [fixtureCommand("many_processes", 10, 3_000), fixtureCommand("busy_processes", 10, 3_000, 0.0001, 0.001)],
  22,
);
for (let tick = 1; tick <= ends[1]; tick++) {
  group.refresh(tick * MS_PER_TICK);
  if (tick % TICKS_PER_TURN === 0) await turn();
  if (!marks.includes(tick)) continue;
  const resident = platform.ownMemoryBytes();
  console.log(JSON.stringify({ tick, resident, heap: ends.includes(tick) ? liveHeap() : null }));
}
await endGroup(group);
process.exit(0);
