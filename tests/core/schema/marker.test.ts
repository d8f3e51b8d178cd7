import assert from "node:assert/strict";
import { test } from "node:test";
import { supervisedId } from "../../../core/schema/marker.ts";

test("an id is believed beside the mark of a supervisor, and no other", () => {
  assert.equal(supervisedId("12-0a1b2c3d4e5f-99aa", "web:0"), "web:0");
  // A run inside of a supervised process has inherited its id, and a mark without a label.
  assert.equal(supervisedId("12-0a1b2c3d4e5f", "web:0"), null);
  assert.equal(supervisedId(null, "web:0"), null);
  assert.equal(supervisedId("12-0a1b2c3d4e5f-99aa", null), null);
  assert.equal(supervisedId("12-0a1b2c3d4e5f-99aa", ""), null);
});
