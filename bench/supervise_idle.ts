import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { proctorBinary } from "./lib/binary.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { StartYardstick } from "./lib/start_yardstick.ts";
import { usedBy } from "./lib/thread_use.ts";
import { median } from "./lib/statistics.ts";
import { untilNobodyIsConnected } from "./lib/unix_connections.ts";

/** Another build of proctor, to be measured in the same run. */
const OTHER = process.env.PROCTOR_OTHER;
const PATIENCE_MS = 120_000;

/** What a supervisor keeps running: how many, and what else it has to do for each. */
const KINDS: readonly { readonly name: string; readonly count: number; readonly more: string }[] = [
  { name: "1 process", count: 1, more: "" },
  { name: "100 processes", count: 100, more: "" },
  {
    name: "100, each with a check every 10 s",
    count: 100,
    more: "    health_check: {type: process, interval: 10s}\n",
  },
];

/** What is wanted of a hundred without anything else to do: percent of a core, and milliseconds. */
const WANTED = { of: "100 processes", percent: 0.1, askMs: 4 };

interface Running {
  readonly child: ChildProcess;
  readonly socketPath: string;
  readonly directory: string;
}

function start(binary: string, { count, more }: { count: number; more: string }): Running {
  const directory = mkdtempSync(join(tmpdir(), "bench-i-"));
  const entries = Array.from({ length: count }, (_, n) => `  p${n}:\n    command: sleep 100000\n${more}`);
  const config = join(directory, "proctor.yaml");
  const manager = "process_manager: {log_level: error}\n";
  writeFileSync(config, `${manager}processes:\n${entries.join("")}`);
  const words = ["supervise", "--config", config, "--state-dir", directory];
  const child = spawn(binary, words, { stdio: ["ignore", "ignore", "inherit"] });
  return { child, directory, socketPath: join(directory, "proctor.sock") };
}

interface Row {
  readonly id: string;
  readonly state: string;
  readonly pid: number | null;
}

function ask(socketPath: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    // A connection that is kept for the next question is one that the supervisor has to look after.
    const asked = request({ socketPath, path: "/processes", agent: false }, (message) => {
      let text = "";
      message.setEncoding("utf8");
      message.on("data", (piece: string) => text += piece);
      message.on("end", () => resolve(JSON.parse(text)));
    });
    asked.on("error", reject);
    asked.end();
  });
}

async function isUp({ socketPath }: Running, count: number): Promise<Row[]> {
  for (const beganMs = performance.now(); performance.now() - beganMs < PATIENCE_MS; await sleep(50)) {
    const all = await ask(socketPath).catch(() => []);
    if (all.length === count && all.every(({ state }) => state === "running")) return all;
  }
  throw new Error(`${socketPath}: they do not run`);
}

/** What an idle supervisor costs, and how soon it answers. */
export const superviseIdle: Bench = {
  about:
    "CPU of `proctor supervise` with nothing to do, and its answers, beside another build (PROCTOR_OTHER)",
  async run({ quick }): Promise<BenchResult> {
    // For half a minute the runtime compiles and the supervisor gives back what the start has needed.
    const [warmUpMs, spanMs] = quick ? [40_000, 10_000] : [60_000, 30_000];
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    const compiled = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const obstacle = PsutilYardstick.obstacle();
    await using yardstick = await PsutilYardstick.start();
    const binaries = [proctorBinary(), ...(OTHER ? [OTHER] : [])];
    for (const kind of KINDS) {
      const all = binaries.map((binary) => start(binary, kind));
      try {
        for (const one of all) await isUp(one, kind.count);
        for (const { socketPath } of all) await untilNobodyIsConnected(socketPath);
        await sleep(warmUpMs);
        const [before, fromMs] = [all.map(({ child }) => usedBy(child.pid!)), performance.now()];
        yardstick?.begin();
        await sleep(spanMs);
        const beside = yardstick?.read();
        const [after, ms] = [all.map(({ child }) => usedBy(child.pid!)), performance.now() - fromMs];
        const askMs: number[][] = all.map(() => []);
        const starts = StartYardstick.compile(compiled);
        for (let round = 0; round < 40; round++) {
          starts.start();
          for (const [index, { socketPath }] of all.entries()) {
            const began = performance.now();
            await ask(socketPath);
            askMs[index].push(performance.now() - began);
            await sleep(50);
          }
        }
        for (const index of binaries.keys()) {
          const percent = (key: "main" | "all") => (after[index][key] - before[index][key]) / ms / 1e4;
          const switches = (after[index].switches - before[index].switches) / (ms / 1_000);
          const whose = index === 0 ? "proctor" : "another proctor";
          rows.push([kind.name, whose, percent("all"), percent("main"), switches, median(askMs[index])]);
          if (index > 0 || kind.name !== WANTED.of) continue;
          checks.push({
            what: "CPU of a supervisor of a hundred",
            unit: "%",
            measured: percent("all"),
            wanted_at_most: WANTED.percent,
            beside,
          }, {
            what: "its status by the API",
            unit: "ms",
            measured: median(askMs[index]),
            wanted_at_most: WANTED.askMs,
            beside: starts.read(),
          });
        }
      } finally {
        for (const { child } of all) child.kill("SIGTERM");
        await Promise.all(
          all.map(({ child }) =>
            child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : undefined
          ),
        );
        for (const { directory } of all) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
      }
    }
    rmSync(compiled, { recursive: true });
    return {
      tables: [{
        title: `CPU over ${spanMs / 1_000} s after ${
          warmUpMs / 1_000
        } s of warming up, in percent of one core`,
        columns: [
          { name: "keeps running" },
          { name: "supervisor" },
          { name: "CPU, %", digits: 3 },
          { name: "main thread, %", digits: 3 },
          { name: "switches a second", digits: 1 },
          { name: "status by the API, ms", digits: 1 },
        ],
        rows,
      }],
      checks,
      notes: [
        "All of a kind run at the same time, and nobody is connected to them while they are measured.",
        ...(obstacle === null ? [] : [obstacle]),
      ],
    };
  },
};
