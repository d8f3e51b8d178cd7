import { Follower } from "./follower.ts";
import type { LineSink } from "./follower.ts";
import type { LogLine, LogQuery } from "./log_line.ts";
import { merge, newest } from "./merge.ts";
import type { ProcessLogs } from "./process_logs.ts";
import { readBack, told } from "./read_back.ts";

/** All logs together hold no more than this of their files. */
const MOST_BYTES = 8_388_608;
const LARGEST_PIECE = 65_536;
const SMALLEST_PIECE = 4_096;

/** Has a follower told of what is opened later; the function returned ends that. */
export type OnOpened = (take: (logs: ProcessLogs) => void) => () => void;

/**
 * Lines of several processes in the order of their times, up to what is there. Of the last lines alone one log is read
 * after another, so that neither memory nor descriptors grow with their number; of all lines each log has a piece in
 * memory. A log that cannot be read is told of, and the others go on.
 */
export async function* readMerged(
  all: readonly ProcessLogs[],
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const { tail } = query;
  const piece = pieceFor(all.length);
  const read = (logs: ProcessLogs) => told(logs.id, () => readBack(logs, query, signal, piece));
  yield* tail === undefined ? merge(all.map(read)) : await lastOf(all.map(read), tail, signal);
}

/**
 * The same, and then what is written from now on, as it is collected, also of what is opened later; ends with the
 * signal.
 */
export async function* followMerged(
  all: readonly ProcessLogs[],
  query: LogQuery,
  signal: AbortSignal,
  onOpened: OnOpened,
): AsyncGenerator<LogLine> {
  const follower = new Follower("*");
  // One process may be removed: the others go on.
  const sink: LineSink = { push: (lines) => follower.push(lines), end: () => {} };
  const leaves = new Map<string, () => void>();
  const stop = onOpened((logs) => leaves.set(logs.id, logs.attach(sink, query)));
  const piece = pieceFor(all.length);
  const read = (logs: ProcessLogs) =>
    told(logs.id, async () => {
      const { before, leave } = await logs.join(sink, query, signal, piece);
      leaves.set(logs.id, leave);
      return before;
    });
  try {
    const { tail } = query;
    if (tail === undefined) yield* merge(all.map(read));
    else {
      const before = await lastOf(all.map(read), tail, signal);
      // What has come while the last logs were read belongs between their lines.
      const meanwhile = follower.take();
      yield* newest(before, meanwhile, before.length + meanwhile.length);
    }
    yield* follower.lines(signal);
  } finally {
    stop();
    for (const leave of leaves.values()) leave();
  }
}

function pieceFor(count: number): number {
  return Math.max(SMALLEST_PIECE, Math.min(LARGEST_PIECE, Math.floor(MOST_BYTES / Math.max(1, count))));
}

/** The last lines of several logs, of which one after another is read. */
async function lastOf(
  logs: readonly AsyncIterable<LogLine>[],
  count: number,
  signal: AbortSignal,
): Promise<LogLine[]> {
  let last: LogLine[] = [];
  for (const one of logs) {
    if (signal.aborted) break;
    const own: LogLine[] = [];
    for await (const line of one) own.push(line);
    last = newest(last, own, count);
  }
  return last;
}
