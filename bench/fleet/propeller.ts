import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { decodeChunk, encodeChunk } from "../../fleet/chunk/chunk.ts";
import { encodeRolls, rollsOf } from "../../fleet/chunk/rolls.ts";
import { COLUMNS } from "../../fleet/model/column.ts";
import type { StoredSample } from "../../fleet/model/view.ts";
import type { UnitKey } from "../../fleet/model/unit.ts";
import type { SealedChunk } from "../../fleet/store/contract.ts";
import { readAddress } from "../../fleet/store/postgres/address.ts";
import { Database } from "../../fleet/store/postgres/database.ts";
import { openPostgres } from "../../fleet/store/postgres/open.ts";
import { noPostgres, PostgresServer } from "../../tests/fleet/store/postgres/server.ts";
import type { Bench, Table } from "../lib/result.ts";
import { MadeTask } from "./made_samples.ts";

const UNIT: UnitKey = "bench/fleet";
const START = Date.UTC(2025, 10, 24);
const [INTERVAL, HOUR] = [10_000, 3_600_000];
const [AGENTS, PER_AGENT] = [20, 10];
/** Samples that are in the journal before they are in chunks: ten minutes. */
const TICKS = 60;
const AT_ONCE = 1_000;
/** A tick of the kernel's clock, ms (USER_HZ). */
const TICK_MS = 10;

/** One sample, as it is sent. */
interface Sent {
  readonly task: number;
  readonly agent: number;
  readonly sample: StoredSample;
  readonly metrics: string;
  readonly aggregated: string;
}

/** What something took. */
interface Taken {
  readonly bytes: number;
  readonly server: number;
  readonly client: number;
  readonly hour: number;
  readonly top: number;
}

/** The store of the fleet in PostgreSQL, against the tables that Propeller's own manager has there. */
export const fleetPropeller: Bench = {
  about: "samples in PostgreSQL: the manager's store against the tables of Propeller's own manager",
  async run({ quick }) {
    if (noPostgres) return { tables: [], checks: [], notes: [], skipped: noPostgres };
    await using server = await PostgresServer.start();
    const slices = [...made(quick ? 2 : 6)];
    const count = slices.flat().length;
    const own = await measureOwn(server, slices);
    const other = await measurePropeller(server, slices.flat());
    const each = ({ bytes, server, client, hour, top }: Taken) => [
      ...[bytes / count, server * 1_000 / count, client * 1_000 / count, hour, top],
    ];
    const names = ["bytes", "server", "client", "hour", "top"] as const;
    const ratios = names.map((name) => other[name] / own[name]);
    const table: Table = {
      title: `${count} samples of ${AGENTS * PER_AGENT} tasks, 16 figures each, in one PostgreSQL`,
      columns: [
        { name: "" },
        { name: "B a sample", digits: 1 },
        { name: "CPU of the server, µs a sample", digits: 2 },
        { name: "CPU of the manager, µs a sample", digits: 2 },
        { name: "last hour of a task, ms", digits: 1 },
        { name: "top 20 by CPU time, ms", digits: 1 },
      ],
      rows: [
        ["Propeller's tables, an INSERT a sample", ...each(other)],
        ["the manager's store: journal, chunks, hours", ...each(own)],
        ["ratio", ...ratios],
      ],
    };
    const at = (name: (typeof names)[number]) => own[name] / other[name];
    return {
      tables: [table],
      checks: [
        { what: "bytes, as a share of Propeller's", unit: "", measured: at("bytes"), wanted_at_most: 0.1 },
        { what: "CPU of the server, likewise", unit: "", measured: at("server"), wanted_at_most: 0.2 },
        { what: "top 20, likewise", unit: "", measured: at("top"), wanted_at_most: 0.5 },
      ],
      notes: [
        "fsync is off for both; time of CPU is that of all processes of the server together",
        "bytes are those of the database after VACUUM, less those of an empty one",
      ],
    };
  },
};

