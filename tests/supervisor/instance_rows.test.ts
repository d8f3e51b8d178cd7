import assert from "node:assert/strict";
import { test } from "node:test";
import { inRows, instanceBase, isNamed } from "../../supervisor/instance_rows.ts";

test("instances stand in rows, all else for itself", () => {
  assert.deepEqual(inRows(["web:0", "db", "web:1", "web", "x:3"]), [["web:0", "web:1"], ["db"], ["web"], [
    "x:3",
  ]]);
});

test("an instance is told from others by the number that its id ends in", () => {
  assert.deepEqual(["web:12", "web", "a:b", "a:1:2"].map(instanceBase), ["web", null, null, "a:1"]);
});

test("a name means its process, or all instances of it", () => {
  const meant = (name: string) =>
    ["web", "web:0", "web:12", "webs:0", "web:a"].filter((id) => isNamed(name, id));
  assert.deepEqual(meant("web"), ["web", "web:0", "web:12"]);
  assert.deepEqual(meant("web:0"), ["web:0"]);
  assert.deepEqual(meant("web:"), []);
});
