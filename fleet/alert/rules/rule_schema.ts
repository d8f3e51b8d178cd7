import { z } from "zod";
import { durationMs, durationOrZero } from "../../../config/values.ts";
import { parsable } from "../../../core/schema/text_schema.ts";
import { FUNCTIONS, partsOf } from "../language/expression.ts";
import type { Expression, Signature } from "../language/expression.ts";
import { parseCondition } from "../language/parse.ts";
import { NO_DATA, SEVERITIES, SUBJECTS } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { templateFault } from "./template.ts";

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const name = z.string().regex(NAME, { error: "is not a name; write letters, digits and _ . -, at most 64" });
const condition = (words: string) => parsable(parseCondition).describe(`condition; ${words}`);
const label = z.string().min(1).max(128);
const pattern = z.string().max(256);

/** One rule, as people write it. */
export const ruleSchema = z.strictObject({
  alert: name.describe("its name"),
  of: z.enum(SUBJECTS).describe("what it is about"),
  where: z.record(label, z.union([pattern, z.array(pattern).min(1).max(100)])).default({}).describe(
    "fields and labels, each with a pattern or a list of them; * for any characters, ? for one",
  ),
  when: condition("when it is true the alert begins"),
  until: condition("when it is true the alert ends; default: that `when` is not").optional(),
  for: durationOrZero("how long it must be true before it fires").default("0s"),
  keep: durationOrZero("how long it stays after it was last true").default("0s"),
  no_data: z.enum(NO_DATA).default("keep").describe("what becomes of it where there are no figures"),
  group: z.array(label).max(10).default(["domain", "channel"]).describe(
    "alerts that agree in these are sent together",
  ),
  severity: z.enum(SEVERITIES).default("warning"),
  summary: z.string().min(1).max(500).optional().describe(
    "the text of the alert; {name} is a field, a label or {value}",
  ),
  notify: z.array(name).max(20).optional().describe("names of destinations; default: all"),
  inhibited_by: z.array(name).max(20).default([]).describe(
    "names of rules: while one of them has an alert about the same thing, or what it is part of, this one is not sent",
  ),
  planned: z.boolean().default(false).describe("of `absent`: also what has said itself that it goes"),
  enabled: z.boolean().default(true),
}).superRefine((rule, context) => {
  for (const key of ["when", "until"] as const) {
    const text = rule[key];
    if (text === undefined) continue;
    let expression: Expression;
    try {
      expression = parseCondition(text);
    } catch {
      continue; // It is told as a fault of its own.
    }
    const message = scopeFault(expression, rule.of);
    if (message !== null) context.addIssue({ code: "custom", path: [key], message });
  }
  const fault = rule.summary === undefined ? null : templateFault(rule.summary);
  if (fault !== null) context.addIssue({ code: "custom", path: ["summary"], message: fault });
});

/** A rule as it was written and checked: what is stored, and shown. */
export type WrittenRule = z.output<typeof ruleSchema>;

/** What of a condition does not fit what the rule is about; null for nothing. */
function scopeFault(expression: Expression, of: Rule["of"]): string | null {
  const isMany = of === "unit" || of === "fleet";
  for (const part of partsOf(expression)) {
    if (part.type === "absent" && of === "fleet") return "a fleet is not absent; write of: unit, or of: host";
    if (!isMany) {
      if (part.type !== "call") continue;
      const { over }: Signature = FUNCTIONS[part.name];
      if (over === "many") return `${part.name} is of many things; write of: unit, or of: fleet`;
      if (over === "either" && part.windowMs === null) {
        return `${part.name} of one ${of} wants a time: ${part.name}(${part.figure || "cpu_percent"}, 5m)`;
      }
    } else if (part.type === "figure" || part.type === "age") {
      const name = part.type === "age" ? "age" : part.name;
      return `a ${of} has no ${name} of its own; write one of all, such as avg(cpu_percent) or count()`;
    } else if (part.type === "call") {
      const { over }: Signature = FUNCTIONS[part.name];
      if (over === "window" || over === "now") {
        return `${part.name} is of one thing; write of: task, or of: host`;
      }
      if (part.windowMs !== null) return `of a ${of} it is what is now; leave the time out`;
    }
  }
  return null;
}

/** A checked rule as it is evaluated. */
export function toRule(written: WrittenRule): Rule {
  return {
    name: written.alert,
    of: written.of,
    where: Object.entries(written.where).map((
      [key, value],
    ) => [key, typeof value === "string" ? [value] : value]),
    when: parseCondition(written.when),
    until: written.until === undefined ? null : parseCondition(written.until),
    forMs: durationMs(written.for),
    keepMs: durationMs(written.keep),
    noData: written.no_data,
    group: written.group,
    severity: written.severity,
    summary: written.summary ?? "{subject}: {value}",
    notify: written.notify ?? null,
    inhibitedBy: written.inhibited_by,
    isPlanned: written.planned,
    isEnabled: written.enabled,
  };
}
