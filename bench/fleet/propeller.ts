import { decodeChunk, encodeChunk } from "../../fleet/chunk/chunk.ts";
import { encodeRolls, rollsOf } from "../../fleet/chunk/rolls.ts";
import type { StoredSample } from "../../fleet/model/view.ts";
import type { UnitKey } from "../../fleet/model/unit.ts";
import type { SealedChunk } from "../../fleet/store/contract.ts";
import { readAddress } from "../../fleet/store/postgres/address.ts";
import { Database } from "../../fleet/store/postgres/database.ts";
import { openPostgres } from "../../fleet/store/postgres/open.ts";
import { noPostgres, PostgresServer } from "../../tests/fleet/store/postgres/server.ts";
import type { Bench, Table } from "../lib/result.ts";
import { MadeTask } from "./made_samples.ts";
import { cpuSince, least, sizeOf } from "./postgres_use.ts";
import { insertOne, lastHourOf, propellerTables, sentOf, topOf } from "./propeller_tables.ts";
import type { Sent } from "./propeller_tables.ts";

const UNIT: UnitKey = "bench/fleet";
const START = Date.UTC(2025, 10, 24);
const [INTERVAL, HOUR] = [10_000, 3_600_000];
const [AGENTS, PER_AGENT] = [20, 10];
/** Samples that are in the journal before they are in chunks: ten minutes. */
const TICKS = 60;
const AT_ONCE = 1_000;

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
        sent.push(sentOf(made.task, Math.ceil(made.task / PER_AGENT), sample, tick + 1));
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

async function measurePropeller(server: PostgresServer, sent: readonly Sent[]): Promise<Taken> {
  const name = await server.newDatabase();
  const database = new Database(readAddress(server.url(name), undefined), 1);
  const empty = await sizeOf(server, name);
  await database.script(propellerTables(AGENTS * PER_AGENT));
  const cpu = cpuSince(server);
  for (const row of sent) await insertOne(database, row);
  const used = cpu();
  await database.script("ANALYZE public.task_metrics");
  const bytes = await sizeOf(server, name) - empty;
  const hour = await least((task) => lastHourOf(database, task));
  const top = await least(() => topOf(database), 3);
  await database.close();
  return { bytes, ...used, hour, top };
}
