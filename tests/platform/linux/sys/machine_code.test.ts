/* The machine code that machine_code.ts carries is what machine_code.S says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assembled, carried, noArm, noGcc } from "./support/assembled.ts";

test(
  "x86-64",
  { skip: noGcc },
  () => assert.equal(carried("machine_code", "x64"), assembled("machine_code", "")),
);

test("arm64", { skip: noArm }, () => {
  assert.equal(carried("machine_code", "arm64"), assembled("machine_code", "aarch64-linux-gnu-"));
});
