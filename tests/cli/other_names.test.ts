import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { otherNames } from "../../commands/help/other_names.ts";
import { proctor } from "./support/proctor.ts";

describe("an option as another program has it", () => {
  test("is met by what is right here, in one line", { timeout: 60_000 }, async () => {
    for (const { verb, option, meant } of otherNames()) {
      const { code, stdout, stderr } = await proctor([verb, option]);
      assert.deepEqual([stdout.toString(), stderr], ["", `proctor: unknown option '${option}'; ${meant}\n`]);
      assert.notEqual(code, 0);
    }
  });

  test("leads to options that the verb has", { timeout: 60_000 }, async () => {
    const helps = new Map<string, string>();
    for (const { verb, option, meant } of otherNames()) {
      if (!helps.has(verb)) helps.set(verb, (await proctor([verb, "--help"])).stdout.toString());
      for (const [named] of meant.matchAll(/--[a-z-]+/g)) {
        assert.match(helps.get(verb)!, new RegExp(`${named}\\b`), `${verb} ${option}`);
      }
    }
  });
});
