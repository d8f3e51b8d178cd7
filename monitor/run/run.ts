import { Fold } from "../../core/measure/fold.ts";
import { checkLimits } from "../../core/measure/limits.ts";
import { NO_TICKS } from "../../core/measure/sampler.ts";
import { MARKER } from "../../core/schema/marker.ts";
import { ProctorError } from "../../core/error.ts";
import { checkValue, OBJECT } from "../../core/option.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { randomHex } from "../../io/random_hex.ts";
import { onChildEnd } from "../../group/child_ends.ts";
import { launchError } from "../../group/launch_error.ts";
import { launchSpec } from "../../group/launch_spec.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { DEFAULT_GRACE_MS } from "../../group/stop.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Launched, ProcessIdentity } from "../../platform/mod.ts";
import { signalAll } from "../../group/stop.ts";
import { Callbacks } from "../callbacks.ts";
import { forwardSignals } from "./forward_signals.ts";
import type { SignalForwarding } from "./forward_signals.ts";
import { checkRunOptions } from "../options.ts";
import { samplingPlan } from "../sampling_plan.ts";
import type { RunOptions } from "../options.ts";
import type { SamplingPlan } from "../sampling_plan.ts";
import type { AppWatch } from "../app/app_watch.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";
import type { RunEnergy } from "./run_energy.ts";
import { startRecord, summaryRecord } from "./records.ts";
import type { Ending } from "./records.ts";
import { Session } from "./session.ts";
import type { OwnThread } from "./stillness.ts";

/** Waiting for leftovers is worth a word to the user after this long. */
const NOTICE_AFTER_MS = 2_000;

/** A run's summary, and the error that kept the command from starting, if one did. */
export interface RunResult {
  readonly summary: SummaryRecord;
  readonly startError: ProctorError | undefined;
}

/**
 * Run a command, watch everything that descends from it, and say what it cost.
 *
 * @param command the program and its arguments; it gets our standard input and output unless `stdio` says else
 * @returns the summary; a command that cannot be started gives one too, with the outcome `failed_to_start`
 * @throws ProctorError of kind `usage` when the options make no sense, `system` when the platform is none; what a
 *   callback throws, when the tree has been stopped for it
 */
export async function run(
  command: RunOptions["command"],
  options: Omit<RunOptions, "command"> = {},
): Promise<SummaryRecord> {
  checkValue("options", options, OBJECT);
  const { summary } = await monitorRun({ ...options, command });
  return summary;
}

/**
 * As {@link run}, for callers that want to know what kept a command from starting.
 * @param thread where this program does nothing else meanwhile
 */
export async function monitorRun(options: RunOptions, thread?: OwnThread): Promise<RunResult> {
  checkRunOptions(options);
  const limits = checkLimits(options.limits);
  const plan = samplingPlan(options);
  const platform = await loadPlatform();
  // Before anything exists that a signal could orphan.
  const forwarding = options.forwardSignals ? forwardSignals(platform) : undefined;
  // As long as SIGCHLD is ignored, as whoever started us may have left it, the kernel buries a short command unseen.
  const stopListening = onChildEnd(platform, () => {});
  let processes: ProcessWatch | undefined;
  let app: AppWatch | undefined;
  let energy: RunEnergy | undefined;
  try {
    // Before the first process of the tree, so that none is missed.
    if (options.processes) {
      processes = await (await import("../../group/process_watch.ts")).ProcessWatch.open();
    }
    if (options.counters) energy = await (await import("./run_energy.ts")).RunEnergy.open();
    if (options.appMetrics || options.scrape?.length || options.appOtlp) app = await openAppWatch(options);
    const marker = `${MARKER}=${process.pid}-${randomHex(6)}`;
    const group = ProcessTree.create(platform, {
      wanted: plan.wanted,
      marker,
      soleParent: options.soleParent ?? false,
      guarded: true,
      limits,
      exactPeak: options.exactPeak,
      traffic: plan.traffic,
      counters: options.counters,
      mechanism: options.mechanism,
    });
    const timestampMs = Date.now();
    const startedMs = performance.now();
    const launched = start(group, app ? withVariables(options, app.environment) : options, marker);
    if (launched instanceof ProctorError) {
      return await failedToStart(group, plan, options, launched, timestampMs, startedMs);
    }
    processes?.begin(group, launched.pid);
    const root = group.members.find((member) => member.pid === launched.pid) ??
      { pid: launched.pid, birth: 0 };
    const run = {
      group,
      plan,
      options,
      root,
      forwarding,
      timestampMs,
      startedMs,
      thread: app?.needsLoop ? undefined : thread,
      processes,
      app,
      energy,
    };
    return { summary: await watch(run), startError: undefined };
  } finally {
    processes?.close();
    app?.close();
    energy?.close();
    stopListening();
    forwarding?.stop();
  }
}

