import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnChart, shareBar } from "../../../render/screen/bars.ts";
import { ASCII, UNICODE } from "../../../render/screen/sparkline.ts";

test("a chart has columns of several lines; what is nothing has a line at its foot, what is unknown none", () => {
  assert.deepEqual(columnChart([NaN, 0, 1, 8, 12, 16, 99], 2, 16, UNICODE), ["    ▄██", " ▁▁████"]);
  assert.deepEqual(columnChart([0, 0], 1, 0, UNICODE), ["▁▁"]);
});

test("a bar is as wide as it is to be, whatever the share", () => {
  assert.equal(shareBar(0.5, 4, UNICODE), "━━──");
  assert.equal(shareBar(0.6, 4, UNICODE), "━━╸─");
  assert.equal(shareBar(0.5, 4, ASCII), "##..");
  const share = fc.oneof(fc.double({ min: -1, max: 2 }), fc.constant(NaN));
  fc.assert(fc.property(share, fc.integer({ min: 0, max: 60 }), (of, width) => {
    for (const glyphs of [UNICODE, ASCII]) assert.equal(shareBar(of, width, glyphs).length, width);
  }));
});
