import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";
import { merge, newest } from "../../../supervisor/logs/merge.ts";

/** Logs of several processes: times that only grow, and here and there a line without one. */
const logs = logsOf(fc.boolean());
const timedLogs = logsOf(fc.constant(true));

/** @param isTimed whether a line has a time */
function logsOf(isTimed: fc.Arbitrary<boolean>): fc.Arbitrary<LogLine[][]> {
  const steps = fc.array(fc.tuple(fc.nat(3), isTimed), { maxLength: 20 });
  return fc.array(steps, { maxLength: 12 }).map((all) => all.map(linesOf));
}

function linesOf(steps: readonly [number, boolean][], source: number): LogLine[] {
  let second = 0;
  return steps.map(([step, isTimed], index) => {
    second += step;
    const timestamp = isTimed ? new Date(Date.UTC(2026, 0, 31) + second * 1_000).toISOString() : null;
    return { timestamp, id: String(source), stream: "stdout", message: `${source}.${index}` };
  });
}

async function* source(lines: readonly LogLine[], ended: () => void): AsyncGenerator<LogLine> {
  try {
    for (const line of lines) yield await Promise.resolve(line);
  } finally {
    ended();
  }
}

const messages = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

/** What sorting makes of it: a line without a time has that of the one before it in its source. */
function sorted(all: readonly (readonly LogLine[])[]): LogLine[] {
  const timed = all.flatMap((lines, source) => {
    let time = "";
    return lines.map((line) => ({ line, source, time: time = line.timestamp ?? time }));
  });
  return timed.sort((a, b) => a.time < b.time ? -1 : Number(a.time > b.time)).map(({ line }) => line);
}

describe("merge", () => {
  test("gives every line of every source, in the order of their times", () =>
    fc.assert(fc.asyncProperty(logs, async (all) => {
      let ended = 0;
      const merged: LogLine[] = [];
      for await (const line of merge(all.map((lines) => source(lines, () => ended++)))) merged.push(line);
      assert.equal(ended, all.length);
      assert.deepEqual(messages(merged).toSorted(), messages(all.flat()).toSorted());
      for (const [index, lines] of all.entries()) {
        assert.deepEqual(messages(merged.filter(({ id }) => id === String(index))), messages(lines));
      }
      const times = merged.flatMap(({ timestamp }) => timestamp ?? []);
      assert.deepEqual(times, times.toSorted());
      // A line without a time stands right behind the one it belongs to.
      for (const [at, { id, timestamp }] of merged.entries()) {
        if (timestamp !== null || at === 0 || merged.slice(0, at).every((before) => before.id !== id)) {
          continue;
        }
        assert.equal(merged[at - 1].id, id);
      }
    })));

  test("ends its sources when nobody reads on", async () => {
    const line = { timestamp: null, id: "a", stream: null, message: "" } as const;
    let ended = 0;
    const merged = merge([1, 2, 3].map(() => source([line, line], () => ended++)));
    await merged.next();
    await merged.return(undefined);
    assert.equal(ended, 3);
  });
});

describe("the newest lines of logs, one taken in after another,", () => {
  const newestOf = (all: readonly LogLine[][], count: number) => {
    let last: LogLine[] = [];
    for (const lines of all) last = newest(last, lines.slice(Math.max(0, lines.length - count)), count);
    return last;
  };

  test("are the last of all of them", () => {
    fc.assert(fc.property(timedLogs, fc.nat(30), (all, count) => {
      const expected = sorted(all);
      const last = newestOf(all, count);
      assert.deepEqual(messages(last), messages(expected.slice(Math.max(0, expected.length - count))));
    }));
  });

  // A line without a time may have lost the one before it.
  test("are as many as there are, where some have no time", () => {
    fc.assert(fc.property(logs, fc.nat(30), (all, count) => {
      assert.equal(newestOf(all, count).length, Math.min(count, all.flat().length));
    }));
  });
});
