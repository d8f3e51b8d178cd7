import { fillTemplate } from "../rules/template.ts";
import type { RuleProgram } from "./rule_program.ts";
import { valueInWords } from "./value_words.ts";

/**
 * What an alert says, by the template of its rule.
 * @param words what it is about
 * @param label a label of that by its name
 * @param otherwise what stands for the value where there is none
 */
export function summaryOf(
  { rule, valueOf }: RuleProgram,
  words: string,
  value: number | null,
  label: (name: string) => string,
  otherwise: string,
): string {
  const shown = value === null || valueOf === null ? otherwise : valueInWords(valueOf, value);
  return fillTemplate(
    rule.summary,
    (name) =>
      name === "value" ? shown : name === "subject" ? words : name === "rule" ? rule.name : label(name),
  );
}
