import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import { notifierSchema } from "./notify/notifier_schema.ts";
import { ruleSchema } from "./rules/rule_schema.ts";

/** Adds what is wrong at a place. */
type AddFault = (path: (string | number)[], message: string) => void;

/** The keys of a manager's file that are about alerts. */
export const alertKeys = {
  alerts: z.array(ruleSchema).max(1_000).default([]).describe("rules: what to alert on"),
  notifiers: z.array(notifierSchema).max(100).default([]).describe("destinations: where alerts are sent"),
};

/** What is wrong with rules and destinations together. */
export function alertFaults(
  { alerts, notifiers }: z.output<z.ZodObject<typeof alertKeys>>,
  addFault: AddFault,
): void {
  const names = notifiers.map(({ name }) => name);
  const rules = alerts.map(({ alert }) => alert);
  repeated(
    names,
    (at) => addFault(["notifiers", at, "name"], `the name "${names[at]}" is taken; choose another`),
  );
  repeated(
    rules,
    (at) => addFault(["alerts", at, "alert"], `the name "${rules[at]}" is taken; choose another`),
  );
  alerts.forEach(({ notify, inhibited_by }, at) => {
    notify?.forEach((name, place) => {
      if (!names.includes(name)) {
        addFault(["alerts", at, "notify", place], unknown("destination", name, names));
      }
    });
    inhibited_by.forEach((name, place) => {
      if (!rules.includes(name)) {
        addFault(["alerts", at, "inhibited_by", place], unknown("rule", name, rules));
      }
    });
  });
}

function repeated(names: readonly string[], tell: (at: number) => void): void {
  names.forEach((name, at) => names.indexOf(name) < at && tell(at));
}

function unknown(what: string, name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  const right = meant
    ? `; did you mean "${meant}"?`
    : names.length > 0
    ? `; there are ${names.join(", ")}`
    : "";
  return `there is no ${what} "${name}"${right}`;
}
