import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAddress } from "../../fleet/store/postgres/address.ts";
import { Database } from "../../fleet/store/postgres/database.ts";
import { noPostgres, PostgresServer } from "../../tests/fleet/store/postgres/server.ts";
import type { Bench } from "../lib/result.ts";
import { runScript } from "../lib/runtimes.ts";
import { MadeTask } from "./made_samples.ts";
import { bytesBelow, makeBlocks, Prometheus, victoriaBytes, VictoriaMetrics } from "./peers.ts";
import type { Rows } from "./peers.ts";
import { cpuSince, least, serverMemory, sizeOf } from "./postgres_use.ts";
import { processUse } from "./process_use.ts";
import { insertMany, insertOne, lastHourOf, propellerTables, sentOf, topOf } from "./propeller_tables.ts";

const DAY = Date.UTC(2025, 10, 24);
const [INTERVAL, HOUR] = [10_000, 3_600_000];
const PER_AGENT = 10;
const AGENTS = 4;
/** promtool reads text, again for each block: half of the tasks. */
const FOR_PROMETHEUS = 20;
const AT_ONCE = 5_000;
/** Rows of Propeller that are stored one by one, as its manager does; the rest only has to be there. */
const ONE_BY_ONE = 5_000;

/** What an engine took for the fleet. */
interface Taken {
  readonly bytes: number;
  /** ms, of all samples. */
  readonly cpu: number;
  /** MB. */
  readonly memory: number;
  /** ms. */
  readonly hour: number;
  readonly top: number;
}

