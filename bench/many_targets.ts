import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import { startFixture } from "./lib/fixture.ts";
import { LineProcess } from "./lib/line_process.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { runScript, RUNTIMES } from "./lib/runtimes.ts";
import type { RuntimeName } from "./lib/runtimes.ts";

const TARGETS = 500;
const INTERVAL_MS = 1_000;
/** Seconds between two turns of a busy target: it runs in every interval. */
const BUSY_PERIOD = 0.8;

/** Short intervals fill a history soon; what is measured beside it is the same without. */
const HISTORY = 1_000;
const HISTORY_TARGETS = 50;
const HISTORY_SECONDS = 12;

/** What the specification allows a profile (docs/specification.md, "Profiles"): percent of a core, and MiB. */
const ALLOWED = {
  minimal: { percent: 0.1, mib: 1, intervalSeconds: 60 },
  standard: { percent: 0.5, mib: 2, intervalSeconds: 10 },
  intensive: { percent: 2, mib: 5, intervalSeconds: 1 },
} as const;

/** What watch_targets.ts says. */
interface Cost {
  readonly cpu_percent: number;
  readonly start_up_ms: number;
  readonly memory_before_bytes: number;
  readonly memory_after_bytes: number;
  /** Memory in use after a collection, less that before. */
  readonly live_bytes: number;
  readonly messages_per_second: number;
  readonly missed: number;
  /** The shortest of all targets. */
  readonly history_length: number;
  readonly gaps_ms: number[];
}

async function measure(
  runtime: RuntimeName,
  profile: string,
  seconds: number,
  pids: readonly number[],
): Promise<Cost> {
  const watching = new LineProcess(
    runScript(runtime, "bench/watch_targets.ts", profile, `${seconds}`, ...pids.map(String)),
  );
  const cost = JSON.parse(await watching.line()) as Cost;
  await watching.end();
  return cost;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const mib = (bytes: number) => bytes / 2 ** 20;

/** The agent itself, one target, from outside. */
async function measureAgent(profile: string, pid: number, seconds: number): Promise<number> {
  const options = ["-q", "--profile", profile, "--records", "/dev/null", "--health-interval", "off"];
  const agent = new LineProcess([proctorBinary(), "watch", "--pid", `${pid}`, ...options]);
  try {
    await sleep(2_000);
    const [before, fromMs] = [processCpuSeconds(agent.pid), performance.now()];
    await sleep(seconds * 1_000);
    return (processCpuSeconds(agent.pid) - before) * 1e5 / (performance.now() - fromMs);
  } finally {
    await agent.kill();
  }
}

/** What many targets cost in one process, and what each profile costs a target. */
export const manyTargets: Bench = {
  about:
    "500 processes watched at 1 s in one process; the overhead of every profile that the specification bounds",
  async run({ quick }): Promise<BenchResult> {
    const seconds = quick ? 4 : 12;
    const checks: Check[] = [];
    const rows: (string | number)[][] = [];
    const profileRows: (string | number)[][] = [];
    let perTargetKib = NaN;
    const historyRows: (string | number)[][] = [];
    const agentRows: (string | number)[][] = [];
    for (const kind of ["idle", "busy"] as const) {
      const { process, pids } = kind === "idle"
        ? await startFixture("many_processes", TARGETS, "-")
        : await startFixture("busy_processes", TARGETS, "-", 0.00002, BUSY_PERIOD);
      try {
        for (const runtime of RUNTIMES) {
          const cost = await measure(runtime, "intensive", seconds, pids);
          const late = cost.gaps_ms.map((gap) => Math.abs(gap - INTERVAL_MS));
          const grown = cost.memory_after_bytes - cost.memory_before_bytes;
          if (runtime === "Bun") perTargetKib = grown / 1_024 / TARGETS;
          rows.push([
            runtime,
            kind,
            cost.cpu_percent,
            cost.messages_per_second,
            cost.start_up_ms,
            mib(cost.memory_after_bytes),
            grown / 1_024 / TARGETS,
            quantile(late, 0.5),
            quantile(late, 0.99),
            quantile(late, 1),
            cost.missed,
          ]);
          checks.push({
            what: `${TARGETS} ${kind} targets at 1 s, ${runtime}`,
            unit: "% of a core",
            measured: cost.cpu_percent,
            wanted_at_most: 10,
          });
        }
        if (kind === "idle") continue;
        for (const [profile, { percent, mib: most, intervalSeconds }] of Object.entries(ALLOWED)) {
          // At one second, so that there is something to be seen; the profile's own interval divides it.
          const cost = await measure("Bun", `${profile}@${INTERVAL_MS}`, seconds, pids);
          const share = cost.cpu_percent / TARGETS / intervalSeconds;
          const memory = mib(cost.memory_after_bytes - cost.memory_before_bytes) / TARGETS;
          profileRows.push([profile, intervalSeconds, percent, share, most, memory]);
          const what = `one target by ${profile}`;
          checks.push({ what, unit: "% of a core", measured: share, wanted_at_most: percent / 10 });
          checks.push({ what, unit: "MiB", measured: memory, wanted_at_most: most / 10 });
        }
        for (const size of [0, HISTORY]) {
          const few = pids.slice(0, HISTORY_TARGETS);
          const cost = await measure("Bun", `intensive@10/${size}`, HISTORY_SECONDS, few);
          historyRows.push([size, cost.history_length, cost.live_bytes / 1_024 / HISTORY_TARGETS]);
        }
        checks.push({
          what: `a full history of ${HISTORY} and the task it belongs to`,
          unit: "KiB",
          // What churns beside it is the same in both; the task itself is that of one among many.
          measured: (historyRows[1][2] as number) - (historyRows[0][2] as number) + perTargetKib,
          wanted_at_most: 150,
        });
        for (const profile of ["disabled", ...Object.keys(ALLOWED)]) {
          agentRows.push([profile, await measureAgent(profile, pids[0], seconds)]);
        }
      } finally {
        await process.end();
      }
    }
    const number = (name: string, digits = 1) => ({ name, digits });
    return {
      tables: [
        {
          title: `${TARGETS} processes by PID, every metric at 1 s, in one process (${seconds} s)`,
          columns: [
            { name: "runtime" },
            { name: "targets" },
            number("CPU %", 2),
            number("messages/s"),
            number("starting ms", 0),
            number("memory MiB"),
            number("KiB per target"),
            number("jitter ms: median", 2),
            number("99 %", 2),
            number("most", 2),
            { name: "missed" },
          ],
          rows,
        },
        {
          title: "One busy target by profile, of 500 at 1 s, at the profile's own interval; Bun",
          columns: [
            { name: "profile" },
            { name: "interval s" },
            number("allowed CPU %"),
            number("CPU %", 5),
            number("allowed MiB", 0),
            number("MiB", 3),
          ],
          rows: profileRows,
        },
        {
          title:
            `Memory of ${HISTORY_TARGETS} targets at 10 ms with a history and without, ${HISTORY_SECONDS} s; Bun`,
          columns: [{ name: "history" }, { name: "samples kept" }, number("KiB per target, in use")],
          rows: historyRows,
        },
        {
          title: "The whole agent (dist/proctor watch) with one busy target, seen from outside",
          columns: [{ name: "profile" }, number("CPU %", 3)],
          rows: agentRows,
        },
      ],
      checks,
      notes: [],
    };
  },
};
