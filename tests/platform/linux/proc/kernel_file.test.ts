import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  closeFile,
  openFile,
  readFile,
  readOpen,
  readText,
  text,
  textAsString,
} from "../../../../platform/linux/proc/kernel_file.ts";

let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "proctor-files-"));
});
after(() => rmSync(directory, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("a file is read whole, however large, and a smaller one after it too", () => {
  const large = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join("");
  assert.equal(readText(write("large", large)), large);
  assert.equal(readText(write("small", "small\n")), "small\n");
  assert.equal(text.length, 6);
});

test("a file of exactly the size of the buffer is read whole", () => {
  for (const size of [16_383, 16_384, 16_385, 32_768, 65_536]) {
    assert.equal(readText(write("exact", "x".repeat(size)))?.length, size);
    const descriptor = openFile(join(directory, "exact"));
    assert.ok(readOpen(descriptor));
    assert.equal(text.length, size);
    closeFile(descriptor);
  }
});

test("an open file is read anew from its beginning", () => {
  const path = write("changing", "one\n");
  const descriptor = openFile(path);
  assert.ok(readOpen(descriptor));
  assert.equal(textAsString(), "one\n");
  writeFileSync(path, "three\n");
  assert.ok(readOpen(descriptor));
  assert.equal(textAsString(), "three\n");
  closeFile(descriptor);
});

test("what is missing or cannot be read is said to be so", () => {
  assert.equal(readText(join(directory, "missing")), undefined);
  assert.equal(readFile(directory), false);
  assert.ok(openFile(join(directory, "missing")) < 0);
  assert.equal(readOpen(-1), false);
  assert.equal(text.length, 0);
});

test("names and content may be other than ASCII, and invalid bytes are replaced", () => {
  assert.equal(readText(write("ä ö", "ü\n")), "ü\n");
  assert.equal(readText(write("broken", Uint8Array.from([0x61, 0xff, 0x62]))), "a\ufffdb");
});

test("a path that is too long opens nothing, and no other file either", () => {
  const path = write("prefix", "x");
  assert.equal(readText(`${path}/${"../".repeat(2_000)}`), undefined);
  const longest = "/".repeat(4_095 - path.length) + path;
  assert.equal(readText(longest), "x");
  assert.equal(readText(`${longest}_and_more`), undefined);
});
