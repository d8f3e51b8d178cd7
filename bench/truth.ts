import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { SummaryRecord } from "../core/schema/record.ts";
import { proctorBinary } from "./lib/binary.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import type { Bench } from "./lib/result.ts";
import { inRepository } from "./lib/runtimes.ts";

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
const PSUTIL_SECONDS = 0.1;

/** What a tool says of a run; null where it says nothing of the kind. */
interface Told {
  readonly cpuSeconds: number | null;
  readonly peakBytes: number | null;
  readonly writtenBytes: number | null;
  readonly processes: number | null;
  /** What the command itself has printed. */
  readonly stdout: string;
}

/** A quantity of what a tool tells. */
type Quantity = "cpuSeconds" | "peakBytes" | "writtenBytes" | "processes";

/** One kind of command, and what is true of it. */
interface Case {
  readonly what: string;
  readonly quantity: Quantity;
  readonly command: readonly string[];
  /** The truth, from what the command has printed, or from what was asked of it. */
  truth(stdout: string): number;
  /** What the command ends with; 0 unless said otherwise. */
  readonly exitCode?: number;
  /** Descriptors that the tools may have. */
  readonly descriptors?: number;
  /** A cgroup that has to be there, and needs root. */
  readonly cgroup?: string;
}

// deno-lint-ignore no-explicit-any
const lastObject = (stdout: string): any => JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
const cpuOf = (usage: { cpu_seconds: number }) => usage.cpu_seconds;

function limited(command: readonly string[], descriptors: number | undefined): string[] {
  return descriptors === undefined
    ? [...command]
    : ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(descriptors), ...command];
}

function run(command: readonly string[], exitCode = 0): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (bytes) => stdout += bytes);
    child.stderr.on("data", (bytes) => stderr += bytes);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === exitCode) resolve({ stdout, stderr });
      else reject(new Error(`${command.join(" ")} ended with ${code}: ${stderr.slice(-500)}`));
    });
  });
}

async function byTime({ command, exitCode }: Case): Promise<Told> {
  const { stdout, stderr } = await run(["/usr/bin/time", "-f", "%U %S %M", ...command], exitCode);
  const [user, system, peak] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
  return { cpuSeconds: user + system, peakBytes: peak * 1_024, writtenBytes: null, processes: null, stdout };
}

async function byPsutil({ command, descriptors }: Case): Promise<Told> {
  const sampling = [
    "/usr/bin/python3",
    inRepository("bench/sample_psutil.py"),
    String(PSUTIL_SECONDS),
    ...command,
  ];
  const { stdout } = await run(limited(sampling, descriptors));
  const told = lastObject(stdout);
  return {
    cpuSeconds: told.cpu_seconds,
    peakBytes: told.peak_bytes,
    writtenBytes: told.written_bytes,
    processes: told.processes,
    stdout,
  };
}

async function byProctor(
  { command, descriptors, exitCode }: Case,
  wrap: readonly string[],
  directory: string,
): Promise<Told> {
  const file = join(directory, "summary.json");
  rmSync(file, { force: true });
  const proctor = [
    ...wrap,
    proctorBinary(),
    "run",
    "--quiet",
    "--summary",
    "json",
    "--summary-file",
    file,
    "--",
  ];
  const { stdout } = await run(limited([...proctor, ...command], descriptors), exitCode);
  const summary: SummaryRecord = JSON.parse(readFileSync(file, "utf8"));
  return {
    cpuSeconds: summary.cpu_seconds ?? null,
    peakBytes: summary.peak_process_memory_bytes ?? null,
    writtenBytes: summary.io_write_bytes ?? null,
    processes: summary.peak_process_count,
    stdout,
  };
}

