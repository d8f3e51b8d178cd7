import { performance } from "node:perf_hooks";
import { randomBytes } from "node:crypto";
import { Fold } from "../core/fold.ts";
import { checkLimits } from "../core/limits.ts";
import { MARKER } from "../core/marker.ts";
import { ProctorError } from "../core/error.ts";
import type { SummaryRecord } from "../core/record.ts";
import { onChildEnd } from "../group/child_signal.ts";
import { launchError } from "../group/launch_error.ts";
import { launchSpec } from "../group/launch_spec.ts";
import { ProcessTree } from "../group/process_tree.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Launched, ProcessIdentity } from "../platform/mod.ts";
import { signalAll } from "../group/stop.ts";
import { forwardSignals } from "./forward_signals.ts";
import type { SignalForwarding } from "./forward_signals.ts";
import { checkRunOptions, samplingPlan } from "./options.ts";
import type { RunOptions, SamplingPlan } from "./options.ts";
import { startRecord, summaryRecord } from "./records.ts";
import type { Ending } from "./records.ts";
import { Session } from "./session.ts";

/** The default of `graceMs`. */
export const DEFAULT_GRACE_MS = 2_000;
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
 * @throws ProctorError of kind `usage` when the options make no sense, `system` when the platform is none
 */
export async function run(
  command: RunOptions["command"],
  options: Omit<RunOptions, "command"> = {},
): Promise<SummaryRecord> {
  const { summary } = await monitorRun({ ...options, command });
  return summary;
}

/** As {@link run}, for callers that want to know what kept a command from starting. */
export async function monitorRun(options: RunOptions): Promise<RunResult> {
  checkRunOptions(options);
  const limits = checkLimits(options.limits);
  const plan = samplingPlan(options);
  const platform = await loadPlatform();
  // Before anything exists that a signal could orphan.
  const forwarding = options.forwardSignals ? forwardSignals(platform) : undefined;
  // As long as SIGCHLD is ignored, as whoever started us may have left it, the kernel buries a short command unseen.
  const stopListening = onChildEnd(() => {});
  try {
    const marker = `${MARKER}=${process.pid}-${randomBytes(6).toString("hex")}`;
    const group = ProcessTree.create(platform, {
      wanted: plan.wanted,
      marker,
      soleParent: options.soleParent ?? false,
      guarded: true,
      limits,
      mechanism: options.mechanism,
    });
    const timestampMs = Date.now();
    const startedMs = performance.now();
    const launched = start(group, options, marker);
    if (launched instanceof ProctorError) {
      return failedToStart(group, plan, options, launched, timestampMs, startedMs);
    }
    const root = group.members.find((member) => member.pid === launched.pid) ??
      { pid: launched.pid, birth: 0 };
    const run = { group, plan, options, root, forwarding, timestampMs, startedMs };
    return { summary: await watch(run), startError: undefined };
  } finally {
    stopListening();
    forwarding?.stop();
  }
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

function failedToStart(
  group: ProcessTree,
  plan: SamplingPlan,
  options: RunOptions,
  error: ProctorError,
  timestampMs: number,
  startedMs: number,
): RunResult {
  const environment = group.platform.environment();
  const { name } = options;
  options.onRecord?.(
    startRecord(group, plan, { name, command: words(options), pid: null, timestampMs, environment }),
  );
  const ending: Ending = { outcome: "failed_to_start", exitCode: null, signal: null, error: error.message };
  const summary = summaryRecord(group, plan, new Fold(), ending, {
    name,
    timestampMs: Date.now(),
    wallSeconds: (performance.now() - startedMs) / 1_000,
    missedTickCount: 0,
    ownSecondsBefore: options.ownSecondsBefore,
  });
  group.release();
  options.onRecord?.(summary);
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
}

async function watch(
  { group, plan, options, root, forwarding, timestampMs, startedMs }: StartedRun,
): Promise<SummaryRecord> {
  const { platform } = group;
  forwarding?.deliverTo(({ signal, fromTerminal }) => {
    if (!fromTerminal) platform.signal(root, signal);
  });
  const environment = platform.environment();
  const session = new Session(group, plan, options, root, environment, startedMs, 0);
  session.begin(words(options), environment, timestampMs);
  const aborted = () => options.abort?.aborted ?? false;
  options.abort?.addEventListener("abort", session.wake.now);
  const deadlineMs = startedMs + (options.timeoutMs ?? Infinity);
  const expired = () => performance.now() >= deadlineMs;
  const mustStop = () => expired() || aborted();

  await session.watch(() => session.rootEnded || mustStop(), () => deadlineMs, false);
  let dismissed = options.leftovers === "stop";
  if ((options.leftovers ?? "wait") === "wait" && !mustStop()) {
    dismissed = await waitForLeftovers(session, forwarding, mustStop, deadlineMs);
  }
  const timedOut = expired() && session.isTreeAlive();
  if (timedOut || aborted() || (dismissed && session.isTreeAlive())) {
    const report = await session.stop({ signal: "SIGTERM", graceMs: options.graceMs ?? DEFAULT_GRACE_MS });
    if (report.membersAfter > 0) {
      options.onNotice?.(`${report.membersAfter} processes of the tree did not end, not even by SIGKILL`);
    }
  }
  options.abort?.removeEventListener("abort", session.wake.now);
  // A signal that came with the end may still be on its way to its handler.
  await new Promise((resolve) => setImmediate(resolve));
  return session.finish(ending(session, timedOut, aborted() || forwarding?.received !== undefined));
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
): Promise<boolean> {
  let dismissed = false;
  forwarding?.deliverTo(({ signal, asksToEnd }) => {
    if (!asksToEnd) signalAll(session.group, signal);
    dismissed ||= asksToEnd;
    session.wake.now();
  });
  const notice = setTimeout(() => session.options.onNotice?.(describeLeftovers(session)), NOTICE_AFTER_MS);
  await session.watch(() => !session.isTreeAlive() || mustStop() || dismissed, () => deadlineMs, true);
  clearTimeout(notice);
  return dismissed;
}

function describeLeftovers({ group }: Session): string {
  const names = group.members.slice(0, 3).map((member) => `${member.name} (PID ${member.pid})`).join(", ");
  const more = group.members.length > 3 ? " and others" : "";
  return `the command has ended; waiting for ${names}${more}, which it left running; ` +
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
