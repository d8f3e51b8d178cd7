/* Types of a kernel: a blob made by hand, the running kernel's, and damaged ones. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { fieldOffsets } from "../../../../platform/linux/bpf/btf.ts";

const [INT, STRUCT, UNION] = [1, 4, 5];

/** Types by hand: each [name, kind, size or type, members of (name, type, bits)…]. */
function blob(types: [string, number, [string, number, number][]][]): Uint8Array {
  const strings = ["", ...new Set(types.flatMap(([name, , members]) => [name, ...members.map(([m]) => m)]))];
  const text = `${[...new Set(strings)].join("\0")}\0`;
  const at = (name: string) => name === "" ? 0 : text.indexOf(`\0${name}\0`) + 1;
  const words = types.flatMap(([name, kind, members]) => [
    at(name),
    (kind << 24) | members.length,
    8,
    ...(kind === INT ? [0] : members.flatMap(([member, type, bits]) => [at(member), type, bits])),
  ]);
  const view = new DataView(new ArrayBuffer(24 + words.length * 4 + text.length));
  view.setUint16(0, 0xeb9f, true);
  view.setUint32(4, 24, true);
  view.setUint32(12, words.length * 4, true);
  view.setUint32(16, words.length * 4, true);
  view.setUint32(20, text.length, true);
  words.forEach((word, index) => view.setUint32(24 + index * 4, word, true));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode(text), 24 + words.length * 4);
  return bytes;
}

const EXAMPLE = blob([
  ["int", INT, []],
  ["", UNION, [["a", 1, 0], ["b", 1, 32]]],
  ["other", STRUCT, [["pid", 1, 0]]],
  ["task", STRUCT, [["state", 1, 0], ["", 2, 64], ["", 5, 128], ["pid", 1, 320]]],
  ["", STRUCT, [["first", 1, 32], ["", 6, 64]]],
  ["", UNION, [["deep", 1, 0]]],
]);

test("fields are found by name, those of nameless members included", () => {
  const found = fieldOffsets(EXAMPLE, { task: ["pid", "b", "deep", "missing"], nobody: ["pid"] })!;
  assert.deepEqual(Object.fromEntries(found), { "task.pid": 40, "task.b": 12, "task.deep": 24 });
});

test("the running kernel's types have a task's number where its first fields are not", {
  skip: !existsSync("/sys/kernel/btf/vmlinux") && "the kernel does not describe its types",
}, () => {
  const bytes = readFileSync("/sys/kernel/btf/vmlinux");
  const found = fieldOffsets(bytes, { task_struct: ["pid", "tgid"], mm_struct: ["arg_start", "arg_end"] })!;
  // Beside each other in all versions.
  assert.equal(found.get("task_struct.tgid")! - found.get("task_struct.pid")!, 4);
  assert.equal(found.get("mm_struct.arg_end")! - found.get("mm_struct.arg_start")!, 8);
});

test("property: whatever is damaged, the answer is none or of the fields that were asked for", () => {
  const wanted = { task: ["pid", "b", "deep"], other: ["pid"] };
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(EXAMPLE.length - 1), fc.nat(255)), { maxLength: 8 }),
    fc.nat(EXAMPLE.length),
    (changes, length) => {
      const bytes = EXAMPLE.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      const found = fieldOffsets(bytes, wanted);
      for (const name of found?.keys() ?? []) assert.match(name, /^(task\.(pid|b|deep)|other\.pid)$/);
    },
  ));
});
