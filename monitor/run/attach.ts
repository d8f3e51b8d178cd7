import { ProctorError, usageError } from "../../core/error.ts";
import { shown } from "../../core/option.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Platform } from "../../platform/mod.ts";
import { checkAttachOptions } from "../options.ts";
import { samplingPlan } from "../sampling_plan.ts";
import type { AttachOptions } from "../options.ts";
import { Session } from "./session.ts";
import type { OwnThread } from "./stillness.ts";
import type { SamplingPlan } from "../sampling_plan.ts";
import type { ProcessWatch } from "../../group/process_watch.ts";

/**
 * Watch a tree that already runs, until it ends, the duration is over or the signal aborts; the tree goes on.
 * Everything is counted from now on.
 *
 * @throws ProctorError of kind `usage` when there is no such process; what a callback throws, when the tree was let
 *   go of
 */
export function attach(pid: number, options: AttachOptions = {}): Promise<SummaryRecord> {
  return monitorTree(pid, options);
}

/**
 * As {@link attach}, for programs that may own their thread.
 * @param thread where this program does nothing else meanwhile
 */
export async function monitorTree(
  pid: number,
  options: AttachOptions,
  thread?: OwnThread,
): Promise<SummaryRecord> {
  if (!Number.isSafeInteger(pid) || pid <= 0) throw usageError(`pid: ${shown(pid)} is not a process ID`);
  checkAttachOptions(options);
  const plan = samplingPlan(options);
  const platform = await loadPlatform();
  // It takes a moment, and is to hear of all that happens once the tree is looked at.
  const processes = options.processes ? await openProcesses() : undefined;
  try {
    return await watch(pid, options, plan, platform, processes, thread);
  } finally {
    processes?.close();
  }
}

async function openProcesses(): Promise<ProcessWatch> {
  return await (await import("../../group/process_watch.ts")).ProcessWatch.openToOthers();
}

async function watch(
  pid: number,
  options: AttachOptions,
  plan: SamplingPlan,
  platform: Platform,
  processes: ProcessWatch | undefined,
  thread: OwnThread | undefined,
): Promise<SummaryRecord> {
  // Between the first look at the tree and the next there is no turn of the loop.
  const toRecord = processes && (await import("../../group/process_table_record.ts")).lifeRecord;
  const timestampMs = Date.now();
  const startedMs = performance.now();
  const request = {
    wanted: plan.wanted,
    marker: "",
    soleParent: false,
    guarded: false,
    traffic: plan.traffic,
  };
  const group = ProcessTree.observe(platform, pid, request);
  const root = group?.members.find((member) => member.pid === pid);
  if (!group || !root) throw new ProctorError("usage", `pid: there is no process ${pid}`);
  const environment = platform.environment();
  const age = Math.max(0, timestampMs - root.startTimeMs) / 1_000;
  const session = new Session(group, plan, options, root, environment, startedMs, age, thread, processes);
  if (processes) session.tellEnds(processes, toRecord!);
  processes?.beginAmidst(group);
  if (plan.gpu) await group.watchGpu(startedMs).ready;
  session.begin(root.args ?? [root.name], environment, timestampMs);
  if (processes?.limitation) session.notice(`processes: ${processes.limitation}`);
  const deadlineMs = startedMs + (options.durationMs ?? Infinity);
  const aborted = () => options.abort?.aborted ?? false;
  options.abort?.addEventListener("abort", session.wake.now);
  const isOver = () =>
    aborted() || session.hasFailed || performance.now() >= deadlineMs || !session.isTreeAlive();
  await session.watch(isOver, () => deadlineMs, true);
  options.abort?.removeEventListener("abort", session.wake.now);
  const alive = session.isTreeAlive();
  return await session.finish({ outcome: alive ? "interrupted" : "exited", exitCode: null, signal: null });
}
