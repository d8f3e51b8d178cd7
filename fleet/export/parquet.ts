import { zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { VERSION } from "../../core/schema/version.ts";
import { COLUMNS } from "../model/column.ts";
import { unitOfKey } from "../model/unit.ts";
import { hostOf } from "../query/scope.ts";
import type { ExportedSample } from "./samples.ts";

/** Rows that are in memory at once: to write them takes a tenth of a second, in which nothing else is done. */
const GROUP_ROWS = 8_192;

type Schema = ConstructorParameters<typeof ParquetWriter>[0]["schema"];
type Element = Schema[number];

/** What of a row is not a figure. */
const KEYS: readonly (readonly [name: string, value: (sample: ExportedSample) => string | null])[] = [
  ["domain", ([{ agent }]) => unitOfKey(agent.unit).domain],
  ["channel", ([{ agent }]) => unitOfKey(agent.unit).channel],
  ["proplet_id", ([{ agent }]) => agent.propletId],
  ["host", ([{ agent }]) => hostOf(agent)],
  ["task_id", ([{ taskId }]) => taskId],
  ["target", ([{ target }]) => target],
  ["name", ([{ name }]) => name],
];

const text = (name: string, repetition_type: "REQUIRED" | "OPTIONAL"): Element => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type,
});

/** Times of UTC, names, figures as doubles that may be missing, and figures of programs' own as a map. */
const SCHEMA: Schema = [
  { name: "root", num_children: 1 + KEYS.length + 1 + COLUMNS.length + 1 },
  {
    name: "time",
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
    repetition_type: "REQUIRED",
  },
  ...KEYS.map(([name]) => text(name, "OPTIONAL")),
  { name: "begins", type: "BOOLEAN", repetition_type: "REQUIRED" },
  ...COLUMNS.map(({ name }): Element => ({ name, type: "DOUBLE", repetition_type: "OPTIONAL" })),
  { name: "custom", repetition_type: "OPTIONAL", num_children: 1, converted_type: "MAP" },
  { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
  text("key", "REQUIRED"),
  { name: "value", type: "DOUBLE", repetition_type: "OPTIONAL" },
];

/** A Parquet file of samples, piece by piece: no more than a group of rows is in memory. */
export async function* parquetFile(samples: AsyncIterable<ExportedSample>): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: SCHEMA,
    codec: "ZSTD",
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: `proctor version ${VERSION}`,
  });
  /** What was written since; the offset goes on. */
  const written = () => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  let rows: ExportedSample[] = [];
  for await (const sample of samples) {
    rows.push(sample);
    if (rows.length < GROUP_ROWS) continue;
    writeGroup(writer, rows);
    rows = [];
    yield written();
  }
  if (rows.length > 0) writeGroup(writer, rows);
  writer.finish();
  yield written();
}

function writeGroup(writer: ParquetWriter, rows: readonly ExportedSample[]): void {
  const figureAt = (at: number) =>
    rows.map(([, { figures }]) => figures[at] === figures[at] ? figures[at] : null);
  const columns: { name: string; data: unknown[] }[] = [
    { name: "time", data: rows.map(([, { time }]) => BigInt(Math.round(time))) },
    ...KEYS.map(([name, value]) => ({ name, data: rows.map(value) })),
    { name: "begins", data: rows.map(([, { begins }]) => begins) },
    ...COLUMNS.map(({ name }, at) => ({ name, data: figureAt(at) })),
    { name: "custom", data: rows.map(([, { custom }]) => custom && mapOf(custom)) },
  ];
  // Where pages begin is told by each group alone: it would be kept for all of them until the end.
  writer.write({
    columnData: columns.map((column) => ({ ...column, offsetIndex: false })),
    rowGroupSize: rows.length,
  });
}

function mapOf(custom: ReadonlyMap<string, number>): { key: string; value: number }[] {
  return [...custom].map(([key, value]) => ({ key, value }));
}
