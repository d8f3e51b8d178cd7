/* A table of ClickHouse, by its own engine: every figure that the API has. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openDestination } from "../../../fleet/forward/open_destination.ts";
import { forwardSchema } from "../../../fleet/forward/forward_schema.ts";
import { COLUMNS } from "../../../fleet/model/column.ts";
import { eventually } from "../../support/eventually.ts";
import { exported, forward, Pieces, settled } from "../support/forwarded_fleet.ts";
import type { ExportedRow } from "../support/forwarded_fleet.ts";
import { SimulatedFleet } from "../support/simulated_fleet.ts";
import { ClickHouseServer, noClickHouse } from "./support/clickhouse.ts";

const OPTIONS = { skip: noClickHouse, timeout: 120_000 };
const destination = (url: string, keys: Record<string, unknown> = {}) =>
  openDestination(forwardSchema.parse({ clickhouse: url, ...keys }));

/** A row of the table. */
interface Row extends Readonly<Record<string, unknown>> {
  readonly time: string;
  readonly custom: Readonly<Record<string, number>>;
}

/** Rows in the form that the API exports. */
function asExported(rows: readonly Row[]): ExportedRow[] {
  return rows.map(({ time, domain, channel, proplet_id, task_id, custom, ...rest }) => {
    const figures = COLUMNS.flatMap(({ name }) => rest[name] === null ? [] : [[name, rest[name]] as const]);
    return {
      time: `${time.replace(" ", "T")}Z`,
      unit: `${domain}/${channel}`,
      proplet_id,
      task_id,
      figures: { ...Object.fromEntries(figures), ...custom },
    } as ExportedRow;
  });
}

const keyOf = ({ unit, proplet_id, task_id, time }: ExportedRow) =>
  `${unit} ${proplet_id} ${task_id} ${time}`;

function assertSame(rows: readonly ExportedRow[], expected: readonly ExportedRow[]): void {
  const found = new Map(rows.map((row) => [keyOf(row), row.figures]));
  assert.equal(rows.length, expected.length);
  for (const row of expected) assert.deepEqual(found.get(keyOf(row)), row.figures, keyOf(row));
}

/** What a program tells of itself beside: a message as an agent sends it. */
const withCustom = (at: number) => ({
  topic: "m/fleet/c/channel-0/control/proplet/task_metrics",
  receivedAt: at,
  isRetained: false,
  payload: new TextEncoder().encode(JSON.stringify({
    task_id: "shop",
    proplet_id: "host-00000",
    timestamp: new Date(at).toISOString(),
    state: "running",
    metrics: {
      cpu_percent: 12.5,
      cpu_seconds: 1.000001,
      uptime_seconds: 60,
      timestamp: new Date(at).toISOString(),
      app: { app_jobs_total: 42, app_queue: 0.1 },
    },
  })),
});

