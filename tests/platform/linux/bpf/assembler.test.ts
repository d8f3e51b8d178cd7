/* Instructions of eBPF, byte for byte, and jumps that arrive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BpfAssembler, INSTRUCTION_SIZE } from "../../../../platform/linux/bpf/assembler.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const one = (assembler: BpfAssembler) => hex(assembler.bytes());

test("instructions are those of the kernel's documentation", () => {
  assert.equal(one(new BpfAssembler().set(3, -2)), "b7030000feffffff");
  assert.equal(one(new BpfAssembler().copy(6, 1)), "bf16000000000000");
  assert.equal(one(new BpfAssembler().arithmetic("add", 2, 20)), "0702000014000000");
  assert.equal(one(new BpfAssembler().arithmetic("subtract", 4, { register: 5 })), "1f54000000000000");
  assert.equal(one(new BpfAssembler().arithmetic("multiply", 9, { register: 5 })), "2f59000000000000");
  assert.equal(one(new BpfAssembler().load(4, 7, 6, 40)), "6167280000000000");
  assert.equal(one(new BpfAssembler().load(2, 0, 2, 4)), "6920040000000000");
  assert.equal(one(new BpfAssembler().load(1, 0, 2, 9)), "7120090000000000");
  assert.equal(one(new BpfAssembler().load(8, 2, 10, -24)), "79a2e8ff00000000");
  assert.equal(one(new BpfAssembler().store(10, -8, 9)), "7b9af8ff00000000");
  assert.equal(one(new BpfAssembler().addAtomically(1, 8, 2)), "db21080000000000");
  assert.equal(one(new BpfAssembler().call(8)), "8500000008000000");
  assert.equal(one(new BpfAssembler().mapValue(1, 5, 48)), "18210000050000000000000030000000");
  assert.equal(one(new BpfAssembler().exit()), "9500000000000000");
});

test("a jump leads to its label, forwards and backwards, whatever lies between", () => {
  fc.assert(fc.property(fc.nat(200), fc.nat(200), (before, between) => {
    const assembler = new BpfAssembler();
    for (let index = 0; index < before; index++) assembler.set(0, index);
    assembler.label("back").jumpIf("notEqual", 1, 0, "forth");
    for (let index = 0; index < between; index++) assembler.set(0, index);
    const bytes = assembler.jump("back").label("forth").exit().bytes();
    const offset = (instruction: number) =>
      new DataView(bytes.buffer).getInt16(instruction * INSTRUCTION_SIZE + 2, true);
    assert.equal(bytes.length, (before + between + 3) * INSTRUCTION_SIZE);
    assert.equal(before + 1 + offset(before), before + between + 2);
    assert.equal(before + between + 2 + offset(before + between + 1), before);
  }));
});

test("a jump to nowhere is refused", () => {
  assert.throws(() => new BpfAssembler().jump("nowhere").bytes(), /there is no label nowhere/);
});
