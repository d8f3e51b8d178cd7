import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Mosquitto, noMosquitto } from "../../tests/exporters/mqtt/support/mosquitto.ts";
import type { Bench } from "../lib/result.ts";
import { inRepository, runScript } from "../lib/runtimes.ts";
import { MeasuredManager } from "./measured_manager.ts";

/** Hosts of ten tasks each, every ten seconds, as arrays in gzip. */
const SIZES = [1_000, 10_000];
const WARM_UP_MS = 30_000;

/** A manager with everything in it, beside a broker and a simulated fleet. */
export const fleetWhole: Bench = {
  about: "proctor manager beside a simulated fleet: CPU and memory of all it does, bytes, answers",
  async run({ quick }) {
    if (noMosquitto) return { tables: [], checks: [], notes: [], skipped: noMosquitto };
    const measureMs = quick ? 20_000 : 60_000;
    const rows: (string | number | null)[][] = [];
    const checks = [];
    for (const agents of SIZES) {
      const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
      const broker = await Mosquitto.start(directory, [
        ...["allow_anonymous true", "max_inflight_messages 0", "max_queued_messages 0"],
      ]);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      let manager: MeasuredManager | undefined;
      let simulator: ChildProcess | undefined;
      try {
        manager = await MeasuredManager.start(url, join(directory, "fleet"));
        const [program, ...words] = runScript("Bun", "bench/fleet/simulator/main.ts", ...["--mqtt", url], ...[
          "--agents",
          String(agents),
          "--tasks",
          "10",
          "--interval",
          "10s",
          "--batch",
          "10",
          "--gzip",
        ]);
        simulator = spawn(program, words, { cwd: inRepository(""), stdio: ["ignore", "ignore", "inherit"] });
        await sleep(WARM_UP_MS);
        const before = manager.spent();
        await sleep(measureMs);
        const { cpuSeconds, memoryMb } = manager.spent();
        const percent = (cpuSeconds - before.cpuSeconds) / measureMs * 100_000;
        const samples = agents * 10 / 10 * measureMs / 1_000;
        const microseconds = (cpuSeconds - before.cpuSeconds) / samples * 1e6;
        const top = await manager.askMs("top?from=1h");
        const overview = await manager.askMs("fleet");
        rows.push([agents, agents * 10, percent, microseconds, memoryMb, top, overview]);
        if (agents === 10_000) {
          checks.push({
            what: "10,000 hosts × 10 tasks × 10 s",
            unit: "% of a core",
            measured: percent,
            wanted_at_most: 10,
          });
          checks.push({
            what: "memory for 100,000 tasks",
            unit: "MB",
            measured: memoryMb,
            wanted_at_most: 400,
          });
        }
      } finally {
        simulator?.kill("SIGKILL");
        await manager?.[Symbol.asyncDispose]();
        await broker.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    }
    return {
      tables: [{
        title: "ten tasks a host, every 10 s, arrays of 10 in gzip",
        columns: [
          { name: "hosts" },
          { name: "tasks" },
          { name: "% of a core", digits: 1 },
          { name: "µs a task-sample", digits: 1 },
          { name: "RSS MB", digits: 0 },
          { name: "top of the last hour ms", digits: 1 },
          { name: "overview ms", digits: 1 },
        ],
        rows,
      }],
      checks,
      notes: [
        `CPU over ${measureMs / 1_000} s after ${
          WARM_UP_MS / 1_000
        } s, health messages and alerts' evaluation among it`,
      ],
    };
  },
};
