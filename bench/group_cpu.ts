import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { runScript, RUNTIMES } from "./lib/runtimes.ts";
import { LineProcess } from "./lib/line_process.ts";
import { median, spread } from "./lib/statistics.ts";

/** Members of the group, the fixture's own process not counted. */
const SIZES = [1, 100, 1_000];
const READINGS = 5_000;
/** What read_group.ts answers before anything else. */
interface Opening {
  readonly refused?: string;
  readonly counts?: string[];
}

async function measure(
  command: string[],
  rounds: number,
): Promise<{ opening: Opening; us: Record<string, number[]> }> {
  const process = new LineProcess(command);
  try {
    const opening = JSON.parse(await process.line()) as Opening;
    const us: Record<string, number[]> = { cpu: [], refresh: [] };
    if (opening.refused !== undefined) return { opening, us };
    for (let round = -3; round < rounds; round++) {
      for (const [way, series] of Object.entries(us)) {
        const nanoseconds = Number(await process.ask(`${way} ${READINGS}`));
        if (round >= 0) series.push(nanoseconds / READINGS / 1_000);
      }
    }
    return { opening, us };
  } finally {
    await process.end();
  }
}

/** What a cgroup's own totals cost, however many processes are in it. */
export const groupCpu: Bench = {
  about: "one CPU total of a whole group, from its cgroup",
  async run({ quick }): Promise<BenchResult> {
    const rounds = quick ? 5 : 15;
    const rows: (string | number)[][] = [];
    const checks: Check[] = [];
    let carried: string[] = [];
    for (const runtime of RUNTIMES) {
      const worst = { cpu: 0, refresh: 0 };
      for (const fixture of ["many_processes", "busy_processes"]) {
        for (const size of SIZES) {
          const { opening, us } = await measure(
            runScript(runtime, "bench/read_group.ts", fixture, `${size}`),
            rounds,
          );
          if (opening.refused !== undefined) {
            return { tables: [], checks: [], notes: [], skipped: opening.refused };
          }
          carried = opening.counts!;
          const members = `${size} ${fixture === "many_processes" ? "idle" : "busy"}`;
          rows.push([runtime, members, ...spread(us.cpu), ...spread(us.refresh)]);
          worst.cpu = Math.max(worst.cpu, median(us.cpu));
          worst.refresh = Math.max(worst.refresh, median(us.refresh));
        }
      }
      const most = (what: string, measured: number, wanted_at_most: number) =>
        checks.push({ what: `${what}, the dearest group, ${runtime}`, unit: "µs", measured, wanted_at_most });
      most("CPU total", worst.cpu, 5);
      most("all totals", worst.refresh, 15);
    }
    const columns = ["median µs", "min", "max"].map((name) => ({ name, digits: 2 }));
    return {
      tables: [{
        title:
          `CPU total (cpu.stat read and parsed), and all totals (container.refresh) of a cgroup (${rounds} rounds)`,
        columns: [
          { name: "runtime" },
          { name: "members" },
          ...columns,
          { name: "all: median µs", digits: 2 },
          columns[1],
          columns[2],
        ],
        rows,
      }],
      checks,
      notes: [`The cgroups of this machine carry: ${carried.join(", ")}.`],
    };
  },
};
