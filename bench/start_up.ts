import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { proctorBinary } from "./lib/binary.ts";
import { compileC } from "./lib/compile_c.ts";
import { monotonicMs } from "./lib/monotonic.ts";
import type { Bench } from "./lib/result.ts";
import { StartYardstick } from "./lib/start_yardstick.ts";
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

/** Options that need controllers, which a hybrid host has in cgroup v1: a command joins those while it is started. */
const CONTROLLED = [
  ["--exact-peak"],
  ["--limit-memory", "1G"],
  ["--limit-memory", "1G", "--limit-cpu", "2", "--limit-processes", "1000"],
];

/** Names another binary, such as that of the version before, to be started in turn with this one. */
const BEFORE = "PROCTOR_BENCH_BEFORE";

/** What it takes longer to start a command by proctor. */
export const startUp: Bench = {
  about: "from proctor run to the command's first instruction",
  run({ quick }) {
    const runs = quick ? 40 : 100;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const run = (...options: string[]) => [proctorBinary(), "run", "--summary", "none", ...options, "--"];
    const proctor = run();
    try {
      const yardstick = StartYardstick.compile(directory);
      const clock = [compileC("print_clock", directory)];
      const ways = [
        { name: "print_clock", command: clock, starts: [] as Start[] },
        { name: "proctor run -- print_clock", command: [...proctor, ...clock], starts: [] as Start[] },
        { name: "/bin/true", command: ["/bin/true"], starts: [] as Start[] },
        { name: "proctor run -- /bin/true", command: [...proctor, "/bin/true"], starts: [] as Start[] },
        { name: "proctor --version", command: [proctorBinary(), "--version"], starts: [] as Start[] },
      ];
      const before = process.env[BEFORE];
      const others = before === undefined ? [] : ways.filter(({ command }) => command[0] === proctorBinary())
        .map(({ name, command }) => ({
          name: name.replace("proctor", basename(before)),
          command: [before, ...command.slice(1)],
          starts: [] as Start[],
        }));
      const controlled = CONTROLLED.filter((options) =>
        spawnSync(run(...options)[0], [...run(...options).slice(1), "true"]).status === 0
      )
        .map((options) => ({
          name: `proctor run ${options.join(" ")} -- print_clock`,
          command: [...run(...options), ...clock],
          starts: [] as Start[],
        }));
      ways.push(...controlled, ...others);
      for (let run = -5; run < runs; run++) {
        for (const { command, starts } of ways) {
          const taken = start(command);
          if (run >= 0) starts.push(taken);
        }
        yardstick.start();
      }
      const [bareClock, watchedClock, bareTrue, watchedTrue, version] = ways;
      const more = (key: keyof Start, watched: typeof ways[0], bare: typeof ways[0]) =>
        median(watched.starts.map((taken) => taken[key])) - median(bare.starts.map((taken) => taken[key]));
      const beside = yardstick.read();
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
            ...controlled.map((way) => row("its main()", "untilMain", way)),
            row("all is over", "whole", bareTrue),
            row("all is over", "whole", watchedTrue),
            row("all is over", "whole", version),
            ...others.map((way) =>
              way.name.includes("clock")
                ? row("its main()", "untilMain", way)
                : row("all is over", "whole", way)
            ),
          ],
        }],
        checks: [
          {
            what: "later at the command's main()",
            unit: "ms",
            measured: more("untilMain", watchedClock, bareClock),
            wanted_at_most: 9,
            beside,
          },
          {
            what: "longer for the whole run of /bin/true",
            unit: "ms",
            measured: more("whole", watchedTrue, bareTrue),
            wanted_at_most: 12,
            beside,
          },
          {
            what: "until the version is told",
            unit: "ms",
            measured: median(version.starts.map(({ whole }) => whole)),
            wanted_at_most: 5,
            beside,
          },
        ],
        notes: controlled.length < CONTROLLED.length ? ["Nobody enforces limits here: left out."] : [],
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
