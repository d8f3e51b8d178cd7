import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { parseSmapsRollup, pssBytes } from "../../../../platform/linux/proc/proc_smaps_rollup.ts";
import { assertNear } from "../../../support/expect.ts";

const parse = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return parseSmapsRollup(bytes, bytes.length);
};

test("the line Pss, and none of those that begin like it", () => {
  const text = "00400000-7ffd rw-p 00000000 00:00 0 [rollup]\nRss:            8472 kB\nPss_Dirty:  1 kB\n" +
    "Pss:            1234 kB\nPss_Anon:       2 kB\n";
  assert.equal(parse(text), 1_234 * 1_024);
});

test("nothing to read is not known", () => {
  assert.ok(Number.isNaN(parse("")));
  assert.ok(Number.isNaN(pssBytes(2 ** 22 + 1)));
});

test("of this process it is what the file says", () => {
  const said = () =>
    Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))![1]) * 1_024;
  assertNear(pssBytes(process.pid), said(), 0.05, 2 ** 20, "PSS");
});
