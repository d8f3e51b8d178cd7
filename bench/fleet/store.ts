import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { decodeChunk, encodeChunk } from "../../fleet/chunk/chunk.ts";
import { HOUR_FIELDS, HourRolls, joinHourFields, packHourField } from "../../fleet/chunk/hour_rolls.ts";
import { encodeRolls, rollsOf } from "../../fleet/chunk/rolls.ts";
import { Tail } from "../../fleet/chunk/tail.ts";
import type { UnitKey } from "../../fleet/model/unit.ts";
import type { Store } from "../../fleet/store/contract.ts";
import { PeriodFiles } from "../../fleet/store/sqlite/period_files.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { HOURS } from "../../fleet/store/sqlite/schemas.ts";
import type { Bench, Check, Table } from "../lib/result.ts";
import { MadeTask, seeded } from "./made_samples.ts";
import { bytesBelow, prometheusBytes, victoriaBytes, VictoriaMetrics, WideRows } from "./peers.ts";
import type { Rows } from "./peers.ts";

const UNIT: UnitKey = "bench/fleet";
const DAY = Date.UTC(2025, 10, 24);
const INTERVAL = 10_000;
const HOUR = 3_600_000;
const PER_AGENT = 10;
/** Ten minutes, as chunks are sealed. */
const TICKS = 60;

