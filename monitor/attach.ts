import { performance } from "node:perf_hooks";
import { ProctorError, usageError } from "../core/error.ts";
import type { SummaryRecord } from "../core/record.ts";
import { ProcessTree } from "../group/process_tree.ts";
import { loadPlatform } from "../platform/mod.ts";
import { checkMs, samplingPlan } from "./options.ts";
import type { AttachOptions } from "./options.ts";
import { Session } from "./session.ts";

/**
 * Watch a tree that already runs, until it ends, the duration is over or the signal aborts; the tree goes on.
 * Everything is counted from now on.
 *
 * @throws ProctorError of kind `usage` when there is no such process
 */
export async function attach(pid: number, options: AttachOptions = {}): Promise<SummaryRecord> {
  if (!Number.isSafeInteger(pid) || pid <= 0) throw usageError(`pid: ${pid} is no process ID`);
  if (options.durationMs !== undefined) checkMs("duration", options.durationMs);
  const plan = samplingPlan(options);
  const platform = await loadPlatform();
  const timestampMs = Date.now();
  const startedMs = performance.now();
  const request = { wanted: plan.wanted, marker: "", soleParent: false, guarded: false };
  const group = ProcessTree.observe(platform, pid, request);
  const root = group?.members.find((member) => member.pid === pid);
  if (!group || !root) throw new ProctorError("usage", `pid: there is no process ${pid}`);
  const environment = platform.environment();
  const age = Math.max(0, timestampMs - root.startTimeMs) / 1_000;
  const session = new Session(group, plan, options, root, environment, startedMs, age);
  session.begin(root.args ?? [root.name], environment, timestampMs);
  const deadlineMs = startedMs + (options.durationMs ?? Infinity);
  const aborted = () => options.abort?.aborted ?? false;
  options.abort?.addEventListener("abort", session.wake.now);
  const isOver = () => aborted() || performance.now() >= deadlineMs || !session.isTreeAlive();
  await session.watch(isOver, () => deadlineMs, true);
  options.abort?.removeEventListener("abort", session.wake.now);
  const alive = session.isTreeAlive();
  return session.finish({ outcome: alive ? "interrupted" : "exited", exitCode: null, signal: null });
}
