import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { proctorBinary } from "./lib/binary.ts";
import { LineProcess } from "./lib/line_process.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { usedBy } from "./lib/thread_use.ts";

/** Another build of proctor, to be measured in the same run. */
const OTHER = process.env.PROCTOR_OTHER;
const SIZES: readonly number[] = [1, 100, 500];
const INTERVALS: readonly string[] = ["1s", "100ms"];
/** What is wanted of single cells, `SIZE INTERVAL`: percent of a core. */
const WANTED_PERCENT = new Map([["500 1s", 1.5]]);

/** One task for each sleeper, whose messages go where nobody reads them. */
function startAgent(binary: string, config: string): number {
  const words = ["watch", "--quiet", "--config", config, "--records", "/dev/null"];
  return spawn(binary, words, { stdio: ["ignore", "ignore", "inherit"] }).pid!;
}

/** What `proctor watch` costs as a whole, of processes that sleep. */
export const watchIdle: Bench = {
  about:
    "CPU of `proctor watch` for 1, 100 and 500 processes that sleep, beside another build (PROCTOR_OTHER)",
  async run({ quick }): Promise<BenchResult> {
    const [warmUpMs, spanMs] = quick ? [3_000, 5_000] : [12_000, 12_000];
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    const binaries = [proctorBinary(), ...(OTHER ? [OTHER] : [])];
    await using yardstick = await PsutilYardstick.start();
    const obstacle = PsutilYardstick.obstacle();
    try {
      for (const size of SIZES) {
        const sleepers = Array.from({ length: size }, () => new LineProcess(["cat"]));
        for (const interval of INTERVALS) {
          const config = join(directory, "watch.yaml");
          const targets = sleepers.map(({ pid }) => `  - pid: ${pid}\n    id: task-${pid}\n`);
          writeFileSync(config, `interval: ${interval}\ntargets:\n${targets.join("")}`);
          const agents = binaries.map((binary) => startAgent(binary, config));
          await sleep(warmUpMs);
          const [before, fromMs] = [agents.map(usedBy), performance.now()];
          yardstick?.begin();
          await sleep(spanMs);
          const beside = yardstick?.read();
          const [after, ms] = [agents.map(usedBy), performance.now() - fromMs];
          for (const pid of agents) process.kill(pid, "SIGTERM");
          const percent = (key: "main" | "all", index: number) =>
            (after[index][key] - before[index][key]) / ms / 1e4;
          rows.push([
            size,
            interval,
            ...[0, 1].flatMap((index) =>
              index < agents.length
                ? [
                  percent("all", index),
                  percent("main", index),
                  (after[index].mainSwitches - before[index].mainSwitches) / (ms / 1_000),
                ]
                : [null, null, null]
            ),
          ]);
          const wanted = WANTED_PERCENT.get(`${size} ${interval}`);
          if (wanted === undefined) continue;
          const what = `${size} processes watched every ${interval}`;
          checks.push({ what, unit: "%", measured: percent("all", 0), wanted_at_most: wanted, beside });
        }
        await Promise.all(sleepers.map((one) => one.kill()));
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    const columns = (whose: string) => [
      { name: `${whose}: %`, digits: 3 },
      { name: "main thread %", digits: 3 },
      { name: "its switches a second", digits: 1 },
    ];
    return {
      tables: [{
        title: `CPU over ${spanMs / 1_000} s after ${
          warmUpMs / 1_000
        } s of warming up, in percent of one core`,
        columns: [
          { name: "tasks" },
          { name: "interval" },
          ...columns("proctor"),
          ...columns("another proctor"),
        ],
        rows,
      }],
      checks,
      notes: [
        ...(obstacle === null ? [] : [obstacle]),
        "Both of a row run at the same time; every task is a process by its PID, and a message each interval.",
      ],
    };
  },
};