async function openAppWatch(options: RunOptions): Promise<AppWatch> {
  const { AppWatch } = await import("../app/app_watch.ts");
  return await AppWatch.open(options, { ...process.env, ...options.env });
}

function withVariables(options: RunOptions, ours: Readonly<Record<string, string>>): RunOptions {
  return { ...options, env: { ...ours, ...options.env } };
}

function start(group: ProcessTree, options: RunOptions, marker: string): Launched | ProctorError {
  try {
    const spec = launchSpec(group.platform, options, marker);
    const launched = group.start(spec);
    return "stage" in launched ? launchError(launched, spec) : launched;
  } catch (error) {
    if (error instanceof ProctorError) return error;
    throw error;
  }
}

async function failedToStart(
  group: ProcessTree,
  plan: SamplingPlan,
  options: RunOptions,
  error: ProctorError,
  timestampMs: number,
  startedMs: number,
): Promise<RunResult> {
  const environment = group.platform.environment();
  const { name } = options;
  const callbacks = new Callbacks(options);
  callbacks.onRecord(
    startRecord(group, plan, { name, command: words(options), pid: null, timestampMs, environment }),
  );
  const ending: Ending = { outcome: "failed_to_start", exitCode: null, signal: null, error };
  const summary = summaryRecord(group, plan, new Fold(), ending, {
    name,
    timestampMs: Date.now(),
    wallSeconds: (performance.now() - startedMs) / 1_000,
    ticks: NO_TICKS,
    wakeUpCount: 0,
    ownSecondsBefore: options.ownSecondsBefore,
    ownSwitchesBefore: options.ownSwitchesBefore,
  });
  group.release();
  callbacks.onRecord(summary);
  await callbacks.settle();
  return { summary, startError: error };
}

/** A command that has been started, and all that belongs to watching it. */
interface StartedRun {
  readonly group: ProcessTree;
  readonly plan: SamplingPlan;
  readonly options: RunOptions;
  readonly root: ProcessIdentity;
  readonly forwarding: SignalForwarding | undefined;
  readonly timestampMs: number;
  readonly startedMs: number;
  readonly thread: OwnThread | undefined;
  readonly processes: ProcessWatch | undefined;
  readonly app: AppWatch | undefined;
  readonly energy: RunEnergy | undefined;
}