/** Samples of so many times ten minutes. */
function* made(slices: number): Generator<Sent[]> {
  const tasks = Array.from({ length: AGENTS * PER_AGENT }, (_, at) => new MadeTask(at + 1, START));
  for (let slice = 0; slice < slices; slice++) {
    const sent: Sent[] = [];
    for (let tick = slice * TICKS; tick < (slice + 1) * TICKS; tick++) {
      for (const made of tasks) {
        const sample = made.next(START + tick * INTERVAL, INTERVAL);
        const figures = Object.fromEntries(
          COLUMNS.flatMap(({ name }, at) =>
            Number.isNaN(sample.figures[at]) ? [] : [[name, sample.figures[at]]]
          ),
        );
        sent.push({
          task: made.task,
          agent: Math.ceil(made.task / PER_AGENT),
          sample,
          metrics: JSON.stringify({ ...figures, timestamp: new Date(sample.time).toISOString() }),
          aggregated: JSON.stringify({
            ...{ avg_cpu_usage: figures.cpu_percent, max_cpu_usage: figures.cpu_percent },
            ...{ avg_memory_usage: figures.memory_bytes, max_memory_usage: figures.memory_bytes },
            ...{ total_disk_read: figures.disk_read_bytes, total_disk_write: figures.disk_write_bytes },
            ...{ total_network_rx: null, total_network_tx: null, sample_count: tick + 1 },
          }),
        });
      }
    }
    yield sent;
  }
}

async function measureOwn(server: PostgresServer, slices: readonly Sent[][]): Promise<Taken> {
  const name = await server.newDatabase();
  const store = await openPostgres(server.url(name));
  await store.lease("+/+", "bench", 60_000);
  const empty = await sizeOf(server, name);
  const cpu = cpuSince(server);
  const before = new Map<number, StoredSample["figures"]>();
  for (const sent of slices) {
    let sequence = 0;
    for (let at = 0; at < sent.length; at += AT_ONCE) {
      sequence = await store.append(
        sent.slice(at, at + AT_ONCE).map(({ task, sample, metrics, aggregated }) => ({
          unit: UNIT,
          topic: "m/bench/c/fleet/control/proplet/task_metrics",
          receivedAt: sample.time,
          isRetained: false,
          payload: Buffer.from(`{"task_id":"${task}","metrics":${metrics},"aggregated":${aggregated}}`),
        })),
      );
    }
    const chunks: SealedChunk[] = [...Map.groupBy(sent, ({ agent }) => agent)].map(([agent, of]) => {
      const rows = of.map(({ task, sample }) => [task, sample] as const);
      const rolls = encodeRolls(rollsOf(rows, (task) => before.get(task) ?? null, 300_000));
      for (const [task, { figures }] of rows) before.set(task, figures);
      const [from, until] = [of[0].sample.time, of.at(-1)!.sample.time];
      return { agent, unit: UNIT, from, until, count: of.length, data: encodeChunk(rows), rolls };
    });
    await store.seal(chunks, sequence, new Map());
    await store.forget(null, sequence);
  }
  await store.makeHours(START + 24 * HOUR);
  const used = cpu();
  const bytes = await sizeOf(server, name) - empty;
  const end = START + slices.length * TICKS * INTERVAL;
  const hour = await least(async (task) => {
    let rows = 0;
    for (const { data } of await store.chunks(Math.ceil(task / PER_AGENT), end - HOUR, end)) {
      rows += decodeChunk(data, { task }).get(task)!.length;
    }
    return rows;
  });
  const top = await least(async () => {
    const sums: [number, number][] = [];
    for (const { rolls } of await store.hours(UNIT, "cpu_seconds", START, START + 24 * HOUR)) {
      for (const [task, { increase }] of rolls) sums.push([task, increase]);
    }
    return sums.sort(([, a], [, b]) => b - a).slice(0, 20).length;
  });
  await store.close();
  return { bytes, ...used, hour, top };
}