/** What the store of the fleet takes of disk, memory and time, against others on the same samples. */
export const fleetStore: Bench = {
  about:
    "what samples of a fleet take on disk and cost to store and read, against wide rows, VictoriaMetrics, Prometheus",
  async run({ quick }) {
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const checks: Check[] = [];
    try {
      const disk = await measureDisk(directory, quick ? 50 : 100, quick ? 1 : 3, checks);
      const times = await measureTimes(directory, quick ? 20_000 : 100_000, checks);
      return { tables: [disk, times], checks, notes: [] };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** The same samples in each: bytes, CPU of writing, time of reading. */
async function measureDisk(
  directory: string,
  agents: number,
  hours: number,
  checks: Check[],
): Promise<Table> {
  const made = Array.from(
    { length: agents * PER_AGENT },
    (_, at) => new MadeTask(at + 1, DAY),
  );
  const own = join(directory, "store");
  const store = await openDirectory(own);
  const wide = new WideRows(join(directory, "wide.db"));
  const victoria = VictoriaMetrics.isThere() ? new VictoriaMetrics() : null;
  await victoria?.start(join(directory, "victoria"));
  const cpu = { tail: 0, encode: 0, rolls: 0, seal: 0, wide: 0, decode: 0 };
  const sum = { samples: 0, tail: 0, chunks: 0, rolls: 0 };
  const forPrometheus: (Rows[number])[] = [];
  const before = new Map<number, Rows[number][1]["figures"]>();
  for (let slice = 0; slice < hours * HOUR / (TICKS * INTERVAL); slice++) {
    const sealed: Parameters<Store["seal"]>[0][number][] = [];
    const all: (Rows[number])[] = [];
    for (let agent = 0; agent < agents; agent++) {
      const rows: (Rows[number])[] = [];
      for (let tick = slice * TICKS; tick < (slice + 1) * TICKS; tick++) {
        for (const task of made.slice(agent * PER_AGENT, (agent + 1) * PER_AGENT)) {
          rows.push([task.task, task.next(DAY + tick * INTERVAL, INTERVAL)]);
        }
      }
      const tail = new Tail();
      const last = new Map<number, Rows[number][1]["figures"]>();
      timed(cpu, "tail", () =>
        rows.forEach(([task, sample]) => {
          tail.append(task, sample, last.get(task) ?? null);
          last.set(task, sample.figures);
        }));
      const data = timed(cpu, "encode", () => encodeChunk(rows));
      const rolls = timed(
        cpu,
        "rolls",
        () => encodeRolls(rollsOf(rows, (task) => before.get(task) ?? null, 300_000)),
      );
      for (const [task, { figures }] of rows) before.set(task, figures);
      timed(cpu, "decode", () => decodeChunk(data));
      sum.samples += rows.length;
      sum.tail += tail.byteLength;
      sum.chunks += data.length;
      sum.rolls += rolls.length;
      const [from, until] = [rows[0]![1].time, rows.at(-1)![1].time];
      sealed.push({ agent: agent + 1, unit: UNIT, from, until, count: rows.length, data, rolls });
      all.push(...rows);
      if (agent < 10) forPrometheus.push(...rows);
    }
    await timedAsync(cpu, "seal", () => store.seal(sealed, slice + 1, new Map()));
    timed(cpu, "wide", () => wide.write(all));
    for (let at = 0; at < all.length; at += 5_000) await victoria?.write(all.slice(at, at + 5_000));
  }
  const each = (total: number) => total / sum.samples;
  const end = DAY + hours * HOUR;
  const ownRead = await readTimes((task) => readOwn(store, task, end - HOUR, end - 1));
  const wideRead = await readTimes((task) => wide.read(task, end - HOUR, end - 1));
  const held = await longestHold(() => store.makeHours(DAY + 24 * HOUR));
  await store.close();
  wide[Symbol.dispose]();
  const ownRaw = bytesBelow(join(own, "raw"));
  const rows: Table["rows"][number][] = [
    ["buffer in memory", each(sum.tail), each(cpu.tail), null],
    ["chunk", each(sum.chunks), each(cpu.encode), each(cpu.decode)],
    ["rolls of the chunk", each(sum.rolls), each(cpu.rolls), null],
    ["chunks in the store, with all that is beside them", each(ownRaw), each(cpu.seal), ownRead],
    ["five-minute tier", each(bytesBelow(join(own, "min"))), null, null],
    ["hour tier", each(bytesBelow(join(own, "hour"))), null, null],
    ["wide rows in SQLite", each(bytesOf(join(directory, "wide.db"))), each(cpu.wide), wideRead],
  ];
  if (victoria) {
    await victoria.flush();
    const read = await readTimes((task) => victoria.read(task, end - HOUR, end - 1));
    await victoria.stop();
    rows.push(["VictoriaMetrics", each(victoriaBytes(join(directory, "victoria"))), null, read]);
  }
  mkdirSync(join(directory, "prometheus"));
  const blocks = prometheusBytes(forPrometheus, join(directory, "prometheus"));
  if (blocks !== null) rows.push(["Prometheus, of 100 tasks", blocks / forPrometheus.length, null, null]);
  checks.push(
    { what: "a task-sample in a chunk", unit: "B", measured: each(sum.chunks), wanted_at_most: 12 },
    { what: "a task-sample on disk", unit: "B", measured: each(ownRaw), wanted_at_most: 12 },
    { what: "the last hour of a task", unit: "ms", measured: ownRead, wanted_at_most: 10 },
    { what: "the longest step of making hours, CPU", unit: "ms", measured: held, wanted_at_most: 20 },
  );
  return {
    title: `${sum.samples} samples of ${agents * PER_AGENT} tasks, 16 figures each`,
    columns: [{ name: "" }, { name: "B a sample", digits: 2 }, { name: "CPU µs a sample", digits: 2 }, {
      name: "last hour of a task, ms (chunk: µs a sample)",
      digits: 2,
    }],
    rows,
  };
}

/** A day of hours, and a search, for many tasks. */
async function measureTimes(directory: string, tasks: number, checks: Check[]): Promise<Table> {
  const path = join(directory, "times");
  const store = await openDirectory(path);
  await store.close();
  const files = new PeriodFiles(join(path, "hour"), "year", HOURS, () => {});
  const rows = new DatabaseSync(join(directory, "rows.db"));
  rows.exec(
    "CREATE TABLE hour (task INTEGER, hour INTEGER, cpu_seconds REAL, PRIMARY KEY (hour, task)) WITHOUT ROWID",
  );
  const insert = rows.prepare("INSERT INTO hour VALUES (?, ?, ?)");
  const random = seeded(7);
  let bytes = 0;
  for (let hour = 0; hour < 24; hour++) {
    const fields = new Map(HOUR_FIELDS.map((name) => [name, new Float64Array(tasks)]));
    rows.exec("BEGIN");
    for (let at = 0; at < tasks; at++) {
      const used = Math.round((at % 2 ? 1_800 : 0.02) * random() * 1e6) / 1e6;
      const start = Math.round(random() * 1e9) / 1e6;
      const values = {
        task: at + 1,
        n: 360,
        sum: Math.round(360 * (start + used / 2) * 1e6) / 1e6,
        min: start,
      };
      for (const [name, value] of Object.entries({ ...values, max: start + used, increase: used })) {
        fields.get(name as "n")![at] = value;
      }
      insert.run(at + 1, hour, used);
    }
    rows.exec("COMMIT");
    const data = joinHourFields(HOUR_FIELDS.map((name) => packHourField(fields.get(name)!)));
    bytes += data.length;
    files.at("2025").run(
      "INSERT INTO hour (unit, name, hour, data) VALUES (?, 'cpu_seconds', ?, ?)",
      UNIT,
      DAY + hour * HOUR,
      data,
    );
  }
  files.close();
  const again = await openDirectory(path);
  const top = await readTimes(async () => await topByArrays(again, tasks));
  const iterated = await readTimes(async () => await topByRolls(again), 3);
  const byRows = await readTimes(
    () =>
      rows.prepare(
        "SELECT task, sum(cpu_seconds) AS used FROM hour GROUP BY task ORDER BY used DESC LIMIT 20",
      ).all(),
    3,
  );
  rows.close();
  const labels = { container: "c0ffee", image: "registry/some/image:1.2.3" };
  const agents = Array.from({ length: tasks / PER_AGENT }, (_, at) => agentRow(at + 1));
  const taskRows = Array.from({ length: tasks }, (_, at) => taskRow(at + 1, labels));
  const saved = performance.now();
  await again.saveInventory(agents, taskRows);
  const saving = performance.now() - saved;
  const search = await readTimes(async () => await again.search(["web-77", "host"], null, 20));
  await again.close();
  checks.push({
    what: `top 20 of ${tasks} tasks over a day`,
    unit: "ms",
    measured: top,
    wanted_at_most: 100,
  });
  return {
    title: `${tasks} tasks`,
    columns: [{ name: "" }, { name: "ms", digits: 1 }, { name: "B a task-hour", digits: 1 }],
    rows: [
      ["top 20 over a day, hour columns as arrays", top, bytes / tasks / 24],
      ["… as rolls one by one", iterated, null],
      ["… hourly rows in SQLite", byRows, bytesOf(join(directory, "rows.db")) / tasks / 24],
      ["search for two words", search, null],
      ["saving the inventory of all", saving, null],
    ],
  };
}

async function topByArrays(store: Store, tasks: number): Promise<number[]> {
  const used = new Float64Array(tasks + 1);
  for (const { rolls } of await store.hours(UNIT, "cpu_seconds", DAY, DAY + 24 * HOUR)) {
    if (!(rolls instanceof HourRolls)) throw new Error("no arrays");
    const [task, increase] = [rolls.field("task"), rolls.field("increase")];
    for (let at = 0; at < task.length; at++) used[task[at]!]! += increase[at]!;
  }
  let least = 0;
  const best: [number, number][] = [];
  for (let task = 0; task < used.length; task++) {
    if (used[task]! <= least) continue;
    best.push([task, used[task]!]);
    if (best.length > 400) least = shorten(best);
  }
  shorten(best);
  return best.map(([task]) => task);
}

/** Leave the twenty highest. @returns the least of them */
function shorten(best: [number, number][]): number {
  best.sort(([, a], [, b]) => b - a);
  best.length = Math.min(best.length, 20);
  return best.at(-1)?.[1] ?? 0;
}

async function topByRolls(store: Store): Promise<number[]> {
  const used = new Map<number, number>();
  for (const { rolls } of await store.hours(UNIT, "cpu_seconds", DAY, DAY + 24 * HOUR)) {
    for (const [task, { increase }] of rolls) used.set(task, (used.get(task) ?? 0) + increase);
  }
  const best = [...used];
  shorten(best);
  return best.map(([task]) => task);
}

async function readOwn(store: Store, task: number, from: number, until: number): Promise<number> {
  let count = 0;
  for (const { data } of await store.chunks(Math.ceil(task / PER_AGENT), from, until)) {
    count += decodeChunk(data, { task }).get(task)!.length;
  }
  return count;
}

/** The least time that a reading takes, ms: what else runs on the machine only ever adds to it. */
async function readTimes(read: (task: number) => unknown, times = 15): Promise<number> {
  let least = Infinity;
  for (let at = 0; at < times; at++) {
    const start = performance.now();
    await read(1 + 37 * at);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** The most CPU time, in ms, that is used until others have a turn. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let last = process.cpuUsage();
  let longest = 0;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  }, 1);
  await work();
  clearInterval(timer);
  return longest;
}

/** Add the CPU time of something, in µs, to a sum. */
function timed<T, K extends string>(sums: Record<K, number>, name: K, work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  sums[name] += user + system;
  return result;
}

async function timedAsync<K extends string>(
  sums: Record<K, number>,
  name: K,
  work: () => Promise<void>,
): Promise<void> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  sums[name] += user + system;
}

function bytesOf(path: string): number {
  return statSync(path).size;
}

function agentRow(id: number) {
  const unknown = { agentId: null, os: "linux", version: "1.0.0", bootId: null };
  const seen = { firstSeen: DAY, lastSeen: DAY, presence: "online", presenceSince: DAY };
  return {
    id,
    unit: UNIT,
    propletId: `host-${id}`,
    host: `host-${id}.example`,
    labels: {},
    ...unknown,
    ...seen,
  };
}

function taskRow(id: number, labels: Readonly<Record<string, string>>) {
  const seen = { firstSeen: DAY, lastTime: DAY, state: "running", stateSince: DAY, runSince: DAY };
  const last = { cpu_seconds: 1.25, memory_bytes: 2 ** 26, thread_count: 3 };
  return {
    id,
    agent: Math.ceil(id / PER_AGENT),
    taskId: `web-${id}`,
    target: "web",
    name: "nginx",
    labels,
    last,
    ...seen,
  };
}
