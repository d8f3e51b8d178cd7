import assert from "node:assert/strict";
import { test } from "node:test";
import { inRows, instanceBase } from "../../supervisor/instance_rows.ts";

test("instances stand in rows, all else for itself", () => {
  assert.deepEqual(inRows(["web:0", "db", "web:1", "web", "x:3"]), [["web:0", "web:1"], ["db"], ["web"], [
    "x:3",
  ]]);
});

test("an instance is told from others by the number that its id ends in", () => {
  assert.deepEqual(["web:12", "web", "a:b", "a:1:2"].map(instanceBase), ["web", null, null, "a:1"]);
});
