import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";
import { merge, newest } from "../../../supervisor/logs/merge.ts";

/** Logs of several processes: times that only grow, and here and there a line without one. */
const logs = fc.array(
  fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 20 }),
  { maxLength: 12 },
).map((all) =>
  all.map((steps, source) => {
    let second = 0;
    return steps.map(([step, isTimed], index): LogLine => {
      second += step;
      const timestamp = isTimed ? new Date(Date.UTC(2026, 0, 31) + second * 1_000).toISOString() : null;
      return { timestamp, id: String(source), stream: "stdout", message: `${source}.${index}` };
    });
  })
);

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

test("the newest lines of logs, one taken in after another, are the last of all of them", () => {
  fc.assert(fc.property(logs, fc.nat(30), (all, count) => {
    let last: LogLine[] = [];
    for (const lines of all) last = newest(last, lines.slice(Math.max(0, lines.length - count)), count);
    assert.equal(last.length, Math.min(count, all.flat().length));
    const known = all.map((lines) => lines.filter(({ timestamp }) => timestamp !== null));
    // Lines without a time may have lost the one before them; of all others it is exact.
    if (known.flat().length === all.flat().length) {
      const expected = sorted(all);
      assert.deepEqual(messages(last), messages(expected.slice(expected.length - last.length)));
    }
  }));
});
