import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "../../fleet/model/column.ts";
import type { StoredSample } from "../../fleet/model/view.ts";

export type Rows = readonly (readonly [task: number, sample: StoredSample])[];

/** What is on a disk below a path, bytes. */
export function bytesBelow(path: string): number {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(path, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
}

/** The columns that made samples have. */
const USED = [
  "cpu_percent",
  "cpu_seconds",
  "memory_bytes",
  "memory_percent",
  "disk_read_bytes",
  "disk_write_bytes",
]
  .concat([
    "io_read_bytes",
    "io_write_bytes",
    "thread_count",
    "file_descriptor_count",
    "minor_faults",
    "major_faults",
  ])
  .concat(["voluntary_context_switches", "involuntary_context_switches", "uptime_seconds", "process_count"])
  .map((name) => ({ name, at: COLUMNS.findIndex((column) => column.name === name) }));

/** Samples as rows of one table, by task and time: what comes to mind first. */
export class WideRows implements Disposable {
  readonly #database: DatabaseSync;

  constructor(readonly path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE sample (task INTEGER, time INTEGER, " +
        `${USED.map(({ name }) => `${name} REAL`).join(", ")}, PRIMARY KEY (task, time)) WITHOUT ROWID`,
    );
  }

  write(rows: Rows): void {
    const insert = this.#database.prepare(`INSERT INTO sample VALUES (?, ?${", ?".repeat(USED.length)})`);
    this.#database.exec("BEGIN");
    for (const [task, { time, figures }] of rows) {
      insert.run(
        task,
        time,
        ...USED.map(({ at }) => figures[at]!),
      );
    }
    this.#database.exec("COMMIT");
  }

  read(task: number, from: number, until: number): number {
    const sql = "SELECT * FROM sample WHERE task = ? AND time BETWEEN ? AND ?";
    return this.#database.prepare(sql).all(task, from, until).length;
  }

  [Symbol.dispose](): void {
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#database.close();
  }
}

/** Debian's victoria-metrics, where it is installed. */
export class VictoriaMetrics {
  #process: ChildProcess | undefined;
  #url = "";

  static isThere(): boolean {
    return spawnSync("victoria-metrics", ["--version"]).error === undefined;
  }

  async start(path: string): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const options = [
      `-storageDataPath=${path}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      "-retentionPeriod=100y",
    ];
    this.#process = spawn("victoria-metrics", [...options, "-memory.allowedPercent=10"], { stdio: "ignore" });
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await fetch(`${this.#url}/health`).then(({ ok }) => ok, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("victoria-metrics does not start");
  }

  async write(rows: Rows): Promise<void> {
    const body = rows.map(([task, { time, figures }]) =>
      `p,task=${task} ${USED.map(({ name, at }) => `${name}=${figures[at]}`).join(",")} ${time}000000\n`
    ).join("");
    const { status } = await fetch(`${this.#url}/write`, { method: "POST", body });
    if (status >= 300) throw new Error(`victoria-metrics refuses what it is given: ${status}`);
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** The top 20 by CPU time over a day. @returns how many bytes the answer has */
  top(until: number): Promise<number> {
    return topByPromql(this.#url, until);
  }

  async flush(): Promise<void> {
    await fetch(`${this.#url}/internal/force_flush`);
    await fetch(`${this.#url}/internal/force_merge`);
  }

  /** All figures of a task. @returns how many bytes that is */
  async read(task: number, from: number, until: number): Promise<number> {
    const match = encodeURIComponent(`{task="${task}"}`);
    const url = `${this.#url}/api/v1/export?match[]=${match}&start=${from / 1000}&end=${until / 1000}`;
    return (await (await fetch(url)).text()).length;
  }

  async stop(): Promise<void> {
    const process = this.#process!;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGTERM");
    await ended;
  }
}

/**
 * What a VictoriaMetrics that has ended keeps of samples and series, without its caches. While it runs the newest of it
 * is in its memory alone, also after it was asked to flush.
 */
export function victoriaBytes(path: string): number {
  return bytesBelow(join(path, "data")) + bytesBelow(join(path, "indexdb"));
}

/** Debian's prometheus, over blocks that promtool has made. */
export class Prometheus {
  #process: ChildProcess | undefined;
  #url = "";

  static isThere(): boolean {
    return ["prometheus", "promtool"].every((name) => spawnSync(name, ["--version"]).error === undefined);
  }

  async start(path: string): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const config = join(path, "prometheus.yml");
    writeFileSync(config, "");
    const options = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(path, "blocks")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--storage.tsdb.retention.time=100y",
    ];
    this.#process = spawn("prometheus", options, { stdio: "ignore" });
    for (let attempt = 0; attempt < 400; attempt++) {
      if (await fetch(`${this.#url}/-/ready`).then(({ ok }) => ok, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("prometheus does not start");
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** All figures of a task over an hour. @returns how many bytes that is */
  async read(task: number, until: number): Promise<number> {
    const query = encodeURIComponent(`{task="${task}"}[1h]`);
    const answer = await fetch(`${this.#url}/api/v1/query?query=${query}&time=${until / 1_000}`);
    return (await answer.text()).length;
  }

  /** The top 20 by CPU time over a day. @returns how many bytes the answer has */
  top(until: number): Promise<number> {
    return topByPromql(this.#url, until);
  }

  async stop(): Promise<void> {
    const process = this.#process!;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGTERM");
    await ended;
  }
}

async function topByPromql(url: string, until: number): Promise<number> {
  const query = encodeURIComponent("topk(20, increase(p_cpu_seconds[1d]))");
  const answer = await fetch(`${url}/api/v1/query?query=${query}&time=${until / 1_000}`);
  const { data } = await answer.json() as { data?: { result: unknown[] } };
  if (data?.result.length !== 20) throw new Error(`a top of ${data?.result.length} tasks`);
  return data.result.length;
}

/** What Prometheus makes of rows in blocks of its own, bytes; null where it is not installed. */
export function prometheusBytes(rows: Rows, path: string): number | null {
  return makeBlocks(rows, path)?.bytes ?? null;
}

/** Blocks of Prometheus below a path: what they take, and what making them took; null where it is not installed. */
export function makeBlocks(rows: Rows, path: string): { bytes: number; cpuMs: number } | null {
  if (spawnSync("promtool", ["--version"]).error) return null;
  const text = USED.flatMap(({ name, at }) => [
    `# TYPE p_${name} gauge`,
    ...rows.toSorted(([a], [b]) => a - b).map(([task, { time, figures }]) =>
      `p_${name}{task="${task}"} ${figures[at]} ${time / 1000}`
    ),
  ]);
  const file = join(path, "openmetrics");
  const blocks = join(path, "blocks");
  writeFileSync(file, `${text.join("\n")}\n# EOF\n`);
  // A shell says what its children have used.
  const words = ["promtool", "tsdb", "create-blocks-from", "openmetrics", file, blocks];
  const { status, stdout, stderr } = spawnSync("bash", ["-c", '"$@" >&2 && times', "bash", ...words], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`promtool: ${stderr}`);
  const seconds = [...stdout.trim().split("\n").at(-1)!.matchAll(/(\d+)m([\d.]+)s/g)]
    .reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return { bytes: bytesBelow(blocks), cpuMs: seconds * 1_000 };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
