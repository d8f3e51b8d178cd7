import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { commandLines } from "./lib/processes.ts";
import { PsutilYardstick } from "./lib/psutil_yardstick.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { StartYardstick } from "./lib/start_yardstick.ts";
import { median } from "./lib/statistics.ts";
import { installPm2, SUPERVISORS } from "./lib/supervisors.ts";
import type { RunningSupervisor, SupervisorKind } from "./lib/supervisors.ts";
import type { Beside } from "./lib/yardstick.ts";

const COUNT = 100;
const PATIENCE_MS = 120_000;
const FIRST_MS = 20_000;

/** PIDs of `sleep <mark + n>` by n, from a first PID on. */
function sleepers(mark: number, count: number): Map<number, number> {
  const found = new Map<number, number>();
  for (const [pid, line] of commandLines()) {
    const [program, seconds] = line.split("\0");
    const n = Number(seconds) - mark;
    if (program.endsWith("sleep") && n >= 0 && n < count) found.set(n, pid);
  }
  return found;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what}: it did not come about`);
    await sleep(1);
  }
}

async function ms(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Milliseconds from the kill of one to its successor, as /proc shows them. */
async function crash(mark: number, n: number, pid: number): Promise<number> {
  return await ms(async () => {
    process.kill(pid, "SIGKILL");
    // New processes have the highest numbers: looking at those alone keeps the look short. All are looked at now and
    // then.
    let [from, everythingAt] = [pid + 1, performance.now() + 100];
    for (;;) {
      const last = Number(readFileSync("/proc/loadavg", "utf8").trim().split(" ").at(-1));
      for (let other = from; other <= last; other++) {
        try {
          const [program, seconds] = readFileSync(`/proc/${other}/cmdline`, "latin1").split("\0");
          if (program.endsWith("sleep") && Number(seconds) === mark + n) return;
        } catch { /* No process. */ }
      }
      // One that has not called execve yet is looked at again.
      from = Math.max(from, last - 50);
      if (performance.now() > everythingAt) {
        if ((sleepers(mark, COUNT).get(n) ?? pid) !== pid) return;
        everythingAt += 100;
      }
      await sleep(0);
    }
  });
}

interface Figures {
  readonly startMs: number;
  readonly crashMs: number[];
  readonly commandMs: number[];
  readonly askMs: number[];
  readonly memoryMb: number;
  /** Of it, what is not pages of files. */
  readonly ownMemoryMb: number;
  /** In the seconds after the last question, in which what the questions have needed is given back. */
  readonly firstCpuPercent: number;
  readonly cpuPercent: number;
  /** Starts of an empty program between the times, and psutil while nothing happened. */
  readonly besideTimes: Beside;
  readonly besideCpu: Beside | undefined;
}

/** What work of known cost takes meanwhile. */
interface Yardsticks {
  readonly psutil: PsutilYardstick | undefined;
  readonly directory: string;
}

async function cpuPercentOver(pid: number, durationMs: number): Promise<number> {
  const [cpu, start] = [processCpuSeconds(pid), performance.now()];
  await sleep(durationMs);
  return (processCpuSeconds(pid) - cpu) / (performance.now() - start) * 1e5;
}

async function measure(
  kind: SupervisorKind,
  mark: number,
  quick: boolean,
  { psutil, directory: compiled }: Yardsticks,
): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), "bench-s-"));
  let running: RunningSupervisor | undefined;
  try {
    const startMs = await ms(async () => {
      running = kind.start(directory, mark, COUNT);
      await until(`${kind.name} starts all`, () => sleepers(mark, COUNT).size === COUNT);
    });
    const { statusCommand, ask, pid } = running!;
    await sleep(3_000);
    const crashMs: number[] = [];
    const before = sleepers(mark, COUNT);
    const starts = StartYardstick.compile(compiled);
    for (let n = 0; n < (quick ? 10 : 40); n++) {
      crashMs.push(await crash(mark, n, before.get(n)!));
      starts.start();
      await sleep(30);
    }
    const commandMs: number[] = [];
    const askMs: number[] = [];
    for (let round = 0; round < (quick ? 5 : 20); round++) {
      const [command, ...words] = statusCommand;
      commandMs.push(await ms(() => spawnSync(command, words, { stdio: "ignore" })));
      if (ask) askMs.push(await ms(ask));
      starts.start();
    }
    const firstCpuPercent = await cpuPercentOver(pid(), FIRST_MS);
    psutil?.begin();
    const cpuPercent = await cpuPercentOver(pid(), quick ? 10_000 : 30_000);
    const besideCpu = psutil?.read();
    const status = readFileSync(`/proc/${pid()}/status`, "utf8");
    const megabytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)![1]) / 1_024;
    const memory = { memoryMb: megabytes("VmRSS"), ownMemoryMb: megabytes("RssAnon") };
    const beside = { besideTimes: starts.read(), besideCpu };
    return { startMs, crashMs, commandMs, askMs, ...memory, firstCpuPercent, cpuPercent, ...beside };
  } finally {
    running?.stop();
    await until(`${kind.name} ends all`, () => sleepers(mark, COUNT).size === 0).catch(() => {});
    for (const left of sleepers(mark, COUNT).values()) process.kill(left, "SIGKILL");
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Keeping a hundred processes running, beside supervisord and pm2. */
export const supervisor: Bench = {
  about: "starting, restarting and telling of a hundred processes, against supervisord and pm2",
  async run({ quick }): Promise<BenchResult> {
    const home = mkdtempSync(join(tmpdir(), "bench-pm2-"));
    installPm2(home);
    const obstacle = PsutilYardstick.obstacle();
    await using psutil = await PsutilYardstick.start();
    const notes = obstacle === null ? [] : [obstacle];
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    let mark = 2_000_000 + (process.pid % 1_000) * 1_000;
    for (const kind of SUPERVISORS) {
      const obstacle = kind.obstacle();
      if (obstacle) {
        notes.push(`${kind.name}: ${obstacle}`);
        continue;
      }
      const figures = await measure(kind, mark, quick, { psutil, directory: home });
      mark += COUNT;
      const { startMs, crashMs, commandMs, askMs, memoryMb, ownMemoryMb, firstCpuPercent, cpuPercent } =
        figures;
      const asked = askMs.length > 0 ? median(askMs) : null;
      const times = [startMs, median(crashMs), median(commandMs), asked];
      rows.push([kind.name, ...times, memoryMb, ownMemoryMb, firstCpuPercent, cpuPercent]);
      if (kind.name !== "proctor") continue;
      const { besideTimes, besideCpu } = figures;
      const check = (what: string, unit: string, measured: number, wanted_at_most: number, beside?: Beside) =>
        checks.push({ what, unit, measured, wanted_at_most, beside });
      check("starting a hundred", "ms", startMs, 1_000);
      check("a crash to a new PID", "ms", median(crashMs), 4, besideTimes);
      check("status by the API", "ms", asked!, 4, besideTimes);
      check("memory of the supervisor", "MB", memoryMb, 50);
      check("CPU while nothing happens, of a core", "%", cpuPercent, 0.1, besideCpu);
    }
    rmSync(home, { recursive: true, force: true });
    const columns = [
      { name: "supervisor" },
      { name: "start 100, ms", digits: 0 },
      { name: "crash to new PID, ms", digits: 1 },
      { name: "status command, ms", digits: 1 },
      { name: "status by API, ms", digits: 1 },
      { name: "memory, MB", digits: 1 },
      { name: "not of files, MB", digits: 1 },
      { name: `CPU of the first ${FIRST_MS / 1_000} s, %`, digits: 2 },
      { name: "idle CPU, % of a core", digits: 2 },
    ];
    return { tables: [{ title: `${COUNT} processes (sleep), medians`, columns, rows }], checks, notes };
  },
};
