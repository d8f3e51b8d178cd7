import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../exporters/support/http.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";

/** Whether there is a real Alertmanager here. */
export const noAlertmanager = spawnSync("prometheus-alertmanager", ["--version"]).error !== undefined &&
  "needs an Alertmanager (prometheus-alertmanager)";

/** An alert as Alertmanager shows it. */
export interface ShownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** A real Alertmanager, alone. */
export class AlertmanagerServer {
  private constructor(readonly port: number) {}

  /** Lend one; nothing is left of it afterwards. */
  static async with(use: (server: AlertmanagerServer) => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "alertmanager-"));
    const config = join(directory, "alertmanager.yml");
    writeFileSync(config, JSON.stringify({ route: { receiver: "nobody" }, receivers: [{ name: "nobody" }] }));
    const port = await freePort();
    const child = spawn("prometheus-alertmanager", [
      `--config.file=${config}`,
      `--storage.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
      "--log.level=error",
    ], { stdio: ["ignore", "inherit", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const server = new AlertmanagerServer(port);
      await eventually(() => server.#isReady(), 60_000, () => "an Alertmanager that is ready");
      await use(server);
    } finally {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** What it believes to fire now. */
  async alerts(): Promise<ShownAlert[]> {
    const { text } = await ask({ host: "127.0.0.1", port: this.port, path: "/api/v2/alerts?active=true" });
    return JSON.parse(text);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await ask({ host: "127.0.0.1", port: this.port, path: "/-/ready" })).status === 200;
    } catch {
      return false;
    }
  }
}