/** The same fleet in the manager's store, VictoriaMetrics, Prometheus and the tables of Propeller's manager. */
export const fleetEngines: Bench = {
  about:
    "a day of one fleet in the manager's store, VictoriaMetrics, Prometheus and Propeller's tables, as ratios",
  async run({ quick }) {
    const hours = quick ? 6 : 24;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    try {
      const own = measureOwn(join(directory, "own"), hours);
      const engines: [string, Taken | null][] = [
        ["the manager's store", own],
        ["VictoriaMetrics", await measureVictoria(join(directory, "victoria"), hours)],
        ["Prometheus, blocks by promtool", await measurePrometheus(join(directory, "prometheus"), hours)],
        ["Propeller's tables in PostgreSQL", await measurePropeller(hours)],
      ];
      const names = ["bytes", "cpu", "memory", "hour", "top"] as const;
      const there = engines.filter((engine): engine is [string, Taken] => engine[1] !== null);
      return {
        tables: [{
          title: `${AGENTS * PER_AGENT} tasks, ${hours} hours, every 10 s, 16 figures each`,
          columns: [
            { name: "" },
            ...[["B a sample", 1], ["CPU, µs a sample", 2], ["RSS, MB", 0], ["last hour of a task, ms", 2]]
              .concat([["top 20 over all, ms", 2]])
              .flatMap(([name, digits]) => [
                { name: name as string, digits: digits as number },
                { name: "÷ ours", digits: 1 },
              ]),
          ],
          rows: there.map(([name, taken]) => [
            name,
            ...names.flatMap((of) => [
              of === "cpu" ? taken.cpu * 1_000 : taken[of],
              taken[of] / own[of],
            ]),
          ]),
        }],
        checks: there.slice(1).flatMap(([name, taken]) => [
          {
            what: `bytes, as a share of ${name}`,
            unit: "",
            measured: own.bytes / taken.bytes,
            wanted_at_most: 1,
          },
        ]),
        notes: [
          "ours: gunzip, JSON and checks of messages, journal, chunks, rolls and hours; asked within its process",
          "VictoriaMetrics takes lines of InfluxDB over HTTP; merging is in its CPU. Prometheus: promtool's CPU, " +
          `${FOR_PROMETHEUS} tasks, memory of the server that answers. Both are asked over HTTP`,
          "Propeller's CPU is that of the server alone, of one INSERT a sample; memory of all its processes",
        ],
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** All samples, hour by hour. */
function* hoursOf(hours: number, tasks = AGENTS * PER_AGENT): Generator<Rows> {
  const made = Array.from({ length: tasks }, (_, at) => new MadeTask(at + 1, DAY));
  for (let hour = 0; hour < hours; hour++) {
    const rows: Rows[number][] = [];
    for (let time = DAY + hour * HOUR; time < DAY + (hour + 1) * HOUR; time += INTERVAL) {
      for (const task of made) rows.push([task.task, task.next(time, INTERVAL)]);
    }
    yield rows;
  }
}

const countOf = (hours: number, tasks = AGENTS * PER_AGENT) => hours * HOUR / INTERVAL * tasks;
const taskAt = (at: number, tasks = AGENTS * PER_AGENT) => 1 + (at - 1) % tasks;

function measureOwn(directory: string, hours: number): Taken {
  const [program, ...words] = runScript(
    "Bun",
    "bench/fleet/store_alone.ts",
    ...[directory, String(AGENTS), String(hours)],
  );
  const { count, cpuMs, memory, hour, top } = JSON.parse(execFileSync(program, words, { encoding: "utf8" }));
  return { bytes: bytesBelow(directory) / count, cpu: cpuMs / count, memory, hour, top };
}

async function measureVictoria(directory: string, hours: number): Promise<Taken | null> {
  if (!VictoriaMetrics.isThere()) return null;
  const victoria = new VictoriaMetrics();
  await victoria.start(directory);
  let taken: Omit<Taken, "bytes">;
  try {
    const before = processUse(victoria.pid);
    for (const rows of hoursOf(hours)) {
      for (let at = 0; at < rows.length; at += AT_ONCE) await victoria.write(rows.slice(at, at + AT_ONCE));
    }
    await victoria.flush();
    const { cpuMs, memoryMb } = processUse(victoria.pid);
    const end = DAY + hours * HOUR;
    const hour = await least((task) => victoria.read(taskAt(task), end - HOUR, end - 1));
    const top = await least(() => victoria.top(end));
    taken = { cpu: (cpuMs - before.cpuMs) / countOf(hours), memory: memoryMb, hour, top };
  } finally {
    await victoria.stop();
  }
  return { ...taken, bytes: victoriaBytes(directory) / countOf(hours) };
}

async function measurePrometheus(directory: string, hours: number): Promise<Taken | null> {
  if (!Prometheus.isThere()) return null;
  mkdirSync(directory);
  const { bytes, cpuMs } = makeBlocks([...hoursOf(hours, FOR_PROMETHEUS)].flat(), directory)!;
  const server = new Prometheus();
  await server.start(directory);
  try {
    const end = DAY + hours * HOUR;
    const hour = await least((task) => server.read(taskAt(task, FOR_PROMETHEUS), end - 1));
    const top = await least(() => server.top(end - 1));
    const count = countOf(hours, FOR_PROMETHEUS);
    return { bytes: bytes / count, cpu: cpuMs / count, memory: processUse(server.pid).memoryMb, hour, top };
  } finally {
    await server.stop();
  }
}

async function measurePropeller(hours: number): Promise<Taken | null> {
  if (noPostgres) return null;
  await using server = await PostgresServer.start();
  const name = await server.newDatabase();
  const empty = await sizeOf(server, name);
  const database = new Database(readAddress(server.url(name), undefined), 1);
  try {
    await database.script(propellerTables(AGENTS * PER_AGENT));
    let [count, cpu] = [0, 0];
    for (const rows of hoursOf(hours)) {
      const sent = rows.map(([task, sample]) => sentOf(task, Math.ceil(task / PER_AGENT), sample, ++count));
      if (cpu === 0) {
        const used = cpuSince(server);
        for (const one of sent.splice(0, ONE_BY_ONE)) await insertOne(database, one);
        cpu = used().server / ONE_BY_ONE;
      }
      for (let at = 0; at < sent.length; at += AT_ONCE) {
        await insertMany(database, sent.slice(at, at + AT_ONCE));
      }
    }
    await database.script("ANALYZE public.task_metrics");
    const memory = serverMemory(server);
    const hour = await least((task) => lastHourOf(database, taskAt(task)));
    const top = await least(() => topOf(database), 3);
    return { bytes: (await sizeOf(server, name) - empty) / count, cpu, memory, hour, top };
  } finally {
    await database.close();
  }
}
