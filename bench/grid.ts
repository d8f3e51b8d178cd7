import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SummaryRecord } from "../core/schema/record.ts";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import { LineProcess } from "./lib/line_process.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import type { Beside } from "./lib/yardstick.ts";

const SIZES = [1, 100, 1_000];
const INTERVALS_MS = [10, 100, 1_000];
/** What a busy member burns when it wakes, in seconds; Perl's own part comes on top. */
const SLICE_SECONDS = 0.00002;
/** Most that all busy members together may use of a core, and what one turn of one really costs, in seconds. */
const BUSY_CORES = 0.5;
const TURN_SECONDS = 0.00008;

/** One cell of the grid. */
interface Cell {
  readonly size: number;
  readonly intervalMs: number;
  /** Seconds between two turns of a busy member; null when the members are idle. */
  readonly period: number | null;
}

/** What one cell cost; CPU in percent of one core. */
interface Cost {
  readonly cpuPercent: number;
  readonly usPerTick: number;
  /** The whole run by proctor's own summary, start-up included. */
  readonly monitorCpuSeconds: number;
  readonly samples: number;
  readonly missed: number;
  readonly beside: Beside | undefined;
}

/** Every member runs in every interval, unless so many cannot: then as often as half a core allows. */
function busyPeriod(size: number, intervalMs: number): number {
  return Math.max(0.8 * intervalMs / 1_000, size * TURN_SECONDS / BUSY_CORES);
}

async function measure(
  cell: Cell,
  [warmUpMs, spanMs]: readonly [number, number],
  directory: string,
  yardstick: PsutilYardstick | undefined,
): Promise<Cost> {
  const { size, intervalMs, period } = cell;
  const summaryFile = join(directory, "summary.json");
  const fixture = period === null
    ? fixtureCommand("many_processes", size, "-")
    : fixtureCommand("busy_processes", size, "-", SLICE_SECONDS, period);
  const options = [
    "--profile",
    "adaptive",
    "--interval",
    `${intervalMs}ms`,
    "--no-adaptive",
    "--budget",
    "100",
  ];
  const outputs = ["--summary", "json", "--summary-file", summaryFile, "--records", "/dev/null"];
  const proctor = new LineProcess([proctorBinary(), "run", ...options, ...outputs, "--", ...fixture]);
  await proctor.line(); // The fixture's: all members run.
  await sleep(warmUpMs);
  const [cpuBefore, before] = [processCpuSeconds(proctor.pid), performance.now()];
  yardstick?.begin();
  await sleep(spanMs);
  const beside = yardstick?.read();
  const [cpuAfter, after] = [processCpuSeconds(proctor.pid), performance.now()];
  await proctor.end();
  const summary = JSON.parse(readFileSync(summaryFile, "utf8")) as SummaryRecord;
  const wallMs = after - before;
  const share = wallMs / 1_000 / summary.wall_seconds;
  return {
    cpuPercent: (cpuAfter - cpuBefore) / wallMs * 1e5,
    usPerTick: (cpuAfter - cpuBefore) * 1e6 / (summary.sample_count * share),
    monitorCpuSeconds: summary.monitor.cpu_seconds,
    samples: summary.sample_count,
    missed: summary.missed_tick_count,
    beside,
  };
}

/** What is wanted of single cells, whose samples all become records: percent of a core. */
const WANTED_PERCENT = new Map([
  ["1 idle at 100 ms", 0.3],
  ["100 idle at 100 ms", 0.3],
  ["100 busy at 100 ms", 0.9],
  ["1000 busy at 100 ms", 4],
]);
/** Where more ticks than this part are missed, others have the cores, and little CPU is no merit. */
const MOST_MISSED = 0.1;
/** By then most is compiled that is run again and again; the wanted figures were set with as much. */
const WANTED_WARM_UP_MS = 12_000;

/** What proctor itself uses, by size of the group and by interval, seen from outside. */
export const grid: Bench = {
  about: "proctor's own CPU for 1, 100, 1000 members at 10 ms, 100 ms, 1 s",
  async run({ quick }): Promise<BenchResult> {
    const [warmUpMs, spanMs] = quick ? [1_000, 3_000] : [2_000, 10_000];
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    const unjudged: string[] = [];
    await using yardstick = await PsutilYardstick.start();
    const obstacle = PsutilYardstick.obstacle();
    try {
      for (const busy of [false, true]) {
        for (const size of SIZES) {
          for (const intervalMs of INTERVALS_MS) {
            const cell = { size, intervalMs, period: busy ? busyPeriod(size, intervalMs) : null };
            const what = `${size} ${busy ? "busy" : "idle"} at ${intervalMs} ms`;
            const wanted = WANTED_PERCENT.get(what);
            const ownWarmUpMs = wanted === undefined ? warmUpMs : WANTED_WARM_UP_MS;
            const cost = await measure(cell, [ownWarmUpMs, spanMs], directory, yardstick);
            rows.push([
              size,
              busy ? "busy" : "idle",
              intervalMs,
              ownWarmUpMs / 1_000,
              busy ? cell.period! * 1_000 : null,
              cost.cpuPercent,
              cost.usPerTick,
              cost.samples,
              cost.missed,
              cost.monitorCpuSeconds,
            ]);
            if (wanted === undefined) continue;
            const due = cost.samples + cost.missed;
            if (cost.missed > MOST_MISSED * due) {
              unjudged.push(`${what}: not judged, since ${cost.missed} of ${due} ticks were missed.`);
              continue;
            }
            const { cpuPercent: measured, beside } = cost;
            checks.push({
              what: `${what}, records`,
              unit: "%",
              measured,
              wanted_at_most: wanted,
              beside,
            });
          }
        }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: `proctor's CPU over ${spanMs / 1_000} s, in percent of one core`,
        columns: [
          { name: "members" },
          { name: "kind" },
          { name: "interval ms" },
          { name: "warmed up s" },
          { name: "each wakes every ms", digits: 0 },
          { name: "CPU %", digits: 3 },
          { name: "µs per tick" },
          { name: "samples" },
          { name: "missed" },
          { name: "monitor.cpu_seconds", digits: 3 },
        ],
        rows,
      }],
      checks,
      notes: [
        ...(obstacle === null ? [] : [obstacle]),
        ...unjudged,
        "The binary runs the fixture with every metric of the adaptive profile, a fixed interval and a budget of 100 %; the " +
        "records go to /dev/null. Samples, missed ticks and monitor.cpu_seconds are those of the whole run, starting and " +
        "ending included.",
        "Busy members wake in every interval, but for a thousand at 10 ms and 100 ms and a hundred at 10 ms, which would " +
        "need more than half a core by themselves.",
      ],
    };
  },
};
