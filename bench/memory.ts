import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { proctorBinary } from "./lib/binary.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import { LineProcess } from "./lib/line_process.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { inRepository } from "./lib/runtimes.ts";

/** Another build of proctor, to be measured in the same run. */
const OTHER = process.env.PROCTOR_OTHER;
/** After the start of the command: the first is while all of the start is in memory, the others when it is not. */
const LOOKS_MS = [500, 3_000, 20_000, 75_000];
const QUICK_LOOKS = 3;
const WANTED_MB = [41, 20, 20, 20];

/** Memory of a process, in MB of a million bytes, as /proc/PID/status and smaps_rollup have it (proc(5)). */
interface Resident {
  readonly rss: number;
  /** What is shared is divided by how many share it. */
  readonly pss: number;
  /** Of no file. */
  readonly own: number;
}

function residentOf(pid: number): Resident {
  const megabytes = (file: string, name: string) => {
    const text = readFileSync(`/proc/${pid}/${file}`, "latin1");
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]) * 1_024 / 1e6;
  };
  return {
    rss: megabytes("status", "VmRSS"),
    pss: megabytes("smaps_rollup", "Pss"),
    own: megabytes("status", "RssAnon"),
  };
}

/** Who watches one process that sleeps, each as it does by default. */
function watchers(directory: string): { readonly name: string; readonly command: readonly string[] }[] {
  const fixture = fixtureCommand("many_processes", 1, "-");
  const run = (
    binary: string,
    ...options: string[]
  ) => [binary, "run", "--quiet", ...options, "--", ...fixture];
  const fast = ["--interval", "100ms", "--no-adaptive"];
  const python = ["/usr/bin/python3", inRepository("bench/sample_psutil.py"), "0.1", "cat"];
  return [
    { name: "proctor run", command: run(proctorBinary()) },
    { name: "proctor run, 100 ms", command: run(proctorBinary(), ...fast) },
    {
      name: "proctor run, 100 ms, records",
      command: run(proctorBinary(), ...fast, "--records", join(directory, "records.jsonl")),
    },
    ...(OTHER
      ? [
        { name: "another proctor run", command: run(OTHER) },
        { name: "another proctor run, 100 ms", command: run(OTHER, ...fast) },
      ]
      : []),
    { name: "psutil", command: python },
  ];
}

/** How much memory a run holds while it watches. */
export const memory: Bench = {
  about:
    "memory of `proctor run` before and after the first second, and later, beside psutil (PROCTOR_OTHER)",
  async run({ quick }): Promise<BenchResult> {
    const looks = quick ? LOOKS_MS.slice(0, QUICK_LOOKS) : LOOKS_MS;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    try {
      for (const { name, command } of watchers(directory)) {
        const watcher = new LineProcess(command);
        // psutil's script prints nothing before its end.
        if (name !== "psutil") await watcher.line();
        const began = performance.now();
        const seen: Resident[] = [];
        for (const ms of looks) {
          await sleep(began + ms - performance.now());
          seen.push(residentOf(watcher.pid));
        }
        await watcher.end();
        rows.push([name, ...seen.flatMap(({ rss, pss, own }) => [rss, pss, own])]);
        if (name !== "proctor run") continue;
        for (const [index, ms] of looks.entries()) {
          const what = `RSS of run, ${ms / 1_000} s after its command's start`;
          checks.push({ what, unit: "MB", measured: seen[index].rss, wanted_at_most: WANTED_MB[index] });
        }
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: "memory in MB of a million bytes, by seconds after the command's start",
        columns: [
          { name: "who watches one process" },
          ...looks.flatMap((ms) =>
            ["RSS", "PSS", "of no file"].map((name) => ({ name: `${ms / 1_000} s: ${name}`, digits: 1 }))
          ),
        ],
        rows,
      }],
      checks,
      notes: [
        "Memory does not depend on how fast a machine is: it has no yardstick. What falls after the first second are pages of " +
        "the program's own file, which the kernel could have taken back at any time; of shared ones PSS has a part only.",
      ],
    };
  },
};
