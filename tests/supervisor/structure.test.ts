/* How supervisor/ is cut: small files, and a machine that only events change. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const MOST_LINES = 300;
const files = readdirSync(`${ROOT}/supervisor`, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: readFileSync(`${ROOT}/supervisor/${path}`, "utf8") }));

test(`no file is longer than ${MOST_LINES} lines`, () => {
  assert.ok(files.length > 50);
  const long = files.filter(({ text }) => text.split("\n").length - 1 > MOST_LINES);
  assert.deepEqual(long.map(({ path }) => path), []);
});

test("every event of the machine is dispatched, or armed by it", () => {
  const { text } = files.find(({ path }) => path === "lifecycle/machine_event.ts")!;
  const union = text.slice(text.indexOf("export type MachineEvent"), text.indexOf("export type Effect"));
  const types = [...union.matchAll(/readonly type: "(\w+)"/g)].map(([, type]) => type);
  assert.ok(types.includes("start") && types.includes("enable"), types.join());
  const isDispatched = (type: string) =>
    files.some(({ path, text }) =>
      path.startsWith("lifecycle/") ? text.includes(`event: "${type}"`) : text.includes(`type: "${type}"`)
    );
  assert.deepEqual(types.filter((type) => !isDispatched(type)), []);
});

test("only a step makes a machine of another", () => {
  const patches = files.filter(({ path, text }) =>
    path !== "lifecycle/state.ts" && /\.\.\.(this\.)?#?machine\b/.test(text)
  );
  assert.deepEqual(patches.map(({ path }) => path), []);
});
