import assert from "node:assert/strict";
import { fstatSync, openSync } from "node:fs";
import { test } from "node:test";
import { childStreams } from "../../../supervisor/logs/child_streams.ts";
import { StreamTrouble } from "../../../supervisor/logs/write_trouble.ts";

const isOpen = (descriptor: number) => {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    return false;
  }
};

test("descriptors are open until they are disposed of, and what is not collected has none", () => {
  let opened = -1;
  {
    using streams = childStreams((stream) => stream === "stdout" ? opened = openSync("/", "r") : null);
    assert.deepEqual([streams.stdout, streams.stderr], [opened, "null"]);
    assert.equal(isOpen(opened), true);
  }
  assert.equal(isOpen(opened), false);
});

test("where the second cannot be opened the first is closed", () => {
  let opened = -1;
  assert.throws(
    () =>
      childStreams((stream) => stream === "stdout" ? opened = openSync("/", "r") : openSync("/no/such", "r")),
    (error) => error instanceof StreamTrouble && error.fault.code === "ENOENT",
  );
  assert.notEqual(opened, -1);
  assert.equal(isOpen(opened), false);
});
