import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { claimedSize, compress, decompress } from "../../../fleet/chunk/zstd.ts";

const LEVEL_3 = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** "hello" as it is, in one block, with its size in a byte. */
const HELLO = Uint8Array.from(Buffer.from("28b52ffd200529000068656c6c6f", "hex"));
/** 70,000 sevens: one block of one byte, with its size in four. */
const SEVENS = Uint8Array.from(Buffer.from("28b52ffda070110100838b0807", "hex"));

/** Of what is cut off some runtimes give what there is: whoever asks compares the length. */
function doesNotComeBack(frame: Uint8Array, length: number): void {
  assert.throws(() => assert.equal(decompress(frame, length).length, length));
}

describe("a zstd frame", () => {
  test("is that of node:zlib, and gives back what is in it", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 2_000 })).map(
        ([some, times]) => Uint8Array.from(Buffer.concat(new Array(times).fill(some))),
      ),
    );
    fc.assert(fc.property(bytes, (given) => {
      const packed = compress(given);
      assert.deepEqual(new Uint8Array(packed), new Uint8Array(zstdCompressSync(given, LEVEL_3)));
      assert.deepEqual(new Uint8Array(decompress(packed, given.length)), given);
    }));
  });

  test("says how much is in it, or does not", () => {
    assert.equal(claimedSize(HELLO), 5);
    assert.equal(Buffer.from(decompress(HELLO, 5)).toString(), "hello");
    assert.equal(claimedSize(SEVENS), 70_000);
    assert.deepEqual(new Uint8Array(decompress(SEVENS, 70_000)), new Uint8Array(70_000).fill(7));
    // Not in one piece, with a window of 1 KiB, and without a size.
    const windowed = Uint8Array.from([...HELLO.subarray(0, 4), 0, 0, ...HELLO.subarray(6)]);
    assert.equal(claimedSize(windowed), null);
    assert.equal(Buffer.from(decompress(windowed, 5)).toString(), "hello");
  });

  test("that has more or less in it than is wanted, whatever it claims, is refused", () => {
    assert.throws(() => decompress(SEVENS, 69_999));
    for (const claimed of [4, 6]) {
      const lying = HELLO.slice();
      lying[5] = claimed;
      assert.equal(claimedSize(lying), claimed);
      doesNotComeBack(lying, claimed);
    }
  });

  test("that is none, or is cut off, does not come back", () => {
    for (const broken of [new Uint8Array(0), Uint8Array.of(1, 2, 3), HELLO.subarray(0, 5)]) {
      assert.equal(claimedSize(broken), null);
      doesNotComeBack(broken, 5);
    }
    doesNotComeBack(HELLO.subarray(0, HELLO.length - 1), 5);
  });
});
