/* The rules that docs/fleet-alerts.md offers are ones. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { check } from "../../config/check.ts";
import { faultLine } from "../../config/fault.ts";
import type { Fault } from "../../config/fault.ts";
import { locateMapping } from "../../config/locate.ts";
import { FUNCTIONS } from "../../fleet/alert/language/expression.ts";
import { notifierSchema } from "../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../fleet/alert/rules/rule_schema.ts";
import { managerConfigSchema } from "../../fleet/config/manager_schema.ts";
import { ROOT } from "../support/fixture.ts";

const page = readFileSync(`${ROOT}/docs/fleet-alerts.md`, "utf8");
const [, yaml] = /```yaml\n([^]*?)```/.exec(page)!;

function faultsOf(text: string): string[] {
  const faults: Fault[] = [];
  const located = locateMapping(text, "manager.yaml", "alerts", faults);
  if (located) check(managerConfigSchema, located, "", faults);
  return faults.map(faultLine);
}

test("the ready rules are taken as they stand", () => {
  assert.deepEqual(faultsOf(yaml), []);
  assert.ok((yaml.match(/- alert: /g) ?? []).length >= 12);
});

test("every key and function is told of", () => {
  const keys = [...Object.keys(ruleSchema.shape), ...Object.keys(FUNCTIONS), "absent", "age"];
  const others = Object.keys(notifierSchema.shape).filter((key) =>
    !["name", "headers", "token"].includes(key)
  );
  assert.deepEqual([...keys, ...others].filter((key) => !page.includes(`\`${key}`)), []);
});

for (
  const [before, after, fault] of [
    ["for: 60s", "fro: 60s", 'alerts.0.fro: there is no such key; did you mean "for"?'],
    ["of: host", "of: hosts", "alerts.0.of: "],
    [
      "when: avg(memory_percent, 5m) > 90 %",
      "when: avg(memory_percent, 5m) >> 90 %",
      'alerts.2.when: character 26: ">" stands here, where a figure, a function or a number is wanted',
    ],
    [
      "when: avg(memory_percent, 5m) > 90 %",
      "when: avg(memory_percent) > 90 %",
      "alerts.2.when: avg of one task wants a time: avg(memory_percent, 5m)",
    ],
    [
      "when: count() < 10",
      "when: cpu_percent < 10",
      "alerts.12.when: a unit has no cpu_percent of its own; write one of all, such as avg(cpu_percent) or count()",
    ],
    [
      "inhibited_by: [host_gone]",
      "inhibited_by: [host_gon]",
      'alerts.1.inhibited_by.0: there is no rule "host_gon"; did you mean "host_gone"?',
    ],
    [
      "- alert: restarts",
      "- alert: swapping",
      'alerts.7.alert: the name "swapping" is taken; choose another',
    ],
    [
      '"{proplet_id} of',
      '"{proplet_id of',
      "alerts.0.summary: a { or } stands alone; write {task_id}, both of them",
    ],
    [
      "    severity: info\n",
      "    severity: info\n    notify: [opps]\n",
      'alerts.5.notify.0: there is no destination "opps"; did you mean "ops"?',
    ],
  ] as const
) {
  test(`${after.trim()} is a fault with its place`, () => {
    const text = yaml.replace(before, after);
    assert.notEqual(text, yaml);
    const lines = faultsOf(text);
    assert.equal(lines.length, 1, lines.join("\n"));
    const told = lines[0].replace(/^manager\.yaml:(\d+):\d+: /, "");
    assert.ok(told.startsWith(fault), lines[0]);
    assert.ok(Number(/:(\d+):/.exec(lines[0])![1]) > 1);
  });
}
