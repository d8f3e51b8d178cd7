import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { gunzipSmall } from "../../../fleet/ingest/gunzip.ts";
import { gunzipByLibrary } from "../../../fleet/ingest/gunzip_by_library.ts";

const MOST = 1 << 20;

/** Texts that repeat themselves, noise, and both. */
const body = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 400 }))
      .map(([text, times]) => new TextEncoder().encode(text.repeat(times))),
  ),
  { maxLength: 8 },
).map((parts) => Buffer.concat(parts));

const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    ...[constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE],
  ),
});

/** The runtime's word; null where it refuses. */
function byRuntime(bytes: Uint8Array): Uint8Array | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST });
  } catch {
    return null;
  }
}

describe("unpacking small gzip files", () => {
  it("gives what was packed, whichever way it was, and leaves large ones to the runtime", () => {
    fc.assert(
      fc.property(body, settings, (bytes, how) => {
        const unpacked = gunzipSmall(gzipSync(bytes, how), MOST);
        if (bytes.length > 65_536) equal(unpacked, null);
        else equal(Buffer.compare(Buffer.from(unpacked!), bytes), 0);
      }),
      { numRuns: 400 },
    );
  });

  it("reads codes that are longer than its table", () => {
    // Counts that grow as Fibonacci's numbers make codes as long as they may be.
    const counts = [1, 1];
    while (counts.length < 22) counts.push(counts.at(-1)! + counts.at(-2)!);
    const bytes = Buffer.concat(counts.map((count, n) => Buffer.alloc(count, n)));
    for (let at = bytes.length - 1, seed = 7; at > 0; at--) {
      seed = (seed * 48_271) % 0x7fffffff;
      const other = seed % (at + 1);
      [bytes[at], bytes[other]] = [bytes[other], bytes[at]];
    }
    const packed = gzipSync(bytes, { strategy: constants.Z_HUFFMAN_ONLY });
    equal(Buffer.compare(gunzipSmall(packed, MOST)!, bytes), 0);
  });

  it("takes nothing that the runtime refuses, and nothing in another way", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(body, settings, changes, fc.nat(), (bytes, how, wrong, cut) => {
        const packed = gzipSync(bytes, how);
        for (const [at, value] of wrong) packed[at % packed.length] = value;
        const broken = cut % 3 === 0 ? packed.subarray(0, cut % packed.length) : packed;
        const unpacked = gunzipSmall(broken, MOST);
        if (unpacked !== null) deepEqual(Buffer.from(unpacked), Buffer.from(byRuntime(broken) ?? "refused"));
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves several files in one, names in headers, and what is over the bound to the runtime", () => {
    const packed = gzipSync("some text");
    equal(gunzipSmall(Buffer.concat([packed, packed]), MOST), null);
    const named = Buffer.concat([packed.subarray(0, 10), Buffer.from("name\0"), packed.subarray(10)]);
    named[3] = 8;
    equal(byRuntime(named)?.length, 9);
    equal(gunzipSmall(named, MOST), null);
    equal(gunzipSmall(packed, 8), null);
    equal(gunzipSmall(packed, 9)?.length, 9);
  });
});

describe("unpacking by the runtime's library, where it has one", () => {
  const isThere = "Bun" in globalThis;
  /** By the growth that deflate may have, nothing longer is taken with this bound. */
  const most = 8 << 20;

  it("gives what was packed", () => {
    fc.assert(fc.property(body, settings, (bytes, how) => {
      const packed = gzipSync(bytes, how);
      const isTaken = isThere && bytes.length <= 65_536 && packed.length <= most / 1_032;
      const unpacked = gunzipByLibrary(packed, most);
      if (isTaken) equal(Buffer.compare(Buffer.from(unpacked!), bytes), 0);
      else equal(unpacked, null);
    }));
  });

  it("takes nothing that others refuse, and nothing in another way", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(body, settings, changes, fc.nat(), (bytes, how, wrong, cut) => {
        const packed = gzipSync(bytes, how);
        for (const [at, value] of wrong) packed[at % packed.length] = value;
        const broken = cut % 3 === 0 ? packed.subarray(0, cut % packed.length) : packed;
        const unpacked = gunzipByLibrary(broken, most);
        if (unpacked !== null) deepEqual(Buffer.from(unpacked), Buffer.from(byRuntime(broken) ?? "refused"));
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves several files in one, bombs, and what is over the bound to others", () => {
    const packed = gzipSync("some text");
    equal(gunzipByLibrary(Buffer.concat([packed, packed]), most), null);
    equal(gunzipByLibrary(Buffer.concat([packed, Buffer.from("more")]), most), null);
    equal(gunzipByLibrary(gzipSync(Buffer.alloc(7 << 20)), most), null);
    equal(gunzipByLibrary(packed, packed.length * 1_032 - 1), null);
    equal(gunzipByLibrary(packed, most)?.length ?? null, isThere ? 9 : null);
  });
});
