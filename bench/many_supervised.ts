import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { proctorBinary } from "./lib/binary.ts";
import type { Bench, BenchResult, Check } from "./lib/result.ts";
import { median } from "./lib/statistics.ts";

const PATIENCE_MS = 120_000;
/** After a start the runtime still compiles, and the supervisor gives back what the start has needed. */
const SETTLE_MS = 45_000;

function ask(where: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => request(where, resolve).on("error", reject).end());
}

async function textOf(where: object): Promise<string> {
  const message = await ask(where);
  let text = "";
  for await (const piece of message) text += piece;
  return text;
}

/** A browser that has opened the page, as far as the supervisor sees it: it takes the feed. */
async function openPage(socketPath: string): Promise<() => void> {
  const { url } = JSON.parse(await textOf({ socketPath, path: "/page/link", method: "POST" })) as {
    url: string;
  };
  const { hostname, port, pathname, search } = new URL(url);
  const entered = await ask({ hostname, port, path: `${pathname}${search}`, agent: false });
  const cookie = entered.headers["set-cookie"]![0].split(";")[0];
  const place = /Path=(\/[\w-]+\/)/.exec(entered.headers["set-cookie"]![0])![1];
  entered.resume();
  const feed = await ask({ hostname, port, path: `${place}feed`, headers: { cookie }, agent: false });
  feed.resume();
  return () => feed.destroy();
}

async function percentOver(pid: number, durationMs: number): Promise<number> {
  const [cpu, start] = [processCpuSeconds(pid), performance.now()];
  await sleep(durationMs);
  return (processCpuSeconds(pid) - cpu) / (performance.now() - start) * 1e5;
}

/** Start so many, look at them by every way there is, and end all; a row of the table. */
async function measure(count: number, tui: boolean, quick: boolean): Promise<(number | string | null)[]> {
  const directory = mkdtempSync(join(tmpdir(), "bench-m-"));
  const lines = Array.from({ length: count }, (_, n) => `  p${n}: sleep 100000`);
  writeFileSync(join(directory, "proctor.yaml"), `processes:\n${lines.join("\n")}\n`);
  const state = join(directory, "state");
  const words = ["supervise", "--config", join(directory, "proctor.yaml"), "--state-dir", state];
  const more = tui ? ["--tui"] : ["--web", "127.0.0.1:0"];
  const command = [proctorBinary(), ...words, ...more];
  const env = { ...process.env, TERM: "xterm", LANG: "C.UTF-8" };
  // A full screen needs a terminal.
  const child = tui
    ? spawn("script", ["-qefc", command.join(" "), "/dev/null"], { env, stdio: ["pipe", "ignore", "ignore"] })
    : spawn(command[0], command.slice(1), { env, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const socketPath = join(state, "proctor.sock");
  const list = async () =>
    JSON.parse(await textOf({ socketPath, path: "/processes" })) as { state: string }[];
  const seconds = quick ? 10 : 30;
  try {
    const startMs = performance.now();
    for (;;) {
      const all = await list().catch(() => []);
      if (all.length === count && all.every((one) => one.state === "running")) break;
      if (performance.now() - startMs > PATIENCE_MS) throw new Error(`${count}: they do not run`);
      await sleep(20);
    }
    const upMs = performance.now() - startMs;
    const { pid } = JSON.parse(await textOf({ socketPath, path: "/info" })) as { pid: number };
    await sleep(SETTLE_MS);
    const askMs: number[] = [];
    for (let round = 0; round < 50; round++) {
      const began = performance.now();
      await textOf({ socketPath, path: "/processes" });
      askMs.push(performance.now() - began);
      await sleep(20);
    }
    await sleep(10_000);
    const idle = await percentOver(pid, seconds * 1_000);
    let withPage: number | null = null;
    if (!tui) {
      const close = await openPage(socketPath);
      await sleep(5_000);
      withPage = await percentOver(pid, seconds * 1_000);
      close();
    }
    const pss = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))![1]) / 1_024;
    return [count, tui ? "--tui" : "--web", upMs, median(askMs), idle, withPage, pss];
  } finally {
    await textOf({ socketPath, path: "/shutdown", method: "POST" }).catch(() => child.kill());
    await ended;
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A supervisor of hundreds of processes, looked at. */
export const manySupervised: Bench = {
  about: "a supervisor of 100 and 500 processes: start, status, its page and its full screen",
  async run({ quick }): Promise<BenchResult> {
    const rows: (number | string | null)[][] = [];
    for (const count of [100, 500]) {
      for (const tui of [false, true]) rows.push(await measure(count, tui, quick));
    }
    const checks: Check[] = [];
    const [hundred, , fiveHundred, screen] = rows;
    const check = (what: string, unit: string, measured: unknown, wanted_at_most: number) =>
      checks.push({ what, unit, measured: Number(measured), wanted_at_most });
    check("500: status by the API", "ms", fiveHundred[3], 10);
    check("500: CPU with the page open, of a core", "%", fiveHundred[5], 1);
    check("500: CPU with the full screen, of a core", "%", screen[4], 1);
    check("100: PSS of the supervisor", "MB", hundred[6], 60);
    const columns = [
      { name: "processes (sleep)", digits: 0 },
      { name: "as" },
      { name: "start, ms", digits: 0 },
      { name: "status by API, ms", digits: 1 },
      { name: "CPU, % of a core", digits: 2 },
      { name: "with the page open", digits: 2 },
      { name: "PSS, MB", digits: 1 },
    ];
    const title =
      "one supervisor, looked at: nobody, its page, its own screen (--tui: the CPU is with the screen)";
    return { tables: [{ title, columns, rows }], checks, notes: [] };
  },
};
