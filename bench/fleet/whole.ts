import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Mosquitto, noMosquitto } from "../../tests/exporters/mqtt/support/mosquitto.ts";
import { LineProcess } from "../lib/line_process.ts";
import type { Bench, BenchResult, Check } from "../lib/result.ts";
import { inRepository, runScript } from "../lib/runtimes.ts";
import { median } from "../lib/statistics.ts";
import { MeasuredManager } from "./measured_manager.ts";

/** Hosts of ten tasks each, every ten seconds, as arrays in gzip. */
const SIZES = [1_000, 10_000];
/** Hot code is compiled by then, of ten thousand hosts; before that it costs twice as much. */
const WARM_UP_MS = 90_000;
/** What the peer reads a second: enough to tell, and a hundredth of a core. */
const PEER_ARRAYS = 100;
const PEER_EVERY_MS = 1_000;
/** Arrays that the peer reads before anything counts, so that its code is compiled. */
const PEER_WARM_UP_ARRAYS = 20_000;
const MESSAGES_AN_ARRAY = 10;

/** Who does nothing but gunzip and JSON.parse to such arrays, on this machine and meanwhile. */
async function startPeer(): Promise<LineProcess> {
  const peer = new LineProcess(runScript("Bun", "bench/fleet/read_messages.ts", "array_gzip_parse"));
  await peer.ask(String(PEER_WARM_UP_ARRAYS));
  return peer;
}

/** Its microseconds of CPU a message, the median of what it takes now and then for so long. */
async function peerMicroseconds(peer: LineProcess, forMs: number): Promise<number> {
  const each: number[] = [];
  for (const beganMs = performance.now(); performance.now() - beganMs < forMs;) {
    const nanoseconds = Number(await peer.ask(String(PEER_ARRAYS)));
    each.push(nanoseconds / 1_000 / (PEER_ARRAYS * MESSAGES_AN_ARRAY));
    await sleep(Math.max(0, Math.min(PEER_EVERY_MS, beganMs + forMs - performance.now())));
  }
  return median(each);
}

/** A manager with everything in it, beside a broker and a simulated fleet. */
export const fleetWhole: Bench = {
  about: "proctor manager beside a simulated fleet: CPU and memory of all it does, bytes, answers",
  async run({ quick }): Promise<BenchResult> {
    if (noMosquitto) return { tables: [], checks: [], notes: [], skipped: noMosquitto };
    const measureMs = quick ? 20_000 : 60_000;
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    for (const agents of SIZES) {
      const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
      const broker = await Mosquitto.start(directory, [
        ...["allow_anonymous true", "max_inflight_messages 0", "max_queued_messages 0"],
      ]);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      let manager: MeasuredManager | undefined;
      let simulator: ChildProcess | undefined;
      let peer: LineProcess | undefined;
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
        peer = await startPeer();
        await sleep(WARM_UP_MS);
        const [before, fromMs] = [manager.spent(), performance.now()];
        const peerUs = await peerMicroseconds(peer, measureMs);
        const { cpuSeconds, memoryMb } = manager.spent();
        const passedMs = performance.now() - fromMs;
        const percent = (cpuSeconds - before.cpuSeconds) / passedMs * 100_000;
        const samples = agents * 10 / 10 * passedMs / 1_000;
        const microseconds = (cpuSeconds - before.cpuSeconds) / samples * 1e6;
        const top = await manager.askMs("top?from=1h");
        const overview = await manager.askMs("fleet");
        const ratio = microseconds / peerUs;
        rows.push([agents, agents * 10, percent, microseconds, peerUs, ratio, memoryMb, top, overview]);
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
        await peer?.kill();
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
          { name: "gunzip and JSON.parse µs", digits: 1 },
          { name: "÷ it", digits: 2 },
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
        } s, health messages and alerts' evaluation among it. A task-sample is what the simulated fleet sends by its plan: ` +
        "where it falls behind, the manager has less to do.",
        "÷ it: the manager's CPU a task-sample, beside that of a process which does nothing but gunzip and JSON.parse to such " +
        "arrays (made ones, as in fleet_ingest), now and then in the same seconds. What it took where 10 % were set is not " +
        "known, so that both checks hold the figures as they are.",
      ],
    };
  },
};
