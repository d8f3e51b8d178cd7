import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import { startFixture } from "./lib/fixture.ts";
import type { Bench } from "./lib/result.ts";
import { median } from "./lib/statistics.ts";

const PROCESSES = 500;
/** What it costs to start, and to compile what runs often, is over by then. */
const SETTLE_MS = 45_000;

/** Programs that show processes once a second, on a terminal of their own. */
function subjects(): Record<string, string> {
  const columns = "COLUMNS=120 LINES=40";
  const all: Record<string, string> = {
    "proctor top": `exec ${proctorBinary()} top`,
    "top (procps)": `${columns} exec top -d 1`,
    htop: `${columns} exec htop -d 10`,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) =>
      name.startsWith("proctor") || existsSync(`/usr/bin/${name.split(" ")[0]}`)
    ),
  );
}

/** A program on a terminal of script(1)'s: its PID once it is what it is to be, and how to end it. */
async function onTerminal(command: string): Promise<{ pid: number; end: () => void }> {
  const script = spawn("script", ["-qefc", `stty rows 40 columns 120; ${command}`, "/dev/null"], {
    env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", SHELL: "/bin/sh" },
    stdio: ["pipe", "ignore", "inherit"],
  });
  for (let waits = 0; waits < 200; waits++) {
    await sleep(25);
    const pid = Number(readFileSync(`/proc/${script.pid}/task/${script.pid}/children`, "utf8").trim());
    const name = pid > 0 ? readFileSync(`/proc/${pid}/comm`, "utf8").trim() : "sh";
    if (name !== "sh" && name !== "script") return { pid, end: () => void script.stdin.end("q") };
  }
  throw new Error(`${command} does not start under script(1)`);
}

/** What `proctor top` costs while it redraws once a second, beside other programs that do. */
export const top: Bench = {
  about: `CPU of proctor top with ${PROCESSES} processes at one redraw a second, against other tops`,
  async run({ quick }) {
    if (!existsSync("/usr/bin/script")) {
      return {
        tables: [],
        checks: [],
        notes: [],
        skipped: "script(1), which makes the terminals, is missing",
      };
    }
    const [rounds, seconds] = quick ? [2, 5] : [6, 10];
    const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
    const fixture = await startFixture("many_processes", PROCESSES);
    const shown = new Map<string, { pid: number; end: () => void; percents: number[] }>();
    try {
      for (const [name, command] of Object.entries(subjects())) {
        shown.set(name, { ...await onTerminal(command), percents: [] });
      }
      await sleep(SETTLE_MS);
      // All at the same time, so that what disturbs the machine disturbs all alike.
      for (let round = 0; round < rounds; round++) {
        const before = [...shown.values()].map(({ pid }) => processCpuSeconds(pid));
        const start = performance.now();
        await sleep(seconds * 1_000);
        const passed = (performance.now() - start) / 1_000;
        [...shown.values()].forEach(({ pid, percents }, index) => {
          percents.push((processCpuSeconds(pid) - before[index]) / passed * 100);
        });
      }
    } finally {
      for (const { end } of shown.values()) end();
      await fixture.process.end();
    }
    const own = shown.get("proctor top")!.percents;
    return {
      tables: [{
        title:
          `% of a core, ${rounds} rounds of ${seconds} s, ${PROCESSES} sleeping processes and ${others} others`,
        columns: [
          { name: "program" },
          { name: "median", digits: 2 },
          { name: "min", digits: 2 },
          { name: "max", digits: 2 },
        ],
        rows: [...shown].map(([name, { percents }]) => [
          name,
          median(percents),
          Math.min(...percents),
          Math.max(...percents),
        ]),
      }],
      checks: [{
        what: `proctor top, ${PROCESSES} processes, one redraw a second`,
        unit: "%",
        measured: median(own),
        wanted_at_most: 1,
      }],
      notes: [],
    };
  },
};