async function watch(
  { group, plan, options, root, forwarding, timestampMs, startedMs, thread, processes, app, energy }:
    StartedRun,
): Promise<SummaryRecord> {
  const { platform } = group;
  let hungUp = false;
  forwarding?.deliverTo(({ signal, fromTerminal, hangsUp }) => {
    if (hangsUp) hangUp();
    else if (!fromTerminal) platform.signal(root, signal);
  });
  const environment = platform.environment();
  const session = new Session(group, plan, options, root, environment, startedMs, 0, thread, processes);
  session.energy = energy;
  if (processes) {
    session.tellEnds(processes, (await import("../../group/process_table_record.ts")).lifeRecord);
  }
  if (app) session.take(app);
  // What it takes is loaded when the command runs already.
  if (plan.gpu) await group.watchGpu(startedMs).ready;
  session.begin(words(options), environment, timestampMs);
  const blindness = platform.blindness();
  if (blindness !== null) session.notice(blindness);
  if (processes?.limitation) session.notice(`processes: ${processes.limitation}`);
  const aborted = () => options.abort?.aborted ?? false;
  function hangUp(): void {
    hungUp = true;
    session.wake.now();
  }
  options.abort?.addEventListener("abort", session.wake.now);
  const deadlineMs = startedMs + (options.timeoutMs ?? Infinity);
  const expired = () => performance.now() >= deadlineMs;
  const mustStop = () => expired() || aborted() || hungUp || session.hasFailed;

  await session.watch(() => session.rootEnded || mustStop(), () => deadlineMs, false);
  let dismissed = options.leftovers === "stop";
  if ((options.leftovers ?? "wait") === "wait" && !mustStop()) {
    dismissed = await waitForLeftovers(session, forwarding, mustStop, deadlineMs, hangUp);
  }
  const timedOut = !hungUp && expired() && session.isTreeAlive();
  if (timedOut || aborted() || hungUp || session.hasFailed || (dismissed && session.isTreeAlive())) {
    const signal = hungUp ? "SIGHUP" : "SIGTERM";
    const report = await session.stop({ signal, graceMs: options.graceMs ?? DEFAULT_GRACE_MS });
    if (report.membersAfter > 0) {
      session.notice(`${report.membersAfter} processes of the tree did not end, not even by SIGKILL`);
    }
  }
  options.abort?.removeEventListener("abort", session.wake.now);
  // A signal that came with the end may still be on its way to its handler.
  await new Promise((resolve) => setImmediate(resolve));
  return await session.finish(ending(session, timedOut, aborted() || forwarding?.received !== undefined));
}

/**
 * The run is over when the tree is over: what the command left running belongs to its bill. A signal that asks
 * to end is meant for all of it now; a shell's background commands ignore Ctrl-C, so it is not just passed on.
 *
 * @returns whether such a signal came, and what is left is to be stopped
 */
async function waitForLeftovers(
  session: Session,
  forwarding: SignalForwarding | undefined,
  mustStop: () => boolean,
  deadlineMs: number,
  hangUp: () => void,
): Promise<boolean> {
  let dismissed = false;
  forwarding?.deliverTo(({ signal, asksToEnd, hangsUp }) => {
    if (hangsUp) return hangUp();
    if (!asksToEnd) signalAll(session.group, signal);
    dismissed ||= asksToEnd;
    session.wake.now();
  });
  let noticeMs = performance.now() + NOTICE_AFTER_MS;
  const isOver = () => {
    if (!session.isTreeAlive() || mustStop() || dismissed) return true;
    if (performance.now() >= noticeMs) {
      noticeMs = Infinity;
      session.notice(describeLeftovers(session));
    }
    return false;
  };
  await session.watch(isOver, () => Math.min(deadlineMs, noticeMs), true);
  return dismissed;
}

function describeLeftovers({ group }: Session): string {
  const names = group.members.slice(0, 3).map((member) => `${member.name} (PID ${member.pid})`).join(", ");
  const more = group.members.length > 3 ? " and others" : "";
  const who = names || "processes that live too briefly to be named";
  return `the command has ended; waiting for ${who}${more}, which it left running; ` +
    "Ctrl-C stops what is left, --leftovers says what to do with it from the start";
}

function ending(session: Session, timedOut: boolean, interrupted: boolean): Ending {
  const exit = session.rootEnd?.exit;
  const signal = exit?.signal ? session.group.platform.signalName(exit.signal) : null;
  const natural = signal === null ? "exited" : "signaled";
  return {
    outcome: timedOut ? "timed_out" : interrupted ? "interrupted" : natural,
    exitCode: exit?.exitCode ?? null,
    signal,
  };
}

function words(options: RunOptions): string[] {
  const decoder = new TextDecoder();
  return options.command.map((word) => typeof word === "string" ? word : decoder.decode(word));
}
