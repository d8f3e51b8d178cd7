import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Painter } from "../../../render/screen/painter.ts";

describe("the painter", () => {
  test("writes only the lines that have changed", () => {
    const painter = new Painter();
    assert.equal(painter.paint(["a", "b"]), "\x1b[1;1Ha\x1b[2;1Hb");
    assert.equal(painter.paint(["a", "c"]), "\x1b[2;1Hc");
    assert.equal(painter.paint(["a", "c"]), "");
    assert.equal(painter.clear(), "\x1b[0m\x1b[2J");
    assert.equal(painter.paint(["a", "c"]), "\x1b[1;1Ha\x1b[2;1Hc");
  });
});
