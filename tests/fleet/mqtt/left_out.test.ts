import assert from "node:assert/strict";
import { test } from "node:test";
import { LeftOut } from "../../../fleet/mqtt/left_out.ts";

test("the first message that is left out is reported, others are counted, and nothing of it steers a terminal", () => {
  const reports = (report: (leftOut: LeftOut) => void) => {
    const lines: string[] = [];
    const leftOut = new LeftOut((level, line) => lines.push(`${level} ${line}`));
    for (let time = 0; time < 3; time++) report(leftOut);
    return lines;
  };
  assert.deepEqual(reports((leftOut) => leftOut.oversized("m/a\x1b", 5)), [
    "warn a message of 5 bytes to m/a\\x1b is too long, and was left out",
  ]);
  assert.deepEqual(reports((leftOut) => leftOut.failed("m/a", new RangeError("no\nstack"))), [
    "warn a message to m/a was left out, by an error of proctor itself: RangeError: no\\x0astack",
  ]);
});
