import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import { compileC } from "./lib/compile_c.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import { LineProcess } from "./lib/line_process.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { inRepository } from "./lib/runtimes.ts";
import type { Beside } from "./lib/yardstick.ts";

/** A tree that sleeps, and how it is watched. */
interface Cell {
  readonly size: number;
  /** null: as `run` does by default, whose interval rises from 100 ms to a second. */
  readonly intervalMs: number | null;
  readonly recordsTo: "nobody" | "a file";
  /** Whether it is reported by events who is in the tree (`--processes`). */
  readonly isTold?: boolean;
  /** After a warm-up of 20 s; what the runtime compiles by then costs more after 8 s. */
  readonly wantedPercent: number;
  readonly wantedPercentAfter8s?: number;
}

const CELLS: readonly Cell[] = [
  { size: 1, intervalMs: 100, recordsTo: "nobody", wantedPercent: 0.15, wantedPercentAfter8s: 0.2 },
  { size: 100, intervalMs: 100, recordsTo: "nobody", wantedPercent: 0.15, wantedPercentAfter8s: 0.2 },
  { size: 1, intervalMs: 100, recordsTo: "a file", wantedPercent: 0.3 },
  { size: 100, intervalMs: 100, recordsTo: "a file", wantedPercent: 0.3 },
  { size: 1, intervalMs: 10, recordsTo: "nobody", wantedPercent: 0.5 },
  { size: 1, intervalMs: 1_000, recordsTo: "nobody", wantedPercent: 0.025 },
  { size: 1, intervalMs: null, recordsTo: "nobody", wantedPercent: 0.03 },
  { size: 1, intervalMs: null, recordsTo: "nobody", isTold: true, wantedPercent: 0.03 },
  { size: 100, intervalMs: null, recordsTo: "nobody", isTold: true, wantedPercent: 0.03 },
];

/** psutil alone would take a sixth of a core and more at shorter intervals, which the others would miss. */
const PSUTIL_FROM_MS = 100;
/** Where events would tell, the interval grows until it is the longest, after 40 s. */
const CALM_AFTER_MS = 45_000;

/** Another build of proctor, to be measured in the same run. */
const OTHER = process.env.PROCTOR_OTHER;

/** proctor with its fixture, once all members run; its command's PID. */
async function startProctor(binary: string, cell: Cell, file: string): Promise<[LineProcess, number]> {
  const { size, intervalMs, recordsTo, isTold } = cell;
  const processes = isTold ? ["--processes"] : [];
  const pace = intervalMs === null ? [] : ["--interval", `${intervalMs}ms`, "--no-adaptive"];
  const records = recordsTo === "nobody" ? [] : ["--records", file];
  const fixture = fixtureCommand("many_processes", size, "-");
  const started = new LineProcess([
    binary,
    "run",
    "--quiet",
    ...processes,
    ...pace,
    ...records,
    "--",
    ...fixture,
  ]);
  const { pid } = JSON.parse(await started.line()) as { pid: number };
  return [started, pid];
}

/** The cpu.stat of the cgroup that a process is in; undefined where there is no v2 hierarchy. */
function cpuStatOf(pid: number): string | undefined {
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1];
  const mount = readFileSync("/proc/self/mountinfo", "utf8").split("\n").find((line) =>
    / - cgroup2 /.test(line)
  );
  const file = mount && path && join(mount.split(" ")[4], path, "cpu.stat");
  return file && existsSync(file) ? file : undefined;
}

/** CPU in percent of one core of each, and of the yardstick beside them. */
interface Cost {
  readonly proctor: number;
  readonly other: number | null;
  readonly c: number | null;
  readonly psutil: number | null;
  readonly beside: Beside | undefined;
}

