import { ProctorError } from "../core/error.ts";
import { ControlError } from "./control.ts";
import { Follower } from "./logs/follower.ts";
import type { LineSink } from "./logs/follower.ts";
import { noticeLine } from "./logs/log_line.ts";
import type { LogLine, LogQuery } from "./logs/log_line.ts";
import { followMerged, readMerged } from "./logs/merged.ts";
import type { ProcessLogs } from "./logs/process_logs.ts";
import { demandReadable, told } from "./logs/read_back.ts";
import type { Process, ProcessRegistry } from "./registry.ts";
import { idsOf, isMeant } from "./selection.ts";

/**
 * What several processes have written, in the order of time. What cannot be read is told of where others can be.
 * @throws ControlError `not_found` where a name fits nothing, `conflict` where the output of none can be read
 */
export function mergedLogs(
  processes: ProcessRegistry,
  names: readonly string[],
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  const readable: ProcessLogs[] = [];
  const refusals: { id: string; error: ControlError }[] = [];
  for (const one of meant(processes, names)) {
    try {
      readable.push(readableLogs(one, query));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      refusals.push({ id: one.id, error });
    }
  }
  if (readable.length === 0 && refusals.length > 0) throw refusals[0].error;
  const notices = refusals.map(({ id, error }) => noticeLine(id, error.message));
  if (!query.follow) return behind(notices, readMerged(readable, query, signal));
  const lines = followMerged(readable, query, signal, (take) =>
    processes.onMade((one) => {
      if (one.logs && isMeant(names, one.definition)) take(one.logs);
    }));
  return behind(notices, lines);
}

/**
 * What one process has written, and what is written from now on by it or another that takes its place; ends when there
 * is none of its id any more.
 * @throws ControlError `not_found`, or `conflict`
 */
export function followedLogs(
  processes: ProcessRegistry,
  id: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  return follow(processes, readableLogs(processes.demand(id), query), query, signal);
}

async function* follow(
  processes: ProcessRegistry,
  logs: ProcessLogs,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const { id } = logs;
  const follower = new Follower(id);
  const { isEnding } = processes.context;
  const sink: LineSink = {
    push: (lines) => follower.push(lines),
    end: () => isEnding() && follower.end(),
  };
  const ends: (() => void)[] = [
    processes.onMade((one) => {
      if (one.id !== id) return;
      if (one.logs) ends.push(one.logs.attach(sink, query));
      else follower.end();
    }),
    processes.onGone((gone) => gone === id && follower.end()),
  ];
  let isJoined = false;
  try {
    yield* told(id, async () => {
      const { before, leave } = await logs.join(sink, query, signal);
      isJoined = true;
      ends.push(leave);
      return before;
    });
    // What could not be read keeps nobody from following.
    if (!isJoined) ends.push(logs.attach(sink, query));
    yield* follower.lines(signal);
  } finally {
    for (const end of ends) end();
  }
}

function meant(processes: ProcessRegistry, names: readonly string[]): Process[] {
  const all = processes.all;
  if (names.length === 0) return all.filter((one) => one.logs !== null);
  try {
    const ids = idsOf(names, all.map(({ definition }) => definition), true);
    return ids.map((id) => processes.demand(id));
  } catch (error) {
    if (error instanceof ProctorError) throw new ControlError("not_found", error.message);
    throw error;
  }
}

/**
 * The logs of a process that a query can be answered from.
 * @throws ControlError `conflict`
 */
export function readableLogs({ id, logs }: Process, query: LogQuery): ProcessLogs {
  if (!logs) throw new ControlError("conflict", `${id}: it is unmanaged, its output is not ours to collect`);
  demandReadable(logs, query);
  return logs;
}

async function* behind(first: readonly LogLine[], rest: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  yield* first;
  yield* rest;
}
