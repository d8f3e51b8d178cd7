/**
 * The manager's store, with what reads messages before it, in a process of its own: takes in a made fleet and prints
 * what that took as JSON. Arguments: a directory, how many agents, how many hours.
 */
import process from "node:process";
import { gzipSync } from "node:zlib";
import { decodeChunk, encodeChunk } from "../../fleet/chunk/chunk.ts";
import { encodeRolls, rollsOf } from "../../fleet/chunk/rolls.ts";
import { readMessage } from "../../fleet/ingest/read_message.ts";
import type { StoredSample } from "../../fleet/model/view.ts";
import type { JournalEntry, SealedChunk } from "../../fleet/store/contract.ts";
import { readSums } from "../../fleet/query/read_hours.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { MadeTask } from "./made_samples.ts";
import { least } from "./postgres_use.ts";
import { sentOf } from "./propeller_tables.ts";

const UNIT = "bench/fleet";
const DAY = Date.UTC(2025, 10, 24);
const [INTERVAL, HOUR] = [10_000, 3_600_000];
/** Ten minutes, as chunks are sealed. */
const TICKS = 60;
const PER_AGENT = 10;
/** Some 800 samples of 40 tasks are written at once, as of 10,000 samples a second in a tenth of one. */
const TICKS_AT_ONCE = 20;

const [place, agents, hours] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const store = await openDirectory(place);
const made = Array.from({ length: agents * PER_AGENT }, (_, at) => new MadeTask(at + 1, DAY));
const before = new Map<number, StoredSample["figures"]>();
let cpuMs = 0;
let count = 0;

/** Something of which the CPU time is counted. */
async function counted<T>(work: () => T | Promise<T>): Promise<T> {
  const since = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(since);
  cpuMs += (user + system) / 1_000;
  return result;
}

function entriesAt(tick: number): JournalEntry[] {
  const time = DAY + tick * INTERVAL;
  return Array.from({ length: agents }, (_, agent) => {
    const own = made.slice(agent * PER_AGENT, (agent + 1) * PER_AGENT);
    const messages = own.map((task) => {
      const { metrics } = sentOf(task.task, agent, task.next(time, INTERVAL), tick);
      return `{"task_id":"${task.task}","proplet_id":"host-${agent}","state":"running","metrics":${metrics}}`;
    });
    return {
      unit: UNIT,
      topic: "m/bench/c/fleet/control/proplet/task_metrics",
      receivedAt: time,
      isRetained: false,
      payload: gzipSync(`[${messages.join(",")}]`),
    };
  });
}

for (let slice = 0; slice < hours * HOUR / (TICKS * INTERVAL); slice++) {
  const rows = new Map<number, (readonly [number, StoredSample])[]>();
  let sequence = 0;
  for (let tick = slice * TICKS; tick < (slice + 1) * TICKS; tick += TICKS_AT_ONCE) {
    const entries = Array.from({ length: TICKS_AT_ONCE }, (_, at) => entriesAt(tick + at)).flat();
    await counted(async () => {
      sequence = await store.append(entries);
      for (const [at, entry] of entries.entries()) {
        const agent = at % agents;
        const own = rows.get(agent) ?? [];
        rows.set(agent, own);
        const { arrivals, faults } = readMessage(entry);
        if (faults.length > 0) throw new Error(`refused: ${JSON.stringify(faults[0])}`);
        for (const arrival of arrivals) {
          if (arrival.kind !== "sample") throw new Error(`a message is a ${arrival.kind}`);
          const { time, figures, custom } = arrival;
          own.push([Number(arrival.taskId), { time, figures, custom, begins: time === DAY }]);
        }
      }
    });
  }
  await counted(async () => {
    const chunks: SealedChunk[] = [...rows].map(([agent, own]) => {
      const rolls = encodeRolls(rollsOf(own, (task) => before.get(task) ?? null, 300_000));
      for (const [task, { figures }] of own) before.set(task, figures);
      const [from, until] = [own[0]![1].time, own.at(-1)![1].time];
      count += own.length;
      const [data, length] = [encodeChunk(own), own.length];
      return { agent: agent + 1, unit: UNIT, from, until, count: length, data, rolls };
    });
    await store.seal(chunks, sequence, new Map());
    await store.forget(null, sequence);
  });
}
const end = DAY + hours * HOUR;
await counted(() => store.makeHours(end));
const memory = process.memoryUsage().rss / 1e6;
const hour = await least(async (task) => {
  const wanted = 1 + (task - 1) % made.length;
  let found = 0;
  for (const { data } of await store.chunks(Math.ceil(wanted / PER_AGENT), end - HOUR, end - 1)) {
    found += decodeChunk(data, { task: wanted }).get(wanted)!.length;
  }
  if (found !== HOUR / INTERVAL) throw new Error(`an hour of ${found} samples`);
});
const top = await least(async () => {
  const sums = new Map<number, number>();
  for await (const { rolls } of readSums(store, UNIT, "cpu_seconds", DAY, end, new Set())) {
    for (const [task, { increase }] of rolls) sums.set(task, (sums.get(task) ?? 0) + increase);
  }
  if (sums.size !== made.length) throw new Error(`a top of ${sums.size} tasks`);
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, 20);
});
await store.close();
console.log(JSON.stringify({ count, cpuMs, memory, hour, top }));
