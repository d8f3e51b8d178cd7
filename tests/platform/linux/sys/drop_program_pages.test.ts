import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ownMemoryBytes } from "../../../../platform/linux/launch/own_status.ts";
import fc from "fast-check";
import {
  cleanMappings,
  dropProgramPages,
  dropProgramPagesFinely,
  embeddedMapping,
  isUnwritten,
} from "../../../../platform/linux/sys/drop_program_pages.ts";
import { embeddedProgram } from "../../../../platform/linux/sys/embedded_program.ts";
import type { FileRange } from "../../../../platform/linux/sys/embedded_program.ts";

const mapping = (head: string, anonymous: number) =>
  `${head}\nSize:                 64 kB\nRss:                  64 kB\nAnonymous:      ${
    String(anonymous).padStart(6)
  } kB\nVmFlags: rd ex mr mw me\n`;

test("of our own file, only what cannot be written and never was is given up", () => {
  const smaps = [
    mapping("00400000-00410000 r--p 00000000 fe:00 77                                /usr/bin/pro ctor", 0),
    mapping("00410000-00430000 r-xp 00010000 fe:00 77                                /usr/bin/pro ctor", 0),
    // Relocated.
    mapping("00430000-00433000 r--p 00030000 fe:00 77                                /usr/bin/pro ctor", 12),
    mapping("00433000-00440000 rw-p 00033000 fe:00 77                                /usr/bin/pro ctor", 0),
    mapping("00440000-00450000 r--s 00033000 fe:00 77                                /usr/bin/pro ctor", 0),
    // Another file of that name, one of that inode elsewhere, and memory.
    mapping("7f0000000000-7f0000010000 r-xp 00000000 fe:00 78                        /usr/bin/pro ctor", 0),
    mapping("7f0000010000-7f0000020000 r-xp 00000000 fe:01 77                        /usr/lib/libc.so.6", 0),
    mapping("7f0000020000-7f0000030000 r-xp 00000000 00:00 0 ", 0),
  ].join("");
  assert.deepEqual(cleanMappings(smaps, "/usr/bin/pro ctor", 77), [
    { start: 0x400000, length: 0x10000 },
    { start: 0x410000, length: 0x20000 },
  ]);
  assert.deepEqual(cleanMappings("", "/x", 1), []);
});

test("resident memory falls, and the program goes on", () => {
  const before = ownMemoryBytes()!;
  dropProgramPages();
  const after = ownMemoryBytes()!;
  assert.ok(after < before - 4 * 1024 * 1024, `${before} bytes before, ${after} after`);
  assert.equal(JSON.parse(JSON.stringify({ sum: [1, 2, 3].reduce((a, b) => a + b) })).sum, 6);
});

test("what comes back the second time is less: it comes in small pieces", () => {
  const ofFiles = () => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"))![1]);
  const work = () => {
    const numbers = Array.from({ length: 1_000 }, (_, n) => (n * 7_919) % 1_000);
    const text = JSON.stringify(numbers.toSorted((a, b) => a - b).map((n) => ({ n, date: new Date(n) })));
    assert.equal(JSON.parse(text.replaceAll(/[^\p{L}]{3}Z/gu, "")).length, 1_000);
  };
  for (let times = 0; times < 20; times++) work();
  const back: number[] = [];
  for (let times = 0; times < 6; times++) {
    if (times === 0) dropProgramPages();
    else dropProgramPagesFinely();
    const dropped = ofFiles();
    work();
    back.push(ofFiles() - dropped);
  }
  // Now and then the runtime has something else to do as well.
  assert.ok(Math.min(...back.slice(1)) < back[0] / 2, `${back} KiB`);
});

const embedded = { offset: 0x34800, length: 0x8000 };

test("what is embedded in the program is found in the writable part of it, in whole pages", () => {
  const line = (range: string, rights: string, offset: string) =>
    mapping(`${range} ${rights} ${offset} fe:00 77                                /usr/bin/proctor`, 12);
  const smaps = [
    line("00410000-00433000", "r-xp", "00010000"),
    line("00833000-00840000", "rw-p", "00033000"),
  ].join("");
  const found = embeddedMapping(smaps, "/usr/bin/proctor", 77, embedded);
  assert.deepEqual(found, { start: 0x835000, length: 0x7000 });
  const none: (FileRange | null)[] = [null, { offset: 0x34800, length: 0x80000 }, {
    offset: 0x34800,
    length: 0x100,
  }];
  for (const range of none) assert.equal(embeddedMapping(smaps, "/usr/bin/proctor", 77, range), null);
  assert.equal(embeddedMapping(smaps, "/usr/bin/proctor", 78, embedded), null);
});

test("a page that was written to is told by its entry: it is in memory or swap, and of no file", () => {
  const entries = (...kinds: number[]) =>
    new Uint8Array(new BigUint64Array(kinds.map((kind) => BigInt(kind) << 61n)).buffer);
  const [away, ofFile, written, swapped] = [0, 5, 4, 2];
  assert.equal(isUnwritten(entries(away, ofFile, away)), true);
  assert.equal(isUnwritten(entries(ofFile, written)), false);
  assert.equal(isUnwritten(entries(ofFile, swapped)), false, "who was swapped out was written to before");
  assert.equal(isUnwritten(entries()), false, "of what could not be read nothing is known");
});

test("where a program of Bun has what it embeds is told by its table of sections", () => {
  const bytes = elf([["", 0, 0], [".text", 0x1000, 0x500], [".bun", 0x3000, 0x1234]]);
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  assert.deepEqual(embeddedProgram(read), { offset: 0x3000, length: 0x1234 });
  const other = elf([["", 0, 0], [".bun_builtins", 0x1000, 0x500]]);
  assert.equal(embeddedProgram((offset, length) => other.subarray(offset, offset + length)), null);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, isElf) => {
    const file = isElf ? new Uint8Array([0x7f, 0x45, 0x4c, 0x46, ...noise]) : noise;
    embeddedProgram((offset, length) => file.subarray(offset, offset + length));
  }));
  assert.equal(embeddedProgram(() => new Uint8Array()), null);
});

/** A file of sections: name, offset, size. The last one of all holds the names. */
function elf(sections: readonly [string, number, number][]): Uint8Array {
  const names = [...sections.map(([name]) => name), ".shstrtab"];
  const text = names.map((name) => `${name}\0`).join("");
  const at = 64 + 64 * names.length;
  const bytes = new Uint8Array(at + text.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46]);
  view.setBigUint64(0x28, 64n, true);
  [[0x3a, 64], [0x3c, names.length], [0x3e, names.length - 1]].forEach(([where, value]) =>
    view.setUint16(where, value, true)
  );
  const ranges = [...sections.map(([, offset, size]) => [offset, size]), [at, text.length]];
  ranges.forEach(([offset, size], index) => {
    const entry = 64 + 64 * index;
    view.setUint32(entry, text.indexOf(`${names[index]}\0`), true);
    view.setBigUint64(entry + 0x18, BigInt(offset), true);
    view.setBigUint64(entry + 0x20, BigInt(size), true);
  });
  bytes.set(new TextEncoder().encode(text), at);
  return bytes;
}
