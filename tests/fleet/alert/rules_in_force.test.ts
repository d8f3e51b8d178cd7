import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import type { WrittenRule } from "../../../fleet/alert/rules/rule_schema.ts";
import { RulesInForce } from "../../../fleet/alert/rules_in_force.ts";
import type { FleetView } from "../../../fleet/model/view.ts";

const rule = (alert: string, when: string): WrittenRule => ruleSchema.parse({ alert, of: "task", when });
/** A window of 100,000 tasks takes more than 8 MB, whatever it is cut into: 512 MiB do not hold seventy of them. */
const sizes = { tasks: { size: 100_000 }, agents: { size: 0 } };
const windows = Array.from({ length: 70 }, (_, n) => rule(`window_${n}`, `avg(cpu_percent, ${n + 5}m) > 1`));
const plain = rule("plain", "memory_bytes > 1");

function rulesOf(rules: readonly WrittenRule[]): { rules: RulesInForce; said: string[] } {
  const said: string[] = [];
  const fixed = () => rules.map((rule) => ({ rule, origin: null }));
  const view = sizes as unknown as FleetView;
  return { rules: new RulesInForce({ view, fixed, say: (line) => said.push(line) }, new Map()), said };
}

describe("rules that memory does not suffice for", () => {
  test("are off and say so, the last of them; what still fits behind them holds", () => {
    const { rules, said } = rulesOf([...windows, plain]);
    rules.rebuild(0, new Set());
    const off = windows.map(({ alert }) => alert).filter((name) => !rules.named.has(name));
    assert.ok(off.length > 0 && off.length < windows.length);
    assert.deepEqual(off, windows.slice(-off.length).map(({ alert }) => alert));
    assert.deepEqual(
      said,
      off.map((name) => `alerts: ${name} is off: its windows would take too much memory`),
    );
    assert.ok(rules.named.has("plain"));
    assert.equal(rules.noteOn(off[0], new Map()), "it is off: its windows would take too much memory");
    assert.equal(rules.noteOn("plain", new Map()), null);
  });

  test("are not added to the others, and are beside fewer", () => {
    const { rules: full } = rulesOf(windows);
    assert.throws(
      () => full.refuseTooLarge(plain),
      /^ProctorError: with it all windows take \d+ MiB; the most is 512 MiB$/,
    );
    const { rules: one } = rulesOf([windows[0]]);
    one.refuseTooLarge(plain);
  });

  test("that all fit are all there, in their order", () => {
    const { rules, said } = rulesOf([windows[0], plain]);
    rules.rebuild(0, new Set());
    assert.deepEqual([...rules.named.keys()], ["window_0", "plain"]);
    assert.deepEqual(said, []);
  });
});
