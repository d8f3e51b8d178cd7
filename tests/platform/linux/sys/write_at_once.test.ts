import assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import { describe, test } from "node:test";
import { linux } from "../../../../platform/linux/mod.ts";
import { writeAtOnce } from "../../../../platform/linux/sys/write_at_once.ts";

describe("writing without waiting", () => {
  test("fills a pipe and says how much of it went in, then nothing", () => {
    const [reader, writer] = linux.makePipe();
    try {
      const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
      const written = writeAtOnce(writer, bytes)!;
      assert.ok(written >= 4_096 && written < bytes.length, `${written}`);
      assert.equal(writeAtOnce(writer, bytes), 0);
    } finally {
      linux.closeDescriptor(reader);
      linux.closeDescriptor(writer);
    }
  });

  test("fails when the reader has gone", () => {
    const [reader, writer] = linux.makePipe();
    linux.closeDescriptor(reader);
    try {
      assert.throws(() => writeAtOnce(writer, new Uint8Array(5)), { code: "EPIPE" });
    } finally {
      linux.closeDescriptor(writer);
    }
  });

  test("says that it cannot tell of anything else", () => {
    const nothing = linux.openNull();
    try {
      assert.equal(writeAtOnce(nothing, new Uint8Array(5)), null);
    } finally {
      linux.closeDescriptor(nothing);
    }
  });

  test("keeps the bytes in order", () => {
    const [reader, writer] = linux.makePipe();
    try {
      assert.equal(writeAtOnce(writer, new TextEncoder().encode("one")), 3);
      assert.equal(writeAtOnce(writer, new TextEncoder().encode("two")), 3);
      const descriptor = openSync(`/proc/self/fd/${reader}`, "r");
      const into = new Uint8Array(16);
      const length = readSync(descriptor, into);
      closeSync(descriptor);
      assert.equal(new TextDecoder().decode(into.subarray(0, length)), "onetwo");
    } finally {
      linux.closeDescriptor(reader);
      linux.closeDescriptor(writer);
    }
  });
});
