/* The help of all is printed without a verb being loaded: it is what the verbs say of themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProgram } from "../../commands/program.ts";

test("the outlines of the verbs are those of the verbs", async () => {
  const outlined = await buildProgram(() => {}, undefined);
  const whole = await buildProgram(() => {}, "completion");
  assert.ok(whole.commands.some((verb) => verb.name() === "run" && verb.options.length > 20));
  assert.ok(outlined.commands.every((verb) => verb.options.length === 0));
  assert.equal(outlined.helpInformation(), whole.helpInformation());
});
