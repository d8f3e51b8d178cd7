import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SummaryRecord } from "../core/schema/record.ts";
import { proctorBinary } from "./lib/binary.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

/** A shell that runs `true` again and again: about 2,000 births a second. */
const loop = (
  count: number,
) => ["sh", "-c", `i=0; while [ $i -lt ${count} ]; do /bin/true; i=$((i+1)); done`];
const MEBIBYTE = 2 ** 20;

/** The summary of a command that was run. */
function summaryOf(asked: boolean, command: readonly string[]): SummaryRecord {
  const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
  try {
    const file = join(directory, "summary.json");
    const args = ["run", "--summary-file", file, ...(asked ? ["--processes"] : []), "--", ...command];
    const { status, stderr } = spawnSync(proctorBinary(), args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`the loop has failed: ${stderr}`);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** How long a command takes that does nothing, in milliseconds: proctor's own start and end. */
function startMs(asked: boolean): number {
  const begin = performance.now();
  const args = ["run", "--summary", "none", ...(asked ? ["--processes"] : []), "--", "/bin/true"];
  const { status } = spawnSync(proctorBinary(), args, { stdio: "ignore" });
  if (status !== 0) throw new Error("true has failed");
  return performance.now() - begin;
}

/** What telling every process costs a tree that does nothing else than start them, and us. */
export const processes: Bench = {
  about: "what telling every process of a tree costs the tree and proctor",
  run({ quick }) {
    const first = summaryOf(true, loop(100));
    const { source, quality } = first.accounting.processes;
    if (quality !== "exact") {
      const skipped = "processes are not told here: proctor doctor";
      return Promise.resolve({ tables: [], checks: [], notes: [], skipped });
    }
    const rounds = quick ? 3 : 9;
    const count = quick ? 1_000 : 2_000;
    const [without, told] = [[], []] as SummaryRecord[][];
    for (let round = 0; round < rounds; round++) {
      // Whoever comes first meets the machine as the one before has left it.
      const order = round % 2 === 0 ? [false, true] : [true, false];
      for (const asked of order) (asked ? told : without).push(summaryOf(asked, loop(count)));
    }
    const ratios = told.map(({ wall_seconds }, round) => wall_seconds / without[round].wall_seconds);
    const own = told.map(({ monitor }, round) =>
      (monitor.cpu_seconds - without[round].monitor.cpu_seconds) / count * 1e6
    );
    const row = (name: string, runs: SummaryRecord[]) => [
      name,
      ...spread(runs.map(({ wall_seconds }) => wall_seconds)),
      median(runs.map(({ cpu_seconds }) => cpu_seconds! / count * 1e6)),
      median(runs.map(({ monitor }) => monitor.cpu_seconds / count * 1e6)),
    ];
    // In turn as well: what else the machine does changes over seconds.
    const starts = Array.from({ length: quick ? 15 : 25 }, () => [startMs(false), startMs(true)]);
    return Promise.resolve({
      tables: [
        {
          title: `${count} times /bin/true, one after another (${rounds} pairs in turn), by ${source}`,
          columns: [
            { name: "run" },
            { name: "wall s", digits: 3 },
            { name: "min", digits: 3 },
            { name: "max", digits: 3 },
            { name: "CPU of the tree, µs a process", digits: 0 },
            { name: "CPU of proctor, µs a process", digits: 1 },
          ],
          rows: [row("without --processes", without), row("with --processes", told)],
        },
        memoryTable(quick),
      ],
      checks: [
        {
          what: "wall time, with ÷ without (median of pairs)",
          unit: "",
          measured: median(ratios),
          wanted_at_most: 1.02,
        },
        {
          what: "CPU of proctor that a process adds",
          unit: "µs",
          measured: median(own),
          wanted_at_most: 100,
        },
        {
          what: "time that it adds to a command that does nothing",
          unit: "ms",
          measured: median(starts.map(([without, told]) => told - without)),
          wanted_at_most: 30,
        },
      ],
      notes: [
        "Memory is the most that proctor had resident; of it 8 MiB are the ring of events.",
      ],
    });
  },
};

/** The most memory that proctor itself had, by how many processes it has told. */
function memoryTable(quick: boolean) {
  const counts = quick ? [100, 2_000, 5_000] : [100, 5_000, 20_000, 45_000];
  const row = (asked: boolean, count: number) => {
    const { monitor, processes: table } = summaryOf(asked, loop(count));
    const onPath = table?.critical_path?.by_executable.find(({ name }) => name === "true")?.process_count;
    return [
      asked ? "with --processes" : "without --processes",
      count,
      (monitor.peak_memory_bytes ?? 0) / MEBIBYTE,
      (monitor.memory_bytes ?? 0) / MEBIBYTE,
      onPath === undefined ? null : count - onPath,
    ];
  };
  return {
    title: "memory of proctor by the number of processes that have lived",
    columns: [
      { name: "run" },
      { name: "processes" },
      { name: "peak MiB", digits: 0 },
      { name: "at the end MiB", digits: 0 },
      { name: "not on the critical path" },
    ],
    rows: [row(false, counts[0]), row(false, counts.at(-1)!), ...counts.map((count) => row(true, count))],
  };
}
