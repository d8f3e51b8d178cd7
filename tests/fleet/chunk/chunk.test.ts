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
import { byTask, goldenRows, rows } from "./support.ts";

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
    for (const [ticks, most] of [[60, 12], [360, 10.5]] as const) {
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

  test("of years ago can be read", () => {
    assert.deepEqual(decodeChunk(readFileSync(join(GOLDEN, "chunk-1.bin"))), byTask(goldenRows()));
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
        const body = unpackFrame(0xc1, 1, encodeChunk(madeRows([1, 2], { from: 0, ticks: 9, intervalMs: 7 })))
          .slice();
        body[place % body.length] = byte;
        for (const made of [noise, body]) {
          try {
            decodeChunk(packFrame(0xc1, 1, made));
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
    assert.throws(() => decodeChunk(packFrame(0xc1, 2, new Uint8Array(3))), /has version 2.*reads version 1/);
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
