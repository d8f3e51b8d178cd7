import type { LogLine } from "./log_line.ts";

/** A source, and its line that comes next. */
interface Head {
  readonly source: AsyncIterator<LogLine>;
  /** Of two of one time the one that was named first comes first. */
  readonly index: number;
  line: LogLine;
}

/**
 * Lines of several sources in the order of their times, one of each held at a time. A line without a time goes with the
 * line before it. All sources are begun at once, and each is ended with the whole.
 */
export async function* merge(sources: readonly AsyncIterable<LogLine>[]): AsyncGenerator<LogLine> {
  const begun = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const first = await Promise.all(begun.map((source) => source.next()));
    const heap: Head[] = [];
    for (const [index, { value, done }] of first.entries()) {
      if (!done) heap.push({ source: begun[index], index, line: value });
    }
    heap.sort(compare);
    while (heap.length > 0) {
      const [top] = heap;
      yield top.line;
      const { value, done } = await top.source.next();
      if (done) {
        const last = heap.pop()!;
        if (last === top) continue;
        heap[0] = last;
      } else {
        top.line = value;
        if (value.timestamp === null) continue;
      }
      sink(heap);
    }
  } finally {
    await Promise.all(begun.map((source) => source.return?.()));
  }
}

function compare(a: Head, b: Head): number {
  const [one, other] = [a.line.timestamp ?? "", b.line.timestamp ?? ""];
  return one < other ? -1 : one > other ? 1 : a.index - b.index;
}

/** Let the first of a binary heap sink to where it belongs. */
function sink(heap: Head[]): void {
  for (let at = 0;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && compare(heap[child], heap[least]) < 0) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least], heap[at]];
    at = least;
  }
}

/** The last lines of two lists, in the order of their times. */
export function newest(some: readonly LogLine[], others: readonly LogLine[], count: number): LogLine[] {
  const timed = [some, others].flatMap((lines) => {
    let time = "";
    return lines.map((line) => ({ line, time: time = line.timestamp ?? time }));
  });
  timed.sort((a, b) => a.time < b.time ? -1 : Number(a.time > b.time));
  return timed.slice(Math.max(0, timed.length - count)).map(({ line }) => line);
}
