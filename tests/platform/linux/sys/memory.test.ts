import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ForeignMemory, MemoryWriter } from "../../../../platform/linux/sys/memory.ts";

test("memory begins as zeroes, and its views are of one piece", () => {
  const memory = new ForeignMemory(64);
  assert.ok(memory.address > 0);
  assert.ok(memory.bytes.every((byte) => byte === 0));
  memory.bytes[8] = 7;
  assert.equal(memory.view.getUint8(8), 7);
  memory.free();
});

test("property: 64-bit numbers come back as they were written, little end first", () => {
  const memory = new ForeignMemory(16);
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    memory.setU64(8, value);
    assert.equal(memory.getU64(8), value);
    assert.equal(memory.getI64(8), value);
    assert.equal(memory.view.getBigUint64(8, true), BigInt(value));
  }));
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    memory.view.setBigInt64(0, BigInt(value), true);
    assert.equal(memory.getI64(0), value);
  }));
  memory.free();
});

test("property: strings and arrays are laid out one after another, aligned and terminated", () => {
  const strings = fc.array(fc.uint8Array({ min: 1, maxLength: 40 }), { maxLength: 20 });
  fc.assert(fc.property(strings, (list) => {
    const memory = new ForeignMemory(4_096);
    const array = new MemoryWriter(memory).strings(list) - memory.address;
    const read = (address: number) => {
      const start = address - memory.address;
      assert.equal(start % 8, 0);
      return memory.bytes.slice(start, memory.bytes.indexOf(0, start));
    };
    const found = list.map((_, index) => read(memory.getU64(array + index * 8)));
    assert.deepEqual(found, list.map((item) => item.slice()));
    assert.equal(memory.getU64(array + list.length * 8), 0);
    memory.free();
  }));
});

test("what does not fit is refused, not written beyond the end", () => {
  const memory = new ForeignMemory(32);
  const writer = new MemoryWriter(memory);
  writer.reserve(24);
  assert.throws(() => writer.string(new Uint8Array(20)), RangeError);
  memory.free();
});
