import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatDuration } from "../../core/duration.ts";
import { ProctorError } from "../../core/error.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { processEventsFinding } from "../../platform/mod.ts";
import type { Platform } from "../../platform/mod.ts";
import { readRuns } from "../../records/read_runs.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { ownProgram } from "../own_program.ts";
import type { OwnUse, Part } from "./part.ts";

/** What a check came to: `less` where the machine does not allow something, which is not a fault of proctor. */
export interface Check {
  readonly name: string;
  readonly result: "ok" | "less" | "failed";
  readonly detail: string;
}

/** How far a figure that claims to be exact may be from what the program says of itself. */
const TOLERANCE_PERCENT = 1;
/** A run that takes longer hangs. */
const RUN_WITHIN_MS = 60_000;
const LEAST_SAMPLES = 3;
const WANTED = { counters: true, io: false, switches: false, fileDescriptors: false };
/** Variables that change what `run` does: what is checked is what it does without. */
const SETTINGS = /^(PROCTOR|PROPLET)_/;

/**
 * Try on this machine what every run needs, by runs of this very program.
 * @param signal ends it at once: its reason is thrown then
 */
export async function runChecks(platform: Platform, signal: AbortSignal): Promise<Check[]> {
  const directory = ownDirectory();
  try {
    return [
      await checked("system calls", () => systemCalls(platform)),
      ...await measuredRun(platform, directory, signal),
      await checked("containment", () => containment(platform, directory, signal)),
      await checked("every process", everyProcess),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @throws ProctorError of kind `system` */
function ownDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), "proctor-self-check-"));
  } catch (error) {
    throw new ProctorError(
      "system",
      `self-check: cannot make a directory in ${tmpdir()}: ${reasonOf(error)}`,
    );
  }
}

type Outcome = Omit<Check, "name">;
const ok = (detail: string): Outcome => ({ result: "ok", detail });
const less = (detail: string): Outcome => ({ result: "less", detail });
const failed = (detail: string): Outcome => ({ result: "failed", detail });

/** What a check came to; whatever it throws is its failure. */
async function checked(name: string, check: () => Outcome | Promise<Outcome>): Promise<Check> {
  try {
    return { name, ...await check() };
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    return { name, ...failed(error instanceof Error ? error.message : String(error)) };
  }
}

function systemCalls(platform: Platform): Outcome {
  const { kernel, online_cpu_count: count, memory_total_bytes: memory } = platform.environment();
  const reader = platform.openProcess(process.pid, WANTED);
  reader?.close();
  if (!reader || !(count > 0)) return failed(`${kernel}: this process cannot be read`);
  return ok(`${kernel}: ${count} CPUs, ${memory === null ? "memory unknown" : `${memory} bytes of memory`}`);
}

/** One run whose command says itself what it has used. */
async function measuredRun(platform: Platform, directory: string, signal: AbortSignal): Promise<Check[]> {
  const records = join(directory, "records.jsonl");
  let summary: SummaryRecord;
  let truth: OwnUse;
  try {
    const options = ["--interval", "100ms", "--no-adaptive", "--records", records];
    const { summary: found, stdout } = await run(platform, directory, options, "burn", signal);
    [summary, truth] = [found, JSON.parse(stdout)];
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    return [{ name: "a run", ...failed((error as Error).message) }];
  }
  return [
    await checked("CPU", () => agrees(summary, "cpu", summary.cpu_seconds, truth.cpu_seconds, "s")),
    await checked("memory peak", () => {
      const peak = summary.peak_process_memory_bytes;
      return agrees(summary, "peak_process_memory", peak, truth.peak_memory_bytes, "bytes");
    }),
    await checked("samples", () => {
      const expected = Math.floor(summary.wall_seconds / 0.1);
      const said = `${summary.sample_count} samples in ${
        formatDuration(Math.round(summary.wall_seconds * 1e3))
      }`;
      return summary.sample_count >= LEAST_SAMPLES
        ? ok(said)
        : failed(`${said}; about ${expected} are expected`);
    }),
    await checked("records", async () => await recordsRead(records, summary)),
  ];
}

/** A figure beside that of getrusage: exact ones agree, others are at most or at least that. */
function agrees(
  { accounting }: SummaryRecord,
  name: "cpu" | "peak_process_memory",
  figure: number | null | undefined,
  truth: number,
  unit: string,
): Outcome {
  const account = accounting[name];
  if (typeof figure !== "number" || !account) return less("not measured here");
  const { source, quality } = account;
  const percent = (figure / truth - 1) * 100;
  const said = `${figure} ${unit} by ${source}, ${truth} ${unit} by getrusage: ${percent.toFixed(2)} %`;
  if (quality !== "exact") return less(`${said}; ${quality.replaceAll("_", " ")} here`);
  return Math.abs(percent) <= TOLERANCE_PERCENT
    ? ok(said)
    : failed(`${said}; at most ${TOLERANCE_PERCENT} % is right`);
}

async function recordsRead(file: string, summary: SummaryRecord): Promise<Outcome> {
  const [read, ...others] = await readRuns(file);
  if (others.length > 0 || read === undefined) return failed(`${others.length + 1} runs are read of one`);
  if (read.summary?.cpu_seconds !== summary.cpu_seconds) return failed("the summary is read back changed");
  return ok("written and read back: start, samples and summary");
}

/** A process of a session of its own that its parent has left is seen, and ended with the tree. */
async function containment(platform: Platform, directory: string, signal: AbortSignal): Promise<Outcome> {
  const records = join(directory, "orphan.jsonl");
  const options = ["--leftovers", "stop", "--grace", "1s", "--records", records];
  const { stdout } = await run(platform, directory, options, "orphan", signal);
  const pid = Number(stdout);
  const [read] = await readRuns(records);
  const { mechanism } = read.start.containment;
  if (!(pid > 0)) return failed("the command did not start its orphan");
  if (platform.lookUp().find(pid)) {
    process.kill(pid, "SIGKILL");
    return failed(`${mechanism}: process ${pid} has outlived its run`);
  }
  return ok(`${mechanism}: an orphan of a session of its own was found and ended`);
}

async function everyProcess(): Promise<Outcome> {
  const { ok: isThere, detail, advice } = await processEventsFinding();
  return isThere ? ok(detail) : less(advice === null ? detail : `${detail}; for more: ${advice}`);
}

/** Run a part of this program below proctor run. */
async function run(
  platform: Platform,
  directory: string,
  options: readonly string[],
  part: Part,
  signal: AbortSignal,
): Promise<{ summary: SummaryRecord; stdout: string }> {
  const own = ownProgram(platform);
  const file = join(directory, `${part}.json`);
  const words = [
    "run",
    "--quiet",
    "--timeout",
    formatDuration(RUN_WITHIN_MS),
    "--summary-file",
    file,
    ...options,
  ];
  const command = [...own, ...words, "--", ...own, "self-check", "--part", part];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.test(name)));
  const child = spawn(command[0], command.slice(1), { env, signal, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) {
    const said = stderr.trim().split("\n")[0].replace(/^proctor: /, "");
    throw new ProctorError(
      "system",
      `proctor run ended with exit code ${code}${said === "" ? "" : `: ${said}`}`,
    );
  }
  return { summary: JSON.parse(readFileSync(file, "utf8")) as SummaryRecord, stdout };
}
