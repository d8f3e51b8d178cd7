import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proctorBinary } from "./lib/binary.ts";
import { compileC } from "./lib/compile_c.ts";
import { monotonicMs } from "./lib/monotonic.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

/** Milliseconds of one start: until the command's main(), and until the whole is over and waited for. */
interface Start {
  readonly untilMain: number;
  readonly whole: number;
}

function start(command: readonly string[]): Start {
  const before = monotonicMs();
  const { status, stdout, error } = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
  const whole = monotonicMs() - before;
  if (error || status !== 0) throw new Error(`${command.join(" ")} failed: ${error ?? status}`);
  return { untilMain: Number(stdout) - before, whole };
}

/** What it takes longer to start a command by proctor. */
export const startUp: Bench = {
  about: "from proctor run to the command's first instruction",
  run({ quick }) {
    const runs = quick ? 40 : 100;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const proctor = [proctorBinary(), "run", "--summary", "none", "--"];
    try {
      const clock = [compileC("print_clock", directory)];
      const ways = [
        { name: "print_clock", command: clock, starts: [] as Start[] },
        { name: "proctor run -- print_clock", command: [...proctor, ...clock], starts: [] as Start[] },
        { name: "/bin/true", command: ["/bin/true"], starts: [] as Start[] },
        { name: "proctor run -- /bin/true", command: [...proctor, "/bin/true"], starts: [] as Start[] },
      ];
      for (let run = -5; run < runs; run++) {
        for (const { command, starts } of ways) {
          const taken = start(command);
          if (run >= 0) starts.push(taken);
        }
      }
      const [bareClock, watchedClock, bareTrue, watchedTrue] = ways;
      const more = (key: keyof Start, watched: typeof ways[0], bare: typeof ways[0]) =>
        median(watched.starts.map((taken) => taken[key])) - median(bare.starts.map((taken) => taken[key]));
      const row = (what: string, key: keyof Start, way: typeof ways[0]) => [
        way.name,
        what,
        ...spread(way.starts.map((taken) => taken[key])),
      ];
      return Promise.resolve({
        tables: [{
          title: `milliseconds from the spawn on (${runs} runs each, alternating)`,
          columns: [
            { name: "command" },
            { name: "until" },
            { name: "median ms", digits: 2 },
            { name: "min", digits: 2 },
            { name: "max", digits: 2 },
          ],
          rows: [
            row("its main()", "untilMain", bareClock),
            row("its main()", "untilMain", watchedClock),
            row("all is over", "whole", bareTrue),
            row("all is over", "whole", watchedTrue),
          ],
        }],
        checks: [
          {
            what: "later at the command's main()",
            unit: "ms",
            measured: more("untilMain", watchedClock, bareClock),
            wanted_at_most: 20,
          },
          {
            what: "longer for the whole run of /bin/true",
            unit: "ms",
            measured: more("whole", watchedTrue, bareTrue),
            wanted_at_most: 20,
          },
        ],
        notes: [],
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
