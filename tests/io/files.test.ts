import assert from "node:assert/strict";
import { linkSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { readRegularFile, UnfitFile } from "../../io/regular_file.ts";
import { readTextFile } from "../../io/text_file.ts";
import { makeFifo } from "../support/fifo.ts";
import { scratch } from "../supervisor/support/files.ts";

const refuses = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UnfitFile, String(error));
  assert.match(error.message, words);
  return true;
};

describe("regular files", () => {
  test("are read whole, up to the byte that is too many", () => {
    using files = scratch();
    const path = files.write("a", "x".repeat(1_024));
    assert.equal(readRegularFile(path, 1_024).bytes.length, 1_024);
    assert.throws(
      () => readRegularFile(path, 1_023),
      refuses(/^it is larger than 0 KiB, which is the most$/),
    );
  });

  test("of the kernel, which have no size, too", () => {
    assert.match(readTextFile("/proc/self/status", 65_536), /^Name:/);
    assert.throws(() => readTextFile("/proc/self/status", 16), refuses(/larger/));
  });

  test("have one identity under all their names", () => {
    using files = scratch();
    const path = files.write("a", "x");
    linkSync(path, `${path}.hard`);
    symlinkSync(path, `${path}.soft`);
    const [one, ...others] = [path, `${path}.hard`, `${path}.soft`].map((name) =>
      readRegularFile(name, 9).identity
    );
    assert.deepEqual(others, [one, one]);
    assert.notEqual(readRegularFile(files.write("b", "x"), 9).identity, one);
  });

  test("alone are read: nothing else holds anybody up", { timeout: 120_000 }, async () => {
    using files = scratch();
    const fifo = makeFifo(`${files.path}/fifo`);
    symlinkSync(fifo, `${files.path}/link`);
    const server = createServer().listen(`${files.path}/socket`);
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      for (const name of [fifo, `${files.path}/link`]) {
        assert.throws(
          () => readRegularFile(name, 9),
          refuses(/^it is a pipe \(FIFO\); name a regular file$/),
        );
      }
      assert.throws(() => readRegularFile(`${files.path}/socket`, 9), refuses(/^it is a socket/));
      assert.throws(() => readRegularFile("/dev/zero", 9), refuses(/^it is a device/));
      assert.throws(() => readRegularFile(files.path, 9), refuses(/^it is a directory; name a file$/));
      assert.throws(() => readRegularFile(`${files.path}/none`, 9), { code: "ENOENT" });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("text", () => {
  const CASES: readonly (readonly [what: string, bytes: Uint8Array, words: RegExp])[] = [
    ["UTF-16 with a mark", Buffer.from("\ufeffa: 1\n", "utf16le"), /^it is UTF-16; save it as UTF-8$/],
    ["UTF-16, the other way round", Buffer.from("\ufeffa: 1\n", "utf16le").swap16(), /^it is UTF-16/],
    ["UTF-16 without a mark", Buffer.from("a: 1\n", "utf16le"), /^it is UTF-16/],
    ["a program", Buffer.from("\x7fELF\x02\x01\x01\x00\x00"), /^it is not text: a binary file\?$/],
    ["Latin-1", Buffer.from("a: 1\nb: caf\xe9\n", "latin1"), /^line 2 is not UTF-8; save the file as UTF-8$/],
    ["half of a letter at the end", Buffer.from([0x61, 0x0a, 0xc3]), /^line 2 is not UTF-8/],
  ];
  for (const [what, bytes, words] of CASES) {
    test(`is not ${what}`, () => {
      using files = scratch();
      const path = files.write("file", "");
      writeFileSync(path, bytes);
      assert.throws(() => readTextFile(path, 1_024), refuses(words));
    });
  }

  test("in UTF-8 is, a byte order mark left out", () => {
    using files = scratch();
    assert.equal(readTextFile(files.write("file", "\ufeffä: €😀\n"), 1_024), "ä: €😀\n");
    assert.equal(readTextFile(files.write("empty", ""), 1_024), "");
  });
});
