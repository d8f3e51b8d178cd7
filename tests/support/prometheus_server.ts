import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { ask } from "../exporters/support/http.ts";
import { freePort } from "./free_port.ts";

/** Whether there is a real Prometheus here. */
export const noPrometheus = spawnSync("prometheus", ["--version"]).error !== undefined &&
  "needs a Prometheus (prometheus)";

/** One series of an answer: its labels, and its last value. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** One series of an answer: its labels, and its values over time. */
export interface SeriesRange {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [time: number, value: number])[];
}

/** A real Prometheus that scrapes our servers twice a second. */
export class PrometheusServer {
  private constructor(readonly port: number) {}

  /** Lend one that scrapes these hosts and ports, and has more flags; nothing is left of it afterwards. */
  static async with(
    targets: readonly string[],
    use: (server: PrometheusServer) => Promise<void>,
    { flags = [], tellsErrors = true }: { flags?: readonly string[]; tellsErrors?: boolean } = {},
  ): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "prometheus-"));
    const config = join(directory, "prometheus.yml");
    // YAML takes JSON.
    const job = { job_name: "proctor", static_configs: [{ targets }] };
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: "500ms", scrape_timeout: "500ms" },
        scrape_configs: [job],
      }),
    );
    const port = await freePort();
    const child = spawn("prometheus", [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
      ...flags,
    ], { stdio: ["ignore", "inherit", tellsErrors ? "inherit" : "ignore"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const server = new PrometheusServer(port);
      await eventually(() => server.#isReady(), 60_000, () => "a Prometheus that is ready");
      await use(server);
    } finally {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** What a query gives now. @throws Error when Prometheus does not understand it */
  async query(expression: string): Promise<Series[]> {
    const { status, text } = await this.#get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (status !== 200) throw new Error(`${expression}: ${text}`);
    return JSON.parse(text).data.result;
  }

  /** All values of series over a range, such as `up[1h]`, with their times in milliseconds. */
  async range(expression: string): Promise<SeriesRange[]> {
    const { status, text } = await this.#get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (status !== 200) throw new Error(`${expression}: ${text}`);
    const { result } = JSON.parse(text).data as {
      result: { metric: Series["metric"]; values: [number, string][] }[];
    };
    return result.map(({ metric, values }) => ({
      metric,
      values: values.map(([seconds, value]) => [Math.round(seconds * 1_000), Number(value)] as const),
    }));
  }

  /** The errors of the last scrapes. */
  async scrapeErrors(): Promise<string[]> {
    const { text } = await this.#get("/api/v1/targets");
    return JSON.parse(text).data.activeTargets.map(({ lastError }: { lastError: string }) => lastError)
      .filter((error: string) => error !== "");
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.#get("/-/ready")).status === 200;
    } catch {
      return false;
    }
  }

  #get(path: string) {
    return ask({ host: "127.0.0.1", port: this.port, path });
  }
}
