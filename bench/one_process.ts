import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileC } from "./lib/compile_c.ts";
import { fixtureCommand, startFixture } from "./lib/fixture.ts";
import { LineProcess } from "./lib/line_process.ts";
import type { Bench, Check, Table } from "./lib/result.ts";
import { measureRounds } from "./lib/rounds.ts";
import type { Subject } from "./lib/rounds.ts";
import { inRepository, runScript } from "./lib/runtimes.ts";
import type { RuntimeName } from "./lib/runtimes.ts";
import { medianRatio, spread } from "./lib/statistics.ts";

const C_STAT = "C: clock + stat";
const C_STATM = "C: clock + statm";
const PSUTIL = "psutil: oneshot, cpu_times, memory_info";
const LOOK = "proctor: a look at all counters";
const LEAN = "proctor: a look at CPU and memory";

const named = (name: string, runtime: RuntimeName) => `${name}, ${runtime}`;

/** Everything that is compared, all reading the same process. */
function subjects(pid: number, c: string): Subject[] {
  const proctor = (name: string, how: string, runtime: RuntimeName, batch: number) => ({
    name: named(name, runtime),
    command: runScript(runtime, "bench/read_proctor.ts", how, `${pid}`),
    batch,
  });
  const npm = (name: string, how: string, batch: number) => ({
    name,
    command: runScript("Bun", "bench/read_npm.ts", how, `${pid}`),
    batch,
  });
  return [
    { name: C_STAT, command: [c, "stat", `${pid}`], batch: 1_500 },
    proctor(LOOK, "look", "Bun", 1_500),
    proctor(LOOK, "look", "Deno", 1_500),
    proctor("proctor: clock + stat", "clock_and_stat", "Bun", 1_500),
    proctor("proctor: clock + stat", "clock_and_stat", "Deno", 1_500),
    { name: C_STATM, command: [c, "statm", `${pid}`], batch: 4_000 },
    proctor(LEAN, "look_lean", "Bun", 4_000),
    proctor(LEAN, "look_lean", "Deno", 4_000),
    {
      name: PSUTIL,
      command: ["/usr/bin/python3", inRepository("bench/read_psutil.py"), `${pid}`],
      batch: 500,
    },
    npm("pidusage, Bun", "pidusage", 50),
    npm("systeminformation: processLoad, Bun", "processLoad", 1),
  ];
}

/** The parts of a reading, to see where its time goes. */
const PARTS = {
  look_if_moved: "reader.look(false) of a process that has not run",
  clock: "CPU clock",
  read_stat: "pread stat",
  read_statm: "pread statm",
  parse_stat: "parse stat",
};

function partSubjects(pid: number): Subject[] {
  return Object.entries(PARTS).flatMap(([how, name]) =>
    (["Bun", "Deno"] as const).map((runtime) => ({
      name: named(name, runtime),
      command: runScript(runtime, "bench/read_proctor.ts", how, `${pid}`),
      batch: 4_000,
    }))
  );
}

async function compare(
  pid: number,
  what: string,
  c: string,
  rounds: number,
): Promise<{ table: Table; checks: Check[] }> {
  const measured = await measureRounds(subjects(pid, c), rounds);
  const ratio = (name: string, other: string) => medianRatio(measured.get(name)!, measured.get(other)!);
  const table = {
    title: `one reading of CPU and resident memory of ${what} (${rounds} rounds)`,
    columns: [
      { name: "reader" },
      { name: "median µs", digits: 2 },
      { name: "min", digits: 2 },
      { name: "max", digits: 2 },
      { name: "÷ C, clock + stat", digits: 2 },
      { name: "psutil ÷ it", digits: 1 },
    ],
    rows: [...measured].map(([name, values]) => [
      name,
      ...spread(values),
      ratio(name, C_STAT),
      ratio(PSUTIL, name),
    ]),
  };
  const look = named(LOOK, "Bun");
  const lean = named(LEAN, "Bun");
  const most = (what: string, measured: number, wanted_at_most: number) => ({
    what,
    unit: "×",
    measured,
    wanted_at_most,
  });
  const checks = [
    most("CPU and memory, Bun, against the same calls in C", ratio(lean, C_STATM), 1.25),
    most("all counters, Bun, against the same calls in C", ratio(look, C_STAT), 1.25),
    most("CPU and memory, Bun, against psutil", ratio(lean, PSUTIL), 0.067),
  ].map((check) => ({ ...check, what: `${check.what} (${what})` }));
  return { table, checks };
}

/** CPU and resident memory of one live process: proctor, C, psutil and npm packages side by side. */
export const oneProcess: Bench = {
  about: "CPU and memory of one process, against C, psutil, pidusage and systeminformation",
  async run({ quick }) {
    const rounds = quick ? 15 : 51;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const idle = await startFixture("many_processes", 1);
    const busy = new LineProcess(fixtureCommand("burn_cpu", 600));
    try {
      const c = compileC("read_one", directory);
      const idleReadings = await compare(idle.pids[0], "an idle process (many_processes)", c, rounds);
      const parts = await measureRounds(partSubjects(idle.pids[0]), rounds);
      const busyReadings = await compare(busy.pid, "a running process (burn_cpu)", c, rounds);
      const partTable = {
        title: `parts of a reading of the idle process by proctor (${rounds} rounds)`,
        columns: [
          { name: "part" },
          { name: "median µs", digits: 2 },
          { name: "min", digits: 2 },
          { name: "max", digits: 2 },
        ],
        rows: [...parts].map(([name, values]) => [name, ...spread(values)]),
      };
      return {
        tables: [idleReadings.table, busyReadings.table, partTable],
        checks: [...idleReadings.checks, ...busyReadings.checks],
        notes: [
          "Every round gives each reader one batch, in turn; the figures are microseconds per reading, per round, and the " +
          "quotients are medians of the rounds' own.",
          "systeminformation's processLoad starts ps for each answer; its processes() repeats an old one for half a " +
          "second, so it is left out.",
          "A look at all counters gives parent, session, state, threads, faults, reaped children's use and the name besides; " +
          "which of the two proctor takes for a member, the metrics decide.",
        ],
      };
    } finally {
      await Promise.all([idle.process.end(), busy.kill()]);
      rmSync(directory, { recursive: true });
    }
  },
};
