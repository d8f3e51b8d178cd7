/** A supervisor whose processes, and which itself, are killed at random; seen from outside. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { proctorBinary } from "./binary.ts";
import { commandLines, kill } from "./processes.ts";

/** What is counted at the end; all but the first four are wanted to be 0. */
export interface ChaosReport {
  readonly kills: number;
  readonly supervisorKills: number;
  readonly lives: number;
  readonly lines: number;
  /** Of the processes, those that did not run exactly once in the end. */
  readonly notOnce: number;
  /** Lines that their writer had written and that are not in its log. */
  readonly lostLines: number;
  readonly doubledLines: number;
  readonly disorderedLines: number;
  /** Processes, PID files, cgroups and sockets after the supervisor has ended. */
  readonly leftOver: number;
}

/** Writes numbered lines, and notes each down elsewhere as soon as it is written. */
const WRITER = String.raw`
my ($word, $truth) = @ARGV;
open my $noted, ">>", $truth or die;
my $life = "$$.$^T";
for (my $n = 1;; $n++) {
  syswrite STDOUT, "life $life line $n\n";
  syswrite $noted, "life $life line $n\n";
  select undef, undef, undef, 0.05;
}`;
const PATIENCE_MS = 60_000;

/** Keep `count` processes running, kill `kills` times, and count what has become of them. */
export async function chaos(count: number, kills: number): Promise<ChaosReport> {
  const directory = mkdtempSync(join(tmpdir(), "bench-c-"));
  const base = join(directory, "state");
  const words = Array.from({ length: count }, (_, n) => `chaos-${process.pid}-${n}`);
  writeConfiguration(directory, words);
  const supervisors: ChildProcess[] = [];
  const start = () => {
    const line = ["supervise", "--config", join(directory, "proctor.json"), "--state-dir", base];
    supervisors.push(spawn(proctorBinary(), line, { stdio: "ignore" }));
  };
  const end = async (signal: NodeJS.Signals) => {
    const child = supervisors.at(-1)!;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await ended;
    }
  };
  let notOnce = count;
  let supervisorKills = 0;
  try {
    start();
    await until(() => (notOnce = countNotOnce(base, words)) === 0);
    for (let round = 0; round < kills; round++) {
      if (Math.random() < 0.1) {
        await end("SIGKILL");
        supervisorKills++;
        // Some end while nobody looks, as part of the same blow.
        for (const pid of [...holders(words).values()].flat()) if (Math.random() < 0.1) kill(pid);
        start();
      } else {
        const victims = [
          ...holders(words).values(),
          ...holders(words.map((word) => `child-${word}`)).values(),
        ]
          .flat();
        if (victims.length > 0) kill(victims[Math.floor(Math.random() * victims.length)]);
      }
      await sleep(Math.random() * 80);
    }
    await until(() => (notOnce = countNotOnce(base, words)) === 0);
  } finally {
    await end("SIGTERM");
  }
  const left = leftOver(base, words, supervisors.map(({ pid }) => pid!));
  const lines = compareLines(directory, words);
  for (const pid of [...holders(words).values()].flat()) kill(pid);
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  return { kills, supervisorKills, notOnce, leftOver: left, ...lines };
}

function writeConfiguration(directory: string, words: readonly string[]): void {
  const managed_processes = words.map((word, n) => {
    const shell = `perl -e 'sleep 3000' child-${word} & exec perl -e "$WRITER" "$0" "$1"`;
    return {
      id: `p${n}`,
      management: {
        control: {
          executable: "sh",
          arguments: ["-c", shell, word, join(directory, `${n}.truth`)],
          environment: { WRITER },
          context_aware_restart: { retry_delay: "0s", max_retries: "unlimited" },
        },
      },
    };
  });
  const config = { process_manager: { log_level: "error" }, managed_processes };
  writeFileSync(join(directory, "proctor.json"), JSON.stringify(config));
}

/** PIDs by the words that their command lines have. */
function holders(words: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>(words.map((word) => [word, []]));
  for (const [pid, line] of commandLines()) {
    for (const word of line.split("\0")) found.get(word)?.push(pid);
  }
  return found;
}

/** Those that do not run exactly once, nobody left of an earlier life, as the status and the PID files say it. */
function countNotOnce(base: string, words: readonly string[]): number {
  const status = spawnSync(proctorBinary(), [
    "ctl",
    "--socket",
    join(base, "proctor.sock"),
    "status",
    "--json",
  ]);
  if (status.status !== 0) return words.length;
  const told = JSON.parse(status.stdout.toString()) as { id: string; state: string; pid: number | null }[];
  const [roots, children] = [holders(words), holders(words.map((word) => `child-${word}`))];
  return words.filter((word, n) => {
    const pids = roots.get(word)!;
    const one = told.find(({ id }) => id === `p${n}`);
    // A child that was killed alone is not restarted; one of an earlier life would have another parent.
    const isOnce = pids.length === 1 &&
      children.get(`child-${word}`)!.every((child) => parentOf(child) === pids[0]);
    return !isOnce || one?.state !== "running" || one.pid !== pids[0] || pidFile(base, n) !== pids[0];
  }).length;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  } catch {
    return NaN;
  }
}

function pidFile(base: string, n: number): number | null {
  const path = join(base, "proctor", `p${n}.pid`);
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : null;
}

function leftOver(base: string, words: readonly string[], supervisors: readonly number[]): number {
  const processes = [...holders([...words, ...words.map((word) => `child-${word}`)]).values()].flat();
  const pidFiles = words.filter((_, n) => pidFile(base, n) !== null);
  const cgroups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].filter(existsSync).flatMap((home) =>
    readdirSync(home).filter((name) => supervisors.includes(Number(/^proctor-(\d+)-/.exec(name)?.[1])))
  );
  const sockets = existsSync(join(base, "proctor.sock")) ? 1 : 0;
  return processes.length + pidFiles.length + cgroups.length + sockets;
}

type LineReport = Pick<ChaosReport, "lives" | "lines" | "lostLines" | "doubledLines" | "disorderedLines">;

function compareLines(directory: string, words: readonly string[]): LineReport {
  const report = { lives: 0, lines: 0, lostLines: 0, doubledLines: 0, disorderedLines: 0 };
  const pattern = /life \S+ line \d+/g;
  for (const n of words.keys()) {
    const logged = readFileSync(join(directory, "state/logs", `p${n}.log`), "latin1").match(pattern) ?? [];
    const noted = readFileSync(join(directory, `${n}.truth`), "latin1").match(pattern) ?? [];
    const all = new Set<string>(logged);
    report.lines += logged.length;
    report.lostLines += noted.filter((line) => !all.has(line)).length;
    report.doubledLines += logged.length - all.size;
    const next = new Map<string, number>();
    for (const line of logged) {
      const [, life, , number] = line.split(" ");
      if (Number(number) !== (next.get(life) ?? 1)) report.disorderedLines++;
      next.set(life, Number(number) + 1);
    }
    report.lives += next.size;
  }
  return report;
}

/** Wait until something holds; whoever asks looks at what it came to. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds() && performance.now() < deadline) await sleep(100);
}
