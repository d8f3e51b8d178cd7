import { COLUMNS } from "../../model/column.ts";
import type { Column } from "../../model/column.ts";

/** What of a row is not a figure. */
const KEYS = [
  "time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))",
  "domain LowCardinality(String)",
  "channel LowCardinality(String)",
  "proplet_id LowCardinality(String)",
  "task_id String CODEC(ZSTD(1))",
  "host LowCardinality(String)",
  "target LowCardinality(String)",
  "name LowCardinality(String)",
] as const;
const CUSTOM = "custom Map(LowCardinality(String), Float64) CODEC(ZSTD(1))";

/** How figures are stored; where none is known it is NULL. */
function typeOf({ kind }: Column): string {
  return `Nullable(Float64) CODEC(${kind === "counter" ? "Delta(8), " : ""}ZSTD(1))`;
}

/** What can stand in the place of a database or a table. */
export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * What makes the table, and brings one of an earlier version up to date: statements, one after the other. A row that is
 * sent again replaces itself, at the latest when parts are merged: ask with FINAL.
 */
export function tableStatements(database: string, table: string): string[] {
  const name = `${database}.${table}`;
  const figures = COLUMNS.map((column) => `${column.name} ${typeOf(column)}`);
  const columns = [...KEYS, ...figures, CUSTOM].join(",\n  ");
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `CREATE TABLE IF NOT EXISTS ${name} (\n  ${columns}\n) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMMDD(time) ` +
    "ORDER BY (domain, channel, proplet_id, task_id, time)",
    `ALTER TABLE ${name} ${figures.map((figure) => `ADD COLUMN IF NOT EXISTS ${figure}`).join(", ")}`,
  ];
}
