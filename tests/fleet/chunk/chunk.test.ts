import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { madeRows } from "../../../bench/fleet/made_samples.ts";
import { CorruptData } from "../../../fleet/chunk/byte_reader.ts";
import { decodeChunk, encodeChunk } from "../../../fleet/chunk/chunk.ts";
import { packFrame, unpackFrame } from "../../../fleet/chunk/frame.ts";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import type { StoredSample } from "../../../fleet/model/view.ts";
import { ROOT } from "../../support/fixture.ts";
import { mergeChunks } from "../../../fleet/chunk/merge.ts";
import { byTask, FOLLOWING, following, goldenFollowing, goldenRows, rows } from "./support.ts";

const GOLDEN = join(ROOT, "tests/fleet/chunk/golden");

describe("a chunk of samples", () => {
  test("gives back what was put into it, by task, to the last bit", () => {
    fc.assert(fc.property(rows, (given) => {
      assert.deepEqual(decodeChunk(encodeChunk(given)), byTask(given));
    }));
  });

  test("of one task, or of some columns, is that of all, less the rest", () => {
    fc.assert(fc.property(rows, (given) => {
      const chunk = encodeChunk(given);
      const all = byTask(given);
      for (const task of [1, 70_000, 99]) {
        const own = all.get(task);
        assert.deepEqual(decodeChunk(chunk, { task }), new Map(own ? [[task, own]] : []));
      }
      const few = given.map(([task, sample]) => [task, only(sample, "cpu_seconds", "ok")] as const);
      assert.deepEqual(decodeChunk(chunk, { columns: ["cpu_seconds", "ok", "nothing"] }), byTask(few));
    }));
  });

  test("is small for what agents send", () => {
    for (const [ticks, most] of [[60, 7.2], [360, 5.7]] as const) {
      let bytes = 0;
      let count = 0;
      for (let agent = 0; agent < 8; agent++) {
        const tasks = Array.from({ length: 10 }, (_, at) => 10 * agent + at + 1);
        const made = madeRows(tasks, { from: 1_764_000_000_000, ticks, intervalMs: 10_000 });
        const chunk = encodeChunk(made);
        assert.deepEqual(decodeChunk(chunk), byTask(made));
        bytes += chunk.length;
        count += made.length;
      }
      assert.ok(bytes / count <= most, `${bytes / count} bytes a sample of ${ticks}`);
    }
  });

  test("gives back noise of as many bits as there are, and what lies beside it", () => {
    const noise = fc.nat(50).chain((bits) =>
      fc.array(fc.maxSafeInteger(), { minLength: 3, maxLength: 30 })
        .map((all) => all.map((one) => one % 2 ** bits))
    );
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1, maxLength: 3 }), (columns) => {
        const given = columns.flatMap((values, at) =>
          values.map((value, row) => {
            const figures = noFigures();
            figures[COLUMN_AT.get("memory_bytes")!] = value;
            figures[COLUMN_AT.get("thread_count")!] = -value;
            return [at + 1, { time: 1_000 * row, figures, custom: null, begins: false }] as const;
          })
        );
        assert.deepEqual(decodeChunk(encodeChunk(given)), byTask(given));
      }),
      { numRuns: 400 },
    );
  });

  test("of years ago can be read", () => {
    assert.deepEqual(decodeChunk(readFileSync(join(GOLDEN, "chunk-1.bin"))), byTask(goldenRows()));
    const second = readFileSync(join(GOLDEN, "chunk-2.bin"));
    assert.deepEqual(decodeChunk(second), byTask([...goldenRows(), ...goldenFollowing()]));
    assert.equal(second[1], 2);
  });

  test("gives back figures that follow from others, also where they hardly do, and where few are wanted", () => {
    fc.assert(fc.property(following, fc.subarray(FOLLOWING), (given, columns) => {
      const chunk = encodeChunk(given);
      assert.deepEqual(decodeChunk(chunk), byTask(given));
      const few = given.map(([task, sample]) => {
        const figures = noFigures();
        for (const name of columns) figures[COLUMN_AT.get(name)!] = sample.figures[COLUMN_AT.get(name)!]!;
        return [task, { ...sample, figures }] as const;
      });
      assert.deepEqual(decodeChunk(chunk, { columns }), byTask(few));
    }));
  });
});