/** Its columns, keys, indexes and statements, one after the other, as its manager has them (pkg/storage/postgres). */
async function measurePropeller(server: PostgresServer, sent: readonly Sent[]): Promise<Taken> {
  const name = await server.newDatabase();
  const database = new Database(readAddress(server.url(name), undefined), 1);
  const empty = await sizeOf(server, name);
  await database.script(`
    CREATE TABLE public.tasks (id varchar(36) PRIMARY KEY);
    CREATE TABLE public.task_metrics (
      id varchar(72) PRIMARY KEY, task_id varchar(36) NOT NULL REFERENCES public.tasks (id) ON DELETE CASCADE,
      proplet_id varchar(36) NOT NULL, metrics jsonb NOT NULL, aggregated jsonb, timestamp timestamptz NOT NULL);
    CREATE INDEX ON public.task_metrics (task_id, timestamp DESC);
    CREATE INDEX ON public.task_metrics (timestamp DESC);
    INSERT INTO public.tasks SELECT n::text FROM generate_series(1, ${AGENTS * PER_AGENT}) n;
  `);
  const cpu = cpuSince(server);
  for (const { task, agent, sample, metrics, aggregated } of sent) {
    const nanoseconds = `${task}:${sample.time}000000`;
    await database.all(
      "INSERT INTO public.task_metrics (id, task_id, proplet_id, metrics, aggregated, timestamp) " +
        "VALUES ($1, $2, $3, $4::text::jsonb, $5::text::jsonb, $6::text::timestamptz)",
      ...[nanoseconds, `${task}`, `host-${agent}`, metrics, aggregated, new Date(sample.time).toISOString()],
    );
  }
  const used = cpu();
  await database.script("ANALYZE public.task_metrics");
  const bytes = await sizeOf(server, name) - empty;
  const hour = await least(async (task) => {
    await database.all("SELECT count(*) FROM public.task_metrics WHERE task_id = $1", `${task}`);
    const rows = await database.all(
      "SELECT id, task_id, proplet_id, metrics, aggregated, timestamp FROM public.task_metrics WHERE task_id = $1 " +
        "ORDER BY timestamp DESC LIMIT 360 OFFSET 0",
      `${task}`,
    );
    return rows.length;
  });
  // It has no such question: what would have to be asked of its tables.
  const top = await least(() =>
    database.all(
      "SELECT task_id, max((metrics->>'cpu_seconds')::float8) - min((metrics->>'cpu_seconds')::float8) AS used " +
        "FROM public.task_metrics WHERE timestamp >= to_timestamp(0) GROUP BY task_id ORDER BY used DESC LIMIT 20",
    ), 3);
  await database.close();
  return { bytes, ...used, hour, top };
}

async function sizeOf(server: PostgresServer, name: string): Promise<number> {
  // As the server does now and then by itself: what was in the journal and is in chunks takes no more room.
  await server.ask(name, "VACUUM");
  const [{ size }] = await server.ask(name, `SELECT pg_database_size('${name}')::float8 AS size`);
  return Number(size);
}

/** The least time that a question takes, ms: what else runs on the machine only ever adds to it. */
async function least(ask: (task: number) => Promise<unknown>, times = 11): Promise<number> {
  let found = Infinity;
  for (let at = 0; at < times; at++) {
    const began = performance.now();
    await ask(1 + 17 * at);
    found = Math.min(found, performance.now() - began);
  }
  return found;
}

/** @returns the CPU time that the server and we have used since, ms */
function cpuSince(server: PostgresServer): () => { server: number; client: number } {
  const [servers, ours] = [serverCpu(server), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(ours);
    return { server: serverCpu(server) - servers, client: (user + system) / 1_000 };
  };
}

/** That of the postmaster, of its children, and of those that have ended, ms. */
function serverCpu({ directory }: PostgresServer): number {
  const postmaster = Number(readFileSync(join(directory, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // It has ended meanwhile, and is in its parent's sum.
    }
    // Behind the name, which may have blanks: state, parent, …, and from the twelfth on utime, stime, cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    if (Number(name) === postmaster) ticks += fields[11] + fields[12] + fields[13] + fields[14];
    else if (fields[1] === postmaster) ticks += fields[11] + fields[12];
  }
  return ticks * TICK_MS;
}
