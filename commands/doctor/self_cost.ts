import { setTimeout as sleep } from "node:timers/promises";
import { ownProgram } from "../own_program.ts";
import { describe } from "../../core/compare/statistics.ts";
import { count, seconds } from "../../core/measure/numbers.ts";
import { Raw } from "../../core/measure/raw.ts";
import { ProctorError } from "../../core/error.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { VERSION } from "../../core/schema/version.ts";
import type { Platform, ProcessReader } from "../../platform/mod.ts";
import { PipedProgram } from "./piped_program.ts";

/** Starts with and without proctor, in turns; the first pair, which finds nothing in the caches, does not count. */
const START_PAIRS = 5;
/** A run lets go of what its start has needed after a second, and compiles what runs often: then it is as it stays. */
const SETTLE_MS = 1_500;
const MEASURE_MS = 2_000;
/** Says that it runs, and does nothing until its input ends. */
const IDLE = ["sh", "-c", "echo; read _ || :"];
/** Each of these runs at the same time. */
const INTERVALS: readonly (readonly [interval: string, ...options: string[]])[] = [
  ["default"],
  ["100ms", "--interval", "100ms", "--no-adaptive"],
  ["1s", "--interval", "1s", "--no-adaptive"],
];
/** Variables that change what `run` does: what is measured is what it does without. */
const SETTINGS = /^(PROCTOR|PROPLET)_(METRICS_INTERVAL|ENABLE_MONITORING)$/;

/** What watching one idle process costs at one interval, seen from outside over a span of time. */
export interface WatchingCost {
  interval: string;
  pid: number;
  measured_seconds: number;
  cpu_seconds: number | null;
  /** Of one core. */
  cpu_percent: number | null;
  /** Voluntary context switches of all threads. */
  wake_ups_per_second: number | null;
  memory_bytes: number | null;
  peak_memory_bytes: number | null;
  /** CPU that was used before the span: for the start, most of all. */
  cpu_seconds_before: number | null;
  /** What the run itself said at its end, of the whole of it. */
  summary: Pick<SummaryRecord, "wall_seconds" | "sample_count" | "missed_tick_count" | "monitor">;
}

/** What proctor itself costs on this machine. */
export interface SelfCost {
  version: string;
  /** How much later a command begins than without proctor: the median of the pairs. */
  start_delay_ms: number;
  starts: { without_proctor_ms: number; with_proctor_ms: number }[];
  settling_seconds: number;
  watching: WatchingCost[];
}

/**
 * Measure what watching one idle process costs, by runs of this very program.
 * @param signal ends it at once: nothing is left by then, and its reason is thrown
 * @throws ProctorError of kind `system` where a run fails or cannot be read
 */
export async function measureSelfCost(platform: Platform, signal: AbortSignal): Promise<SelfCost> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.test(name)));
  const run = [...ownProgram(platform), "run"];
  const starts: SelfCost["starts"] = [];
  for (let pair = 0; pair <= START_PAIRS; pair++) {
    const start = {
      without_proctor_ms: await startMs(IDLE, env, signal),
      with_proctor_ms: await startMs([...run, "--quiet", "--summary", "none", "--", ...IDLE], env, signal),
    };
    if (pair > 0) starts.push(start);
  }
  const watching = await allOrNone(
    signal,
    (either) =>
      INTERVALS.map(([interval, ...options]) =>
        watchingCost(
          platform,
          interval,
          [...run, "--summary", "json", ...options, "--", ...IDLE],
          env,
          either,
        )
      ),
  );
  return {
    version: VERSION,
    start_delay_ms: milliseconds(
      describe(starts.map((one) => one.with_proctor_ms - one.without_proctor_ms)).median,
    ),
    starts,
    settling_seconds: SETTLE_MS / 1_000,
    watching,
  };
}

/** From the call that starts a program to the first word of it. */
async function startMs(
  words: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<number> {
  const calledMs = performance.now();
  await using program = new PipedProgram(words, env);
  return milliseconds(await unlessAborted(program.began, signal) - calledMs);
}

async function watchingCost(
  platform: Platform,
  interval: string,
  words: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<WatchingCost> {
  await using program = new PipedProgram(words, env);
  await unlessAborted(program.began, signal);
  await sleep(SETTLE_MS, undefined, { signal });
  const wanted = { counters: true, io: false, switches: true, fileDescriptors: false };
  const reader = platform.openProcess(program.pid!, wanted);
  if (!reader) throw new ProctorError("system", `doctor --self: process ${program.pid} cannot be read`);
  try {
    const before = look(reader);
    await sleep(MEASURE_MS, undefined, { signal });
    const after = look(reader);
    const passed = (after.ms - before.ms) / 1_000;
    const used = after.cpuSeconds - before.cpuSeconds;
    const summary = JSON.parse(await program.finish()) as SummaryRecord;
    const { wall_seconds, sample_count, missed_tick_count, monitor } = summary;
    return {
      interval,
      pid: reader.pid,
      measured_seconds: seconds(passed)!,
      cpu_seconds: seconds(used),
      cpu_percent: thousandths(100 * used / passed),
      wake_ups_per_second: hundredths((after.switches - before.switches) / passed),
      memory_bytes: count(after.memoryBytes),
      peak_memory_bytes: count(after.peakMemoryBytes),
      cpu_seconds_before: seconds(before.cpuSeconds),
      summary: { wall_seconds, sample_count, missed_tick_count, monitor },
    };
  } finally {
    reader.close();
  }
}

function look(reader: ProcessReader) {
  const ms = performance.now();
  reader.look(true);
  reader.lookAtDetails();
  const { row, cpuSeconds } = reader;
  return {
    ms,
    cpuSeconds,
    switches: row[Raw.voluntarySwitches],
    memoryBytes: row[Raw.memoryBytes],
    peakMemoryBytes: row[Raw.peakMemoryBytes],
  };
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Wait for all of several; where one fails the others are ended, and waited for all the same. */
async function allOrNone<T>(signal: AbortSignal, begin: (either: AbortSignal) => Promise<T>[]): Promise<T[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const settled = await Promise.allSettled(
    begin(either).map((one) =>
      one.catch((error) => {
        failed.abort(error);
        throw error;
      })
    ),
  );
  failed.signal.throwIfAborted();
  return settled.map((one) => (one as PromiseFulfilledResult<T>).value);
}

/** A hundredth of a percent is much of what an interval of a second costs. */
function thousandths(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}

/** Null where a thread has ended meanwhile, and has taken its count along. */
function hundredths(rate: number): number | null {
  return rate >= 0 ? Math.round(rate * 100) / 100 : null;
}

/** To the microsecond. */
function milliseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
