import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { LineSplitter } from "../../../io/lines/line_splitter.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** The lines of some pieces; `null` for one too long. */
function split(pieces: readonly (string | Uint8Array)[], limit = 100): (string | null)[] {
  const splitter = new LineSplitter(limit);
  const lines: (string | null)[] = [];
  const take = (line: Uint8Array | null) => lines.push(line && decoder.decode(line));
  for (const piece of pieces) splitter.push(typeof piece === "string" ? encoder.encode(piece) : piece, take);
  splitter.end(take);
  return lines;
}

test("lines come whole, whatever the pieces", () => {
  assert.deepEqual(split(["a\nb", "c", "\n\nd\n"]), ["a", "bc", "", "d"]);
});

test("a carriage return before the newline is not part of the line", () => {
  assert.deepEqual(split(["a\r\nb\r", "\nc\rd\n"]), ["a", "b", "c\rd"]);
});

test("what comes after the last newline is a line too", () => {
  assert.deepEqual(split(["a\nrest"]), ["a", "rest"]);
  assert.deepEqual(split(["a\n"]), ["a"]);
  assert.deepEqual(split([]), []);
});

test("a line may be as long as the limit, and the next one after a longer is read", () => {
  const long = "x".repeat(100);
  assert.deepEqual(split([`${long}\n${long}y\nz\n`]), [long, null, "z"]);
  assert.deepEqual(split([`${long}\r\n`]), [long]);
  assert.deepEqual(split([long, "\r", "\n", "ok\n"]), [long, "ok"]);
  assert.deepEqual(split([long, long, long, "\nz"]), [null, "z"]);
  assert.deepEqual(split([long, long]), [null]);
});

test("of a line that is too long nothing is kept", () => {
  const splitter = new LineSplitter(1_000);
  const before = process.memoryUsage().rss;
  const chunk = new Uint8Array(1_048_576).fill(120);
  for (let megabyte = 0; megabyte < 512; megabyte++) splitter.push(chunk, () => assert.fail("no line yet"));
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 64 * 1_048_576, `${grown} bytes more`);
});

test("fuzz: any bytes in any pieces are the same lines", () => {
  const text = fc.array(fc.oneof(fc.constantFrom(10, 13, 120), fc.nat(255)), { maxLength: 300 });
  fc.assert(fc.property(text, fc.array(fc.nat(40), { maxLength: 20 }), (codes, cuts) => {
    const bytes = Uint8Array.from(codes);
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const length of cuts) pieces.push(bytes.slice(at, at += length));
    pieces.push(bytes.slice(at));
    const lines = decoder.decode(bytes).split("\n");
    if (lines.at(-1) === "") lines.pop();
    const expected = lines.map((line) => line.replace(/\r$/, "")).map((line) =>
      line.length > 50 ? null : line
    );
    assert.deepEqual(split(pieces, 50), expected);
  }));
});
