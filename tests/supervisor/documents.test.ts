import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { loadConfig } from "../../supervisor/config/load.ts";
import { configReference } from "../../supervisor/config/reference.ts";
import { PROCESS_STATES } from "../../supervisor/control.ts";
import { TRANSITIONS } from "../../supervisor/lifecycle/machine_event.ts";
import { scratch } from "./support/files.ts";

const text = readFileSync(`${ROOT}/docs/supervisor.md`, "utf8");

test("the reference of keys is that of the schema; else run scripts/supervisor_reference.ts", () => {
  const [, reference] = /<!-- reference -->\n([^]*)<!-- end of the reference -->/.exec(text)!;
  assert.equal(reference.trim(), configReference().trim());
});

/** Examples of whole configurations, but for those of a part, which name no process. */
const examples = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, example]) => example)
  .filter((example) => /^(?:managed_)?processes:/m.test(example));

test("the examples are right", () => {
  const ids = examples.map((example) => {
    using files = scratch();
    files.write("web.env", "");
    return loadConfig(files.write("proctor.yaml", example), { variables: { DATABASE_URL: "x" } })
      .definitions.map(({ id }) => id);
  });
  assert.deepEqual(ids.map((one) => one.join(" ")), [
    "web worker",
    "db migrate web",
    "backup report",
    "app page",
    "api",
    "db cron web",
    "web:0 web:1 web:2 proxy",
    "web worker",
  ]);
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