function cases(quick: boolean, directory: string): Case[] {
  const [children, members, writers] = quick ? [1_000, 500, 100] : [10_000, 5_000, 1_000];
  const both = ({ children, self }: Record<string, { cpu_seconds: number }>) => cpuOf(children) + cpuOf(self);
  const leaving = leavingPlace();
  const writing =
    `i=0; while [ $i -lt ${writers} ]; do dd if=/dev/zero of="$0.$$" bs=4096 count=3 status=none; i=$((i+1)); done`;
  return [
    {
      what: `CPU s of ${children} children of 1 to 5 ms`,
      quantity: "cpuSeconds",
      command: fixtureCommand("storm", children, "0.001-0.005", 2),
      truth: (stdout) => both(lastObject(stdout)),
    },
    {
      what: "CPU s of a double fork that the root outlives",
      quantity: "cpuSeconds",
      command: fixtureCommand("double_fork_wait", "0.5"),
      truth: (stdout) => {
        const { self, children, grandchild } = lastObject(stdout);
        return cpuOf(self) + cpuOf(children) + cpuOf(grandchild);
      },
    },
    {
      what: "CPU s of 100 children with SIGCHLD ignored",
      quantity: "cpuSeconds",
      command: fixtureCommand("storm_ignored_sigchld", 100, "0.02"),
      truth: (stdout) => both(lastObject(stdout)),
    },
    {
      what: "CPU s of 100 children by SA_NOCLDWAIT",
      quantity: "cpuSeconds",
      command: fixtureCommand("storm_no_child_wait", 100, "0.02"),
      truth: (stdout) => both(lastObject(stdout)),
    },
    {
      what: "peak MB of 300 MiB for 20 ms",
      quantity: "peakBytes",
      command: fixtureCommand("alloc_mb", 300, "0.02"),
      truth: (stdout) => JSON.parse(stdout.trimEnd().split("\n")[0]).max_rss_bytes,
    },
    {
      what: `MB written by ${writers} short dd`,
      quantity: "writtenBytes",
      command: ["sh", "-c", writing, join(directory, "written")],
      truth: () => writers * 12_288,
    },
    ...leaving === null ? [] : [{
      what: "CPU s of one that leaves its cgroup",
      quantity: "cpuSeconds" as const,
      command: fixtureCommand("leave_cgroup", leaving, "0.5"),
      truth: (stdout: string) => both(lastObject(stdout)),
      cgroup: leaving,
    }],
    {
      what: "peak MB of one whose main thread has ended",
      quantity: "peakBytes",
      command: fixtureCommand("leader_ends", 200, "0.5"),
      truth: (stdout) => lastObject(stdout).peak_bytes,
      exitCode: 7,
    },
    {
      what: `processes, of ${members + 1}, with 256 descriptors`,
      quantity: "processes",
      command: fixtureCommand("many_processes", members, "3"),
      truth: () => members + 1,
      descriptors: 256,
    },
  ];
}

/** A cgroup v2 directory of our own that nobody watches; null where there is none to be made. */
function leavingPlace(): string | null {
  const mount = spawnSync("findmnt", ["-nt", "cgroup2", "-o", "TARGET"], { encoding: "utf8" }).stdout.trim();
  if (process.getuid!() !== 0 || mount === "") return null;
  return join(mount.split("\n")[0], `bench-truth-${process.pid}`);
}

const scaled = (quantity: Quantity, value: number | null) =>
  value === null ? null : quantity === "peakBytes" || quantity === "writtenBytes" ? value / 1e6 : value;

/** What tools say against what is true, where sampling and waiting miss something. */
export const truth: Bench = {
  about: "what GNU time, psutil and proctor say of what is easily missed",
  async run({ quick }) {
    const directory = mkdtempSync("/var/tmp/proctor-bench-");
    chmodSync(directory, 0o777);
    const rows: (string | number | null)[][] = [];
    try {
      for (const one of cases(quick, directory)) {
        if (one.cgroup) mkdirSync(one.cgroup);
        try {
          const told = [
            await byTime(one),
            await byPsutil(one),
            await byProctor(one, [], directory),
            // Whoever may not write to a cgroup cannot leave one either.
            one.cgroup ? null : await byProctor(one, NOBODY, directory),
          ];
          const { quantity } = one;
          const share = (each: Told | null, stdout: string | undefined) => {
            const value = each?.[quantity] ?? null;
            if (value === null) return null;
            return (value / one.truth(each === told[1] ? stdout! : each!.stdout)) * 100;
          };
          rows.push([
            one.what,
            scaled(quantity, one.truth(told[2]!.stdout)),
            ...told.map((each) => share(each, told[0]!.stdout)),
          ]);
        } finally {
          if (one.cgroup) rmdirSync(one.cgroup);
        }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: "percent of the truth that each tells",
        columns: [
          { name: "what" },
          { name: "truth", digits: 3 },
          { name: "GNU time", digits: 1 },
          { name: `psutil, ${PSUTIL_SECONDS * 1_000} ms`, digits: 1 },
          { name: "proctor, cgroup", digits: 1 },
          { name: "proctor, user", digits: 1 },
        ],
        rows,
      }],
      checks: [],
      notes: [
        "The truth is what the programs' own getrusage(2) said in the same run (of psutil's: in GNU time's), the bytes and",
        "processes that were asked for, and VmHWM.",
      ],
    };
  },
};