describe("chunks that become one", () => {
  test("are as if they had been one from the start", () => {
    fc.assert(fc.property(following, fc.array(fc.nat(60), { maxLength: 4 }), (given, cuts) => {
      const ends = [...new Set([...cuts, given.length])].sort((a, b) => a - b);
      const parts = ends.map((end, at) => given.slice(ends[at - 1] ?? 0, end)).filter(({ length }) =>
        length > 0
      );
      const merged = mergeChunks(parts.map((part) => encodeChunk(part)));
      assert.deepEqual(merged && decodeChunk(merged), byTask(given));
    }));
  });

  test("keep what only some of them have, and stay as they are where time goes back", () => {
    fc.assert(fc.property(rows, rows, (one, other) => {
      const merged = mergeChunks([encodeChunk(one), encodeChunk(other)]);
      const all = byTask([...one, ...other]);
      const goesOn = [...all.values()].every((own) =>
        own.every(({ time }, at) => at === 0 || time > own[at - 1]!.time)
      );
      assert.equal(merged !== null, goesOn);
      if (merged) assert.deepEqual(decodeChunk(merged), all);
    }));
  });

  test("take half of what they took", () => {
    const made = madeRows([1, 2, 3, 4], { from: 1_764_000_000_000, ticks: 60, intervalMs: 10_000 });
    const parts = Array.from({ length: 6 }, (_, at) => encodeChunk(made.slice(at * 40, at * 40 + 40)));
    const before = parts.reduce((sum, { length }) => sum + length, 0);
    assert.ok(mergeChunks(parts)!.length < before / 2);
  });
});

describe("bytes that are no chunk", () => {
  test("are refused with a clear error, wherever they are damaged", () => {
    const chunk = encodeChunk(madeRows([1, 2, 3], { from: 0, ticks: 20, intervalMs: 1_000 }));
    for (let at = 0; at < chunk.length; at++) {
      const damaged = chunk.slice();
      damaged[at]! ^= 0x10;
      // A frame of zstd has bits that say nothing.
      try {
        assert.deepEqual(decodeChunk(damaged), decodeChunk(chunk));
      } catch (error) {
        assert.ok(error instanceof CorruptData, String(error));
      }
      assert.throws(() => decodeChunk(chunk.subarray(0, at)), CorruptData);
    }
  });

  test("take neither time nor memory, though their checksum is right", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(255), (noise, place, byte) => {
        const body = unpackFrame(0xc1, 2, encodeChunk(madeRows([1, 2], { from: 0, ticks: 9, intervalMs: 7 })))
          .slice();
        body[place % body.length] = byte;
        for (const made of [noise, body]) {
          try {
            decodeChunk(packFrame(0xc1, 2, made));
          } catch (error) {
            assert.ok(error instanceof CorruptData, String(error));
          }
        }
      }),
    );
  });

  test("that say they are huge are not believed", () => {
    const bomb = packFrame(0xc1, 1, new Uint8Array(64 * 2 ** 20));
    assert.throws(() => decodeChunk(bomb), CorruptData);
    const lying = bomb.slice();
    new DataView(lying.buffer).setUint32(2, 1_000, true);
    assert.throws(() => decodeChunk(lying), /cannot be decompressed/);
    new DataView(lying.buffer).setUint32(2, 0xffff_ffff, true);
    assert.throws(() => decodeChunk(lying), /larger than any may be/);
  });

  test("of a newer version are told as such", () => {
    assert.throws(
      () => decodeChunk(packFrame(0xc1, 3, new Uint8Array(3))),
      /has version 3.*versions up to 2/,
    );
    assert.throws(() => decodeChunk(packFrame(0xc2, 1, new Uint8Array(3))), /begins with other bytes/);
  });
});

/** A sample with some of its figures. */
function only({ time, figures, custom, begins }: StoredSample, column: string, name: string): StoredSample {
  const kept = noFigures();
  const at = COLUMN_AT.get(column)!;
  kept[at] = figures[at]!;
  const value = custom?.get(name) ?? NaN;
  return { time, figures: kept, custom: Number.isNaN(value) ? null : new Map([[name, value]]), begins };
}
