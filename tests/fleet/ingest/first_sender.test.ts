import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { firstSender, saidBytes } from "../../../fleet/ingest/first_sender.ts";
import { anyText } from "../support/ingest.ts";

const bytes = (value: unknown, space?: number) =>
  new TextEncoder().encode(JSON.stringify(value, undefined, space));
const packs = [(plain: Uint8Array) => plain, gzipSync, zstdCompressSync];
/** What no packer makes small. */
const noise = (length: number) =>
  Array.from({ length }, (_, n) => (n * 2_654_435_761 % 4_294_967_296).toString(36)).join();

describe("whose a payload is, by its beginning", () => {
  test("a message alone, and the first of an array, packed or not, however it is written", () => {
    const message = (name: string) => ({
      task_id: "t",
      metrics: { proplet_id: "inner", list: [1, "proplet_id", { proplet_id: "inner" }] },
      proplet_id: name,
    });
    for (const pack of packs) {
      for (const space of [undefined, 2]) {
        assert.equal(firstSender(pack(bytes(message("h"), space))), "h");
        assert.equal(firstSender(pack(bytes([message("a"), message("b")], space))), "a");
      }
    }
    const named = '{"proplet_id" : "caf\\u00e9 \\"1\\""';
    assert.equal(firstSender(new TextEncoder().encode(named)), 'café "1"');
  });

  test("a large one is unpacked no further than its beginning", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ proplet_id: `h${n}`, task_id: `t${n}` }));
    for (const pack of packs) assert.equal(firstSender(pack(bytes(many(5_000)))), "h0");
    assert.deepEqual(packs.map((pack) => firstSender(pack(bytes(many(100_000))))), ["h0", "h0", "h0"]);
    const late = { padding: noise(2_000), proplet_id: "h" };
    for (const pack of packs) assert.equal(firstSender(pack(bytes(late))), null);
    for (const pack of packs.slice(1)) assert.equal(firstSender(pack(new Uint8Array(1 << 26))), null);
  });

  test("how large it says it is, unpacked", () => {
    for (const size of [0, 5, 256, 70_000, 1 << 20]) {
      for (const pack of packs.slice(0, 2)) assert.equal(saidBytes(pack(new Uint8Array(size))), size);
    }
    // Not every packer writes it into a frame of zstd: these are headers by hand.
    const frame = (...header: number[]) => saidBytes(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header));
    assert.equal(frame(0x20, 5), 5);
    assert.equal(frame(0x60, 44, 0), 300);
    assert.equal(frame(0x40, 0x58, 44, 1), 556);
    assert.equal(frame(0xa0, 0x70, 0x11, 1, 0), 70_000);
    assert.equal(frame(0xa1, 7, 0x70, 0x11, 1, 0), 70_000);
    assert.equal(frame(0xe0, 0, 0, 0x10, 0, 0, 0, 0, 0), 1 << 20);
    assert.equal(frame(0xe0, 0, 0, 0, 0, 1, 0, 0, 0), Infinity);
    assert.equal(frame(0, 0x58, 1, 0, 0), Infinity);
  });

  test("nobody where it does not tell", () => {
    const others = ["", "[", "{", "[]", "{}", "7", '{"proplet_id"', '{"proplet_id":', '{"proplet_id":7}'];
    others.push('{"proplet_id":"', '{"proplet_id":""}', '{"x":"proplet_id"}', '["proplet_id","h"]');
    others.push('{"proplet_id":{"proplet_id":"h"}}', `{"proplet_id":"${"x".repeat(257)}"}`);
    for (const text of others) {
      for (const pack of packs) assert.equal(firstSender(pack(new TextEncoder().encode(text))), null, text);
    }
    assert.equal(firstSender(Uint8Array.of(0x1f, 0x8b, 1, 2, 3)), null);
    assert.equal(firstSender(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 3)), null);
  });

  test("nothing where zstd asks for more memory than any body may", () => {
    // Magic number, a window of 2^N without a content size, and a block of bytes as they are.
    const frame = (windowLog: number) => {
      const text = new TextEncoder().encode('{"proplet_id":"h"}');
      const header = 1 | text.length << 3;
      return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, header, 0, 0, ...text);
    };
    assert.equal(firstSender(frame(23)), "h");
    assert.equal(firstSender(frame(27)), null);
  });

  test("the name that JSON.parse finds, whatever stands before it", () => {
    const values = fc.jsonValue({ maxDepth: 3, noUnicodeString: false } as fc.JsonSharedConstraints);
    const before = fc.dictionary(anyText, values, { maxKeys: 4, noNullPrototype: true });
    const name = anyText.filter((text) => text.length > 0 && text.length <= 256);
    fc.assert(
      fc.property(before, name, fc.boolean(), fc.nat(2), (fields, name, isArray, way) => {
        delete fields["proplet_id"];
        const message = { ...fields, proplet_id: name };
        const plain = bytes(isArray ? [message] : message);
        const found = firstSender(packs[way](plain));
        if (plain.length < 1_000) assert.equal(found, JSON.parse(JSON.stringify(name)));
        else assert.ok(found === null || found === name);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever comes, nothing is thrown", () => {
    const magic = fc.constantFrom([], [0x1f, 0x8b, 8, 0], [0x28, 0xb5, 0x2f, 0xfd]);
    fc.assert(fc.property(magic, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      firstSender(Uint8Array.from([...start, ...rest]));
    }));
  });
});
