/* The tables of Propeller's own manager: columns, keys, indexes and statements as it has them (pkg/storage/postgres). */
import { COLUMNS } from "../../fleet/model/column.ts";
import type { StoredSample } from "../../fleet/model/view.ts";
import { texts } from "../../fleet/store/postgres/arrays.ts";
import type { Database } from "../../fleet/store/postgres/database.ts";

const COLUMN_NAMES = "id, task_id, proplet_id, metrics, aggregated, timestamp";

/** One sample, as it is sent. */
export interface Sent {
  readonly task: number;
  readonly agent: number;
  readonly sample: StoredSample;
  readonly metrics: string;
  readonly aggregated: string;
}

/** A sample as Propeller's agents send it. @param count of the samples of its task so far */
export function sentOf(task: number, agent: number, sample: StoredSample, count: number): Sent {
  const figures = Object.fromEntries(
    COLUMNS.flatMap(({ name }, at) => Number.isNaN(sample.figures[at]) ? [] : [[name, sample.figures[at]]]),
  );
  return {
    ...{ task, agent, sample },
    metrics: JSON.stringify({ ...figures, timestamp: new Date(sample.time).toISOString() }),
    aggregated: JSON.stringify({
      ...{ avg_cpu_usage: figures.cpu_percent, max_cpu_usage: figures.cpu_percent },
      ...{ avg_memory_usage: figures.memory_bytes, max_memory_usage: figures.memory_bytes },
      ...{ total_disk_read: figures.disk_read_bytes, total_disk_write: figures.disk_write_bytes },
      ...{ total_network_rx: null, total_network_tx: null, sample_count: count },
    }),
  };
}

/** The statements that make the tables, with so many tasks. */
export function propellerTables(tasks: number): string {
  return `
    CREATE TABLE public.tasks (id varchar(36) PRIMARY KEY);
    CREATE TABLE public.task_metrics (
      id varchar(72) PRIMARY KEY, task_id varchar(36) NOT NULL REFERENCES public.tasks (id) ON DELETE CASCADE,
      proplet_id varchar(36) NOT NULL, metrics jsonb NOT NULL, aggregated jsonb, timestamp timestamptz NOT NULL);
    CREATE INDEX ON public.task_metrics (task_id, timestamp DESC);
    CREATE INDEX ON public.task_metrics (timestamp DESC);
    INSERT INTO public.tasks SELECT n::text FROM generate_series(1, ${tasks}) n;
  `;
}

const rowOf = ({ task, agent, sample, metrics, aggregated }: Sent) => [
  `${task}:${sample.time}000000`,
  ...[`${task}`, `host-${agent}`, metrics, aggregated, new Date(sample.time).toISOString()],
];

/** Store a sample as its manager does: a statement each. */
export async function insertOne(database: Database, sent: Sent): Promise<void> {
  await database.all(
    `INSERT INTO public.task_metrics (${COLUMN_NAMES}) ` +
      "VALUES ($1, $2, $3, $4::text::jsonb, $5::text::jsonb, $6::text::timestamptz)",
    ...rowOf(sent),
  );
}

/** Store many at once, which it does not: for what is not measured. */
export async function insertMany(database: Database, sent: readonly Sent[]): Promise<void> {
  const rows = sent.map(rowOf);
  await database.all(
    `INSERT INTO public.task_metrics (${COLUMN_NAMES}) SELECT id, task, host, metrics::jsonb, aggregated::jsonb, ` +
      "at::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) " +
      "AS new (id, task, host, metrics, aggregated, at)",
    ...[0, 1, 2, 3, 4, 5].map((at) => texts(rows.map((row) => row[at]!))),
  );
}

/** The newest hour of a task at 10 s, as its manager asks for a page of it. @returns how many rows */
export async function lastHourOf(database: Database, task: number): Promise<number> {
  await database.all("SELECT count(*) FROM public.task_metrics WHERE task_id = $1", `${task}`);
  const rows = await database.all(
    `SELECT ${COLUMN_NAMES} FROM public.task_metrics WHERE task_id = $1 ` +
      "ORDER BY timestamp DESC LIMIT 360 OFFSET 0",
    `${task}`,
  );
  return rows.length;
}

/** The top 20 of all by CPU time. It has no such question: what would have to be asked of its tables. */
export async function topOf(database: Database): Promise<number> {
  const rows = await database.all(
    "SELECT task_id, max((metrics->>'cpu_seconds')::float8) - min((metrics->>'cpu_seconds')::float8) AS used " +
      "FROM public.task_metrics WHERE timestamp >= to_timestamp(0) GROUP BY task_id ORDER BY used DESC LIMIT 20",
  );
  return rows.length;
}
