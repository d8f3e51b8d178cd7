import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { loadConfig } from "../../supervisor/config/load.ts";
import { configReference } from "../../supervisor/config/reference.ts";
import { PROCESS_STATES } from "../../supervisor/control.ts";
import { TRANSITIONS } from "../../supervisor/state.ts";
import { scratch } from "./support/files.ts";

const text = readFileSync(`${ROOT}/docs/supervisor.md`, "utf8");

test("the reference of keys is that of the schema; else run scripts/supervisor_reference.ts", () => {
  const [, reference] = /<!-- reference -->\n([^]*)<!-- end of the reference -->/.exec(text)!;
  assert.equal(reference.trim(), configReference().trim());
});

test("the example is right", () => {
  using files = scratch();
  const [, example] = /```yaml\n([^]*?)```/.exec(text)!;
  const { definitions } = loadConfig(files.write("proctor.yaml", example), {
    variables: { DATABASE_URL: "x" },
  });
  assert.deepEqual(definitions.map(({ id }) => id), ["db", "migrate", "web"]);
});

test("the table of states is that of the machine", () => {
  for (const state of PROCESS_STATES) {
    const [, row] = new RegExp(`^\\| \`${state}\` +\\|.*\\|(.*)\\|$`, "m").exec(text)!;
    assert.deepEqual(
      [...row.matchAll(/`(\w+)`/g)].map(([, word]) => word).sort(),
      [...TRANSITIONS[state]].sort(),
    );
  }
});
