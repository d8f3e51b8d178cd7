import assert from "node:assert/strict";
import { test } from "node:test";
import { ownMemoryBytes } from "../../../../platform/linux/launch/own_status.ts";
import { cleanMappings, dropProgramPages } from "../../../../platform/linux/sys/drop_program_pages.ts";

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
