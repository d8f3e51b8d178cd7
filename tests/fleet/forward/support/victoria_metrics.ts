/* Debian's VictoriaMetrics, of our own; nothing is left of it afterwards. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../support/eventually.ts";
import { freePort } from "../../../support/free_port.ts";

/** Why there is no VictoriaMetrics here; false when there is one. */
export const noVictoriaMetrics: string | false =
  spawnSync("victoria-metrics", ["--version"]).error !== undefined &&
  "needs VictoriaMetrics (victoria-metrics)";

/** A series with all its values. */
interface Exported {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

/** A server, and what it has. */
export class VictoriaMetricsServer implements AsyncDisposable {
  private constructor(readonly port: number, readonly directory: string, readonly child: ChildProcess) {}

  static async start(): Promise<VictoriaMetricsServer> {
    const directory = mkdtempSync(join(tmpdir(), "victoria-"));
    const port = await freePort();
    const options = [`-storageDataPath=${directory}/data`, `-httpListenAddr=127.0.0.1:${port}`];
    const child = spawn("victoria-metrics", [...options, "-memory.allowedPercent=5"], { stdio: "ignore" });
    const isUp = () => fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false);
    await eventually(isUp, 60_000, () => "a VictoriaMetrics that is ready");
    return new VictoriaMetricsServer(port, directory, child);
  }

  /** Every value of all series whose names match, with times in milliseconds. */
  async all(names: string): Promise<Exported[]> {
    await fetch(`http://127.0.0.1:${this.port}/internal/force_flush`);
    const match = encodeURIComponent(`{__name__=~"${names}"}`);
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/export?match[]=${match}`);
    return (await response.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