/** CPU in percent of one core, of all side by side, so that a disturbance meets all alike. */
async function measure(
  cell: Cell,
  [warmUpMs, spanMs]: readonly [number, number],
  directory: string,
  program: string,
  yardstick: PsutilYardstick | undefined,
): Promise<Cost> {
  const [proctor, root] = await startProctor(proctorBinary(), cell, join(directory, "records.jsonl"));
  const other = OTHER ? (await startProctor(OTHER, cell, join(directory, "other.jsonl")))[0] : undefined;
  const { size, intervalMs } = cell;
  const stat = intervalMs === null ? undefined : cpuStatOf(root);
  const c = stat === undefined ? undefined : new LineProcess([program, `${intervalMs}`, stat]);
  const psutil = intervalMs === null || intervalMs < PSUTIL_FROM_MS ? undefined : new LineProcess([
    "/bin/sh",
    "-c",
    // The fixture's own lines go there.
    'exec "$@" 2>/dev/null',
    "sh",
    "/usr/bin/python3",
    inRepository("bench/sample_psutil.py"),
    `${intervalMs / 1_000}`,
    ...fixtureCommand("many_processes", size, "-"),
  ]);
  const running = [proctor, other, c, psutil];
  const used = () => running.map((one) => one ? processCpuSeconds(one.pid) : NaN);
  await sleep(cell.isTold ? Math.max(warmUpMs, CALM_AFTER_MS) : warmUpMs);
  const [cpuBefore, before] = [used(), performance.now()];
  yardstick?.begin();
  await sleep(spanMs);
  const beside = yardstick?.read();
  const [cpuAfter, after] = [used(), performance.now()];
  await Promise.all(running.map((one) => one?.end()));
  const percent = running.map((_, index) => (cpuAfter[index] - cpuBefore[index]) / (after - before) * 1e5);
  const known = (value: number) => Number.isNaN(value) ? null : value;
  const [other_, c_, psutil_] = percent.slice(1).map(known);
  return { proctor: percent[0], other: other_, c: c_, psutil: psutil_, beside };
}

/** What watching a tree costs that does nothing. */
export const idle: Bench = {
  about: "proctor's own CPU for trees that sleep, beside C, psutil and another build (PROCTOR_OTHER)",
  async run({ quick }): Promise<BenchResult> {
    const times = quick ? [8_000, 5_000] as const : [20_000, 10_000] as const;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    await using yardstick = await PsutilYardstick.start();
    const obstacle = PsutilYardstick.obstacle();
    try {
      const program = compileC("idle_tick", directory);
      for (const cell of CELLS) {
        const { proctor, other, c, psutil, beside } = await measure(
          cell,
          times,
          directory,
          program,
          yardstick,
        );
        const { size, intervalMs, recordsTo, isTold } = cell;
        rows.push([size, intervalMs, recordsTo, isTold ? "events" : "searches", proctor, other, c, psutil]);
        const pace = intervalMs === null ? "by default" : `at ${intervalMs} ms`;
        checks.push({
          what: `${size} idle ${pace}, records to ${recordsTo}${isTold ? ", reported by events" : ""}`,
          unit: "%",
          measured: proctor,
          wanted_at_most: quick ? cell.wantedPercentAfter8s ?? cell.wantedPercent : cell.wantedPercent,
          beside,
        });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    const [warmUpMs, spanMs] = times;
    return {
      tables: [{
        title: `CPU over ${spanMs / 1_000} s after ${
          warmUpMs / 1_000
        } s of warming up, in percent of one core`,
        columns: [
          { name: "members" },
          { name: "interval ms" },
          { name: "records to" },
          { name: "told by" },
          { name: "proctor", digits: 3 },
          { name: "another proctor", digits: 3 },
          { name: "C", digits: 3 },
          { name: "psutil", digits: 3 },
        ],
        rows,
      }],
      checks,
      notes: [
        "All of a row run at the same time. C makes the system calls of an idle tick and no more; psutil asks for CPU and " +
        `memory of children(recursive=True). What is reported by events (--processes) is warmed up for ${
          CALM_AFTER_MS / 1_000
        } s.`,
        ...(obstacle === null ? [] : [obstacle]),
      ],
    };
  },
};
