import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { claimedSize, compress, decompress } from "../../../fleet/chunk/zstd.ts";

const LEVEL_3 = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

describe("a zstd frame", () => {
  test("is the same in every runtime, says how much is in it, and gives it back", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 2_000 })).map(
        ([some, times]) => Uint8Array.from(Buffer.concat(new Array(times).fill(some))),
      ),
    );
    fc.assert(fc.property(bytes, (given) => {
      const packed = compress(given);
      assert.deepEqual(new Uint8Array(packed), new Uint8Array(zstdCompressSync(given, LEVEL_3)));
      assert.equal(claimedSize(packed), given.length);
      assert.deepEqual(new Uint8Array(decompress(packed, given.length)), given);
    }));
  });

  test("that has more in it than is wanted, whatever it claims, is refused", () => {
    const packed = compress(new Uint8Array(70_000).fill(7));
    assert.throws(() => decompress(packed, 69_999));
    const lying = packed.slice();
    // Its size is in the four bytes after the magic number and the descriptor.
    new DataView(lying.buffer, lying.byteOffset).setUint32(5, 1_000, true);
    assert.equal(claimedSize(lying), 1_000);
    assert.throws(() => decompress(lying, 1_000));
  });

  test("that is none, or is cut off, claims nothing and does not come back", () => {
    const packed = compress(new Uint8Array(300).map((_, at) => at * 7));
    for (const broken of [new Uint8Array(0), Uint8Array.of(1, 2, 3), packed.subarray(0, 6)]) {
      assert.equal(claimedSize(broken), null);
      // Of nothing some libraries make nothing.
      assert.throws(() => assert.equal(decompress(broken, 300).length, 300));
    }
    assert.throws(() => decompress(packed.subarray(0, packed.length - 1), 300));
  });
});
