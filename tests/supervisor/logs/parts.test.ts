import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeEntry, EntryReader } from "../../../supervisor/logs/format.ts";
import { Follower } from "../../../supervisor/logs/follower.ts";
import { LineCutter } from "../../../io/lines/line_cutter.ts";
import { LineJoiner } from "../../../supervisor/logs/line_joiner.ts";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";
import { OwnStream } from "../../../supervisor/logs/own_stream.ts";
import { RateLimit } from "../../../supervisor/logs/rate_limit.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (piece: Uint8Array) => new TextDecoder().decode(piece);

/** Bytes in which newlines and halves of characters are frequent. */
const stream = fc.array(fc.oneof(fc.constantFrom(10, 13, 0xc3, 0xa9, 0xf0, 0x9f, 65, 0), fc.nat(255)), {
  maxLength: 300,
}).map((values) => Uint8Array.from(values));

describe("LineCutter", () => {
  test("keeps every byte, whatever the pieces and the limit", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(40)), fc.integer({ min: 1, max: 20 }), (input, cuts, limit) => {
        const cutter = new LineCutter(limit, 100);
        const out: number[] = [];
        let offset = 100;
        const take = (line: Uint8Array, endOffset: number, isPartial: boolean) => {
          assert.ok(line.length <= limit);
          out.push(...line, ...(isPartial ? [] : [10]));
          assert.ok(endOffset > offset || line.length === 0);
          offset = endOffset;
          // Where it ends is where the stream has come to, with the newline.
          assert.equal(offset, 100 + Math.min(out.length, input.length));
        };
        let at = 0;
        const reused = new Uint8Array(40);
        for (const length of cuts) {
          const piece = input.subarray(at, at + length);
          reused.set(piece);
          cutter.push(reused.subarray(0, piece.length), take);
          at += piece.length;
          assert.ok(cutter.pendingBytes <= limit);
        }
        cutter.push(input.subarray(at), take);
        cutter.end(take);
        const wanted = input.length > 0 && input.at(-1) !== 10 ? [...input, 10] : [...input];
        // A cut right at the end of the stream has taken the whole line.
        if (out.length === wanted.length - 1) wanted.pop();
        assert.deepEqual(out, wanted);
      }),
    );
  });

  test("does not cut characters apart", () => {
    const pieces: string[] = [];
    const cutter = new LineCutter(5);
    cutter.push(bytes("ééé😀😀"), (line) => pieces.push(text(line)));
    cutter.end((line) => pieces.push(text(line)));
    assert.deepEqual(pieces, ["éé", "é", "😀", "😀"]);
  });
});

describe("LineJoiner", () => {
  const join = (rule: { start?: RegExp; continuation?: RegExp; maxLines?: number }, lines: string[]) => {
    const joiner = new LineJoiner({ maxLines: 500, timeoutMs: 100, ...rule });
    const out: string[] = [];
    lines.forEach((line, index) =>
      joiner.push(bytes(line), index + 1, false, (piece) => out.push(text(piece)))
    );
    joiner.flush((piece) => out.push(text(piece)));
    return out;
  };

  test("by what begins a block", () => {
    assert.deepEqual(join({ start: /^\d/ }, ["stray", "1 a", "b", "2", "3", "c"]), [
      "stray",
      "1 a\nb",
      "2",
      "3\nc",
    ]);
  });

  test("by what goes on", () => {
    assert.deepEqual(join({ continuation: /^\s/ }, [" x", "a", " b", "c"]), [" x", "a\n b", "c"]);
  });

  test("no further than its bound", () => {
    assert.deepEqual(join({ continuation: /^\s/, maxLines: 2 }, ["a", " b", " c", " d"]), [
      "a\n b",
      " c\n d",
    ]);
  });
});

describe("RateLimit", () => {
  test("lets no more through than lines per time and a burst, and counts all the rest", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(400), { maxLength: 200 }),
      (lines, burst, gaps) => {
        const limit = new RateLimit({ lines, perMs: 1_000, burst }, 0);
        let now = 0;
        let admitted = 0;
        let dropped = 0;
        for (const gap of gaps) {
          now += gap;
          dropped += limit.takeDropped(now, false)?.lines ?? 0;
          if (limit.admits(10, now)) admitted++;
          assert.ok(admitted <= burst + lines * now / 1_000 + 1e-6);
        }
        const rest = limit.takeDropped(now, true);
        dropped += rest?.lines ?? 0;
        assert.equal(admitted + dropped, gaps.length);
        assert.equal(limit.takeDropped(now, true), null);
      },
    ));
  });
});

describe("formats", () => {
  const entries = fc.record({
    id: fc.constantFrom("web", "a b", "ä\\"),
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    timestampMs: fc.integer({ min: 0, max: 4e12 }),
    bytes: fc.string({ unit: "binary" }).map(bytes),
    endOffset: fc.constant(0),
    isPartial: fc.boolean(),
    isNotice: fc.constant(false),
    metadata: fc.constantFrom(null, { hostname: "h", sequence: 3 }),
  });

  for (const format of ["enhanced_plain", "json"] as const) {
    test(`${format} is read back as it was written`, () => {
      fc.assert(fc.property(fc.array(entries), fc.constantFrom("", "[ALL]"), (all, prefix) => {
        const file = Buffer.concat(all.map((entry) => encodeEntry(entry, format, prefix)));
        const reader = new EntryReader("web", format, prefix, ["stdout", "stderr"]);
        const back: LogLine[] = [];
        for (const line of file.toString("latin1").split("\n").slice(0, -1)) {
          const done = reader.push(Buffer.from(line, "latin1"));
          if (done) back.push(done);
        }
        const last = reader.end();
        if (last) back.push(last);
        assert.deepEqual(
          back,
          all.map(({ stream, timestampMs, bytes, isPartial }) => ({
            timestamp: new Date(timestampMs).toISOString(),
            id: "web",
            stream,
            message: text(bytes),
            ...(isPartial ? { partial: true } : {}),
          })),
        );
      }));
    });
  }
});

test("a follower that is too slow is told how much it has missed, and keeps nothing more", async () => {
  const follower = new Follower("web");
  const line = { timestamp: null, id: "web", stream: "stdout" as const, message: "x" };
  for (let count = 0; count < 12_345; count++) follower.push([line]);
  follower.end();
  const seen: LogLine[] = [];
  for await (const one of follower.lines(new AbortController().signal)) seen.push(one);
  assert.equal(seen.length, 10_001);
  assert.equal(seen.at(-1)!.message, "2345 lines left out: this reader is too slow; they are in the file");
  assert.equal(seen.at(-1)!.notice, true);
});

test("our own output without a reader takes no more than its bound, and says what was left out", () => {
  const waiting: { bytes: Uint8Array; done: () => void }[] = [];
  const own = new OwnStream({ write: (bytes, done) => waiting.push({ bytes, done }) });
  for (let count = 0; count < 3_000; count++) own.write(new Uint8Array(1_024), 1);
  assert.equal(waiting.length, 1_024);
  for (const { done } of waiting.splice(0)) done();
  own.write(bytes("after\n"), 1);
  assert.deepEqual(waiting.map(({ bytes }) => text(bytes)), [
    "proctor: 1976 lines left out here: they are not read in time\n",
    "after\n",
  ]);
});
