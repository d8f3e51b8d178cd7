import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proctorBinary } from "./lib/binary.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

/** What both write of a command. */
interface Result {
  readonly times: readonly number[];
  readonly user: number;
  readonly system: number;
}

/** One who measures: its name, its figures of every round, and what a whole run of it costs beside the command. */
interface Measurer {
  readonly name: string;
  command(file: string, words: readonly string[], runs: number): string[];
  readonly walls: number[];
  readonly cpus: number[];
  readonly each: number[];
}

/** Does nothing for a while, waits, and computes. */
const COMMANDS: readonly (readonly string[])[] = [
  ["true"],
  ["sleep", "0.05"],
  ["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"],
];

function measurers(): Measurer[] {
  const empty = () => ({ walls: [], cpus: [], each: [] });
  return [
    {
      name: "hyperfine -N",
      command: (file, words, runs) => [
        ...["hyperfine", "-N", "--style", "none", "--runs", `${runs}`, "--export-json", file],
        words.map((word) => `'${word}'`).join(" "),
      ],
      ...empty(),
    },
    {
      name: "proctor run --repeat",
      command: (file, words, runs) => [
        ...[proctorBinary(), "run", "--quiet", "--repeat", `${runs}`, "--export-json", file, "--", ...words],
      ],
      ...empty(),
    },
  ];
}

/** How repeated runs compare with hyperfine's: the same commands, in turn, each series by its own export. */
export const repeat: Bench = {
  about: "mean durations and cost per run of run --repeat, against hyperfine's own",
  run({ quick }) {
    if (spawnSync("hyperfine", ["--version"]).status !== 0) {
      const skipped = "Debian's package hyperfine is not installed";
      return Promise.resolve({ tables: [], checks: [], notes: [], skipped });
    }
    const [rounds, runs] = quick ? [3, 20] : [7, 30];
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const file = join(directory, "results.json");
    try {
      const rows: (string | number)[][] = [];
      for (const words of COMMANDS) {
        const all = measurers();
        for (let round = 0; round < rounds; round++) {
          for (const one of all) take(one, one.command(file, words, runs), file, runs);
        }
        for (const { name, walls, cpus, each } of all) {
          rows.push([words[0], name, ...spread(walls), median(cpus), median(each)]);
        }
      }
      const columns = [
        { name: "command" },
        { name: "by" },
        { name: "median ms", digits: 2 },
        { name: "min", digits: 2 },
        { name: "max", digits: 2 },
        { name: "its CPU, ms", digits: 2 },
        { name: "beside it, ms a run", digits: 2 },
      ];
      const title = `median durations of ${runs} runs, over ${rounds} rounds, alternating`;
      return Promise.resolve({ tables: [{ title, columns, rows }], checks: [], notes: [] });
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function take(
  { walls, cpus, each }: Measurer,
  [program, ...words]: string[],
  file: string,
  runs: number,
): void {
  rmSync(file, { force: true });
  const before = performance.now();
  const { status, error, stderr } = spawnSync(program, words, { encoding: "utf8" });
  const whole = performance.now() - before;
  if (error || status !== 0) throw new Error(`${program} failed: ${error ?? stderr}`);
  const [{ times, user, system }] = JSON.parse(readFileSync(file, "utf8")).results as Result[];
  walls.push(1_000 * median(times));
  cpus.push(1_000 * (user + system));
  each.push((whole - 1_000 * times.reduce((sum, time) => sum + time, 0)) / runs);
}