describe("a table of ClickHouse", () => {
  test(
    "has each figure that the API has, over a restart and a table of an earlier version",
    OPTIONS,
    async () => {
      await using clickhouse = await ClickHouseServer.open();
      clickhouse.user = "writer";
      const startAt = Date.now() - 600_000;
      await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
      const pieces = new Pieces(fleet, { startAt, agents: 3, tasks: 3, channels: 2 });
      const samples = () => fleet.state.counts.samples;
      const target = () =>
        destination(clickhouse.url, { user: "writer", database: "fleet", table: "samples" });

      const first = await forward(fleet, target());
      await pieces.upTo(startAt + 200_000);
      await fleet.take(withCustom(startAt + 200_000));
      await settled(first, samples());
      await first.close();
      const told = first.report().sent;
      assert.deepEqual([told, first.report().why], [samples(), null]);
      clickhouse.session.query("ALTER TABLE fleet.samples DROP COLUMN restart_count");

      await pieces.upTo(startAt + 400_000);
      await fleet.settle();
      const second = await forward(fleet, target());
      await pieces.upTo(startAt + 600_000);
      await settled(second, samples() - told);
      await second.close();
      assert.equal(second.report().dropped, 0);

      const exportedRows = await exported(fleet, ["fleet/channel-0", "fleet/channel-1"]);
      const lastTime = Math.max(...exportedRows.map(({ time }) => Date.parse(time)));
      const found = asExported(clickhouse.rows<Row>("SELECT * FROM fleet.samples FINAL"));
      // The column that was dropped is there again, for what came since.
      const isOld = ({ time }: ExportedRow) => Date.parse(time) <= startAt + 200_000;
      const without = ({ figures: { restart_count: _, ...figures }, ...row }: ExportedRow) => ({
        ...row,
        figures,
      });
      assertSame(
        found.map((row) => isOld(row) ? without(row) : row),
        exportedRows.map((row) => isOld(row) ? without(row) : row),
      );
      assert.ok(
        found.some(({ figures, time }) => "restart_count" in figures && Date.parse(time) === lastTime),
      );
      const [{ queue }] = clickhouse.rows<{ queue: number }>(
        "SELECT custom['app_queue'] AS queue FROM fleet.samples WHERE task_id = 'shop'",
      );
      assert.equal(queue, 0.1);
      assert.ok(clickhouse.inserts.every((rows) => rows > 0 && rows <= 5_000));
    },
  );

  test("has a row once that was sent twice", OPTIONS, async () => {
    await using clickhouse = await ClickHouseServer.open();
    const startAt = Date.now() - 300_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 2, tasks: 2 });
    await (await forward(fleet, destination(clickhouse.url))).close();
    const cursor = await fleet.store.documents("forward");
    await pieces.upTo(startAt + 300_000);
    for (let times = 0; times < 2; times++) {
      await fleet.store.saveDocuments("forward", cursor);
      const forwarder = await forward(fleet, destination(clickhouse.url));
      await settled(forwarder, fleet.state.counts.samples);
      await forwarder.close();
    }
    const table = "default.proctor_samples";
    const [{ all }] = clickhouse.rows<{ all: number }>(`SELECT toUInt32(count()) AS all FROM ${table}`);
    const found = asExported(clickhouse.rows<Row>(`SELECT * FROM ${table} FINAL`));
    assertSame(found, await exported(fleet, ["fleet/channel-0"]));
    assert.ok(all >= found.length);
  });

  test("waits for who may not yet, or has no table any more", OPTIONS, async () => {
    await using clickhouse = await ClickHouseServer.open();
    clickhouse.user = "somebody";
    const startAt = Date.now() - 300_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 1, tasks: 2 });
    const lines: string[] = [];
    const say = (_: string, line: string) => void lines.push(line);
    const forwarder = await forward(fleet, destination(clickhouse.url, { user: "writer" }), { say });
    await pieces.upTo(startAt + 100_000);
    await settledAfter(() => forwarder.report().failed > 2, () => clickhouse.user = "writer");
    await settled(forwarder, fleet.state.counts.samples);
    clickhouse.session.query("RENAME TABLE default.proctor_samples TO default.away");
    const failed = forwarder.report().failed;
    await pieces.upTo(startAt + 200_000);
    await settledAfter(
      () => forwarder.report().failed > failed,
      () => clickhouse.session.query("RENAME TABLE default.away TO default.proctor_samples"),
    );
    await settled(forwarder, fleet.state.counts.samples);
    await forwarder.close();
    assert.equal(forwarder.report().dropped, 0);
    assert.match(lines[0], / default\.proctor_samples: status 403: Code: 516\. .*; it is tried again$/);
    assert.match(lines.join("\n"), /status 404: Code: 60\. /);
    const found = asExported(clickhouse.rows<Row>("SELECT * FROM default.proctor_samples FINAL"));
    assertSame(found, await exported(fleet, ["fleet/channel-0"]));
  });
});

/** Once something is so, do something. */
async function settledAfter(isSo: () => boolean, then: () => unknown): Promise<void> {
  await eventually(isSo, 30_000, () => "a failure");
  then();
}
