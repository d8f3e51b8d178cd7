import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { describe, test } from "node:test";
import { lineFilter } from "../../../supervisor/logs/line_filter.ts";
import type { LogLine, LogQuery } from "../../../supervisor/logs/log_line.ts";
import { followMerged, readMerged } from "../../../supervisor/logs/merged.ts";
import type { OnOpened } from "../../../supervisor/logs/merged.ts";
import type { ProcessLogs } from "../../../supervisor/logs/process_logs.ts";
import { bytes, logService, openLogs, START, withDirectory } from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const never = new AbortController().signal;
const nothingMore: OnOpened = () => () => {};

/** A line as if a process had written it at a time. */
async function write(logs: ProcessLogs, timestampMs: number, message: string): Promise<void> {
  const entry = { id: logs.id, stream: "stdout", timestampMs, bytes: bytes(message), endOffset: 0 } as const;
  await logs.write([{ ...entry, isPartial: false, isNotice: false, metadata: null }]);
}

const said = ({ id, message }: LogLine) => `${id} ${message}`;

async function readAll(all: readonly ProcessLogs[], query: LogQuery = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readMerged(all, query, never)) lines.push(said(line));
  return lines;
}

/** Lend two logs whose lines lie between each other. */
async function withTwo<T>(use: (a: ProcessLogs, b: ProcessLogs) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const service = await logService(directory);
    try {
      const [a, b] = ["a", "b"].map((id) => openLogs(service, id));
      for (let second = 0; second < 10; second++) {
        await write(second % 2 === 0 ? a : b, START + second * 1_000, `INFO ${second}`);
      }
      return await use(a, b);
    } finally {
      await service.close();
    }
  });
}

describe("logs of several processes", () => {
  test(
    "are one, in the order of time; the last lines, those from a time on, those with a pattern",
    TIMEOUT,
    () =>
      withTwo(async (a, b) => {
        const all = Array.from({ length: 10 }, (_, second) => `${"ab"[second % 2]} INFO ${second}`);
        assert.deepEqual(await readAll([a, b]), all);
        assert.deepEqual(await readAll([b, a], { tail: 3 }), all.slice(-3));
        assert.deepEqual(await readAll([a, b], { tail: 0 }), []);
        assert.deepEqual(await readAll([a, b], { sinceMs: START + 7_000 }), all.slice(7));
        const filter = await lineFilter({ grep: "[0-5]$" });
        assert.deepEqual(await readAll([a, b], { tail: 2, filter }), all.slice(4, 6));
        assert.deepEqual(await readAll([a, b], { filter: await lineFilter({ level: "error" }) }), []);
        assert.deepEqual(await readAll([]), []);
      }),
  );

  test("tell of one that cannot be read, and go on with the others", TIMEOUT, () =>
    withTwo(async (a, b) => {
      rmSync(b.files[0]);
      for (const query of [{}, { tail: 100 }]) {
        const lines = await readAll([a, b], query);
        assert.equal(lines.length, 6, lines.join("\n"));
        assert.equal(lines.filter((line) => line.startsWith("a INFO")).length, 5);
        assert.ok(lines.includes("b its log cannot be read: no such file or directory"), lines.join("\n"));
      }
    }));

  for (const more of [{ tail: 2 }, { sinceMs: START }]) {
    const form = Object.keys(more)[0];
    test(
      `are followed without a gap or a double, also those opened later (${form})`,
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const [a, b] = ["a", "b"].map((id) => openLogs(service, id));
          await write(a, START, "before");
          await write(b, START + 1_000, "before");
          const ending = new AbortController();
          let take: (logs: ProcessLogs) => void = () => {};
          let isOver = false;
          const onOpened: OnOpened = (one) => {
            take = one;
            return () => isOver = true;
          };
          const filter = await lineFilter({ grep: "e" });
          const lines = followMerged([b, a], { follow: true, filter, ...more }, ending.signal, onOpened);
          const next = async () => said((await lines.next()).value!);
          assert.deepEqual([await next(), await next()], ["a before", "b before"]);
          const third = next();
          await write(b, START + 2_000, "to wait on");
          await write(b, START + 2_000, "later");
          assert.equal(await third, "b later");
          const c = openLogs(service, "c");
          take(c);
          await write(c, START + 3_000, "late");
          assert.equal(await next(), "c late");
          // One that is removed ends nothing for who waits.
          const fifth = next();
          await service.release(c, true);
          await write(a, START + 4_000, "ever on");
          assert.equal(await fifth, "a ever on");
          const last = lines.next();
          ending.abort();
          assert.deepEqual([(await last).done, isOver], [true, true]);
          await service.close();
        }),
    );
  }

  test("hold no log for ever when nobody reads on", TIMEOUT, () =>
    withTwo(async (a, b) => {
      const lines = followMerged([a, b], { follow: true }, never, nothingMore);
      await lines.next();
      await lines.return(undefined);
      await write(a, START + 20_000, "later");
      assert.equal((await readAll([a, b], { tail: 1 }))[0], "a later");
    }));
});
