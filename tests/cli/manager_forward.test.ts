/* What a manager tells others, as people run it: real runs, Prometheus, and files of a store. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../support/eventually.ts";
import { noPrometheus, PrometheusServer } from "../support/prometheus_server.ts";
import { proctor, start } from "./support/proctor.ts";

const PATIENCE_MS = 60_000;

async function withOwn(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-forward-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test(
  "Prometheus is told what a run has cost, and so is a file of the store",
  { skip: noMosquitto || noPrometheus, timeout: 120_000 },
  () =>
    withOwn((directory) =>
      PrometheusServer.with([], async (prometheus) => {
        await using broker = await Mosquitto.start(directory, ["allow_anonymous true"]);
        const url = `mqtt://127.0.0.1:${broker.port}`;
        const store = join(directory, "fleet");
        const write = `http://127.0.0.1:${prometheus.port}/api/v1/write`;
        const words = ["--mqtt", url, "--store", store, "--http", "127.0.0.1:0", "--remote-write", write];
        const manager = start(["manager", ...words]);
        await eventually(
          () => /the broker \S+ has let us in/.test(manager.stderr),
          PATIENCE_MS,
          () => manager.stderr,
        );
        const summary = join(directory, "summary.json");
        const run = ["run", "--quiet", "--mqtt", url, "--domain", "d", "--channel", "c", "--task-id", "burn"];
        const script = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
        const { code } = await proctor([...run, "--summary-file", summary, "--", "sh", "-c", script]);
        assert.equal(code, 0);
        const { cpu_seconds: cost } = JSON.parse(readFileSync(summary, "utf8")) as { cpu_seconds: number };

        const last = async (name: string) => {
          const [series] = await prometheus.range(`${name}{domain="d",channel="c",task="burn"}[1h]`);
          return series?.values.at(-1)?.[1];
        };
        await eventually(
          async () => await last("proctor_task_running") === 0,
          PATIENCE_MS,
          () => manager.stderr,
        );
        assert.equal(await last("proctor_cpu_seconds_total"), cost);
        // What has ended is not a series of the present.
        assert.deepEqual(await prometheus.query('proctor_cpu_seconds_total{task="burn"}'), []);

        const busy = await proctor(["manager", "export", "--store", store]);
        assert.equal(busy.code, 125);
        assert.match(busy.stderr, /^proctor: another manager \(PID \d+\) has the store [^\n]*\n$/);
        manager.kill("SIGTERM");
        const ended = await manager.ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.doesNotMatch(ended.stderr, / (?:warn|error) |\n {4}at /);

        const lines = await proctor(["manager", "export", "--store", store, "--unit", "d/c"]);
        assert.equal(lines.code, 0, lines.stderr);
        const rows = lines.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
        assert.ok(rows.some(({ task_id, figures }) => task_id === "burn" && figures.cpu_seconds === cost));
        const file = join(directory, "fleet.parquet");
        const words2 = ["--store", store, "--format", "parquet", "--output", file];
        const parquet = await proctor(["manager", "export", ...words2]);
        assert.deepEqual([parquet.code, parquet.stderr, parquet.stdout.length], [0, "", 0]);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };
        const objects = await parquetReadObjects({
          file: new Uint8Array(readFileSync(file)).buffer,
          compressors,
        });
        const figuresOf = (of: typeof objects) =>
          of.filter(({ task_id }) => task_id === "burn").map((
            { time, cpu_seconds },
          ) => [time.toISOString(), cpu_seconds]);
        assert.deepEqual(
          figuresOf(objects),
          rows.filter(({ task_id }) => task_id === "burn").map((
            { time, figures },
          ) => [time, figures.cpu_seconds]),
        );
      }, { flags: ["--web.enable-remote-write-receiver"] })
    ),
);

describe("what cannot be told, or written", () => {
  const fault = async (words: readonly string[], line: RegExp) => {
    const { code, stdout, stderr } = await proctor(["manager", ...words]);
    assert.equal(code, 125, stderr);
    assert.equal(stdout.toString(), "");
    assert.match(stderr, line);
    assert.doesNotMatch(stderr, /\n {4}at /);
  };

  test("is said in one line, and nothing is made", { timeout: 120_000 }, () =>
    withOwn(async (directory) => {
      const broker = ["--mqtt", "mqtt://h", "--check"];
      await fault(
        [...broker, "--remote-write", "p:9090"],
        /^proctor: --remote-write: is not a URL of http or https\n$/,
      );
      await fault(
        [...broker, "--clickhouse", "http://u:p@c:8123"],
        /^proctor: --clickhouse: has a user or a password; write user and password_file\n$/,
      );
      const none = join(directory, "none");
      await fault(["export", "--store", none], /^proctor: --store: \S+ is not a store of a manager\n$/);
      await fault(
        ["export", "--store", none, "--from", "gestern"],
        /^proctor: --from: "gestern" is not a time; [^\n]*\n$/,
      );
      await fault(["export", "--format", "csv"], /^proctor: --format: "csv" is none of jsonl, parquet\n$/);
      assert.ok(!existsSync(none));

      const config = join(directory, "manager.yaml");
      const wrong = async (forward: string, line: RegExp) => {
        writeFileSync(config, `mqtt: mqtt://h\nforward:\n  - ${forward}\n`);
        await fault(["--config", config, "--check"], line);
      };
      await wrong(
        "{ table: t }",
        /manager\.yaml:3:\d+: [^\n]*names no destination; write one of remote_write, clickhouse/,
      );
      await wrong("{ clickhouse: http://p, labels: plain }", /forward\.0\.labels: is of remote_write alone/);
      await wrong("{ remote_write: http://p, table: t }", /forward\.0\.table: is of clickhouse alone/);
      await wrong("{ clickhouse: http://c, table: a.b }", /forward\.0\.table: is not a name/);
      await wrong(
        "{ remote_write: http://p, user: u, password_file: none }",
        /password_file: \S*none: no such file/,
      );
      await wrong(
        "{ remote_write: http://p }\n  - { remote_write: http://p }",
        /^proctor: forward: http:\/\/p\/ is there twice; name it once\n$/,
      );
      assert.deepEqual(readdirSync(directory), ["manager.yaml"]);
    }));
});
