import type { WrittenPart } from "../core/shell_words.ts";
import type { Fault } from "./fault.ts";
import { plainScalar } from "./locate.ts";
import type { Located } from "./located.ts";

/** Where variables are looked up. */
export type Variables = Readonly<Record<string, string | undefined>>;

const REFERENCE = /^([A-Za-z_]\w*)(?::-(.*))?$/s;

/**
 * Put the values of `${NAME}` and `${NAME:-default}` into every string; `$${` is `${`, and any other dollar is one.
 * What was written is kept beside it, so that values never show. A plain word that becomes a number or a boolean is
 * one, and keeps its text.
 */
export function substitute(located: Located, variables: Variables, faults: Fault[]): Located {
  const { at: place, value, plain } = located;
  if (Array.isArray(value)) {
    return {
      ...located,
      value: value.map((one) => substitute(one, variables, faults)),
    };
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, entry]) =>
      [key, { at: entry.at, value: substitute(entry.value, variables, faults) }] as const
    );
    return { ...located, value: new Map(entries) };
  }
  if (typeof value !== "string" || !value.includes("$")) return located;
  let hasValue = false;
  const parts: WrittenPart[] = [];
  let at = 0;
  for (let found = value.indexOf("${"); found >= 0; found = value.indexOf("${", at)) {
    if (value[found - 1] === "$" && found > at) {
      parts.push({ text: value.slice(at, found - 1) }, { text: "${", written: "$${" });
      at = found + 2;
      continue;
    }
    const end = value.indexOf("}", found);
    const [, name, otherwise] = REFERENCE.exec(end < 0 ? "" : value.slice(found + 2, end)) ?? [];
    if (name === undefined) {
      const message = '"${" begins a variable; write ${NAME}, ${NAME:-default}, or $${';
      faults.push({ at: place, key: "", message });
      break;
    }
    hasValue = true;
    parts.push(
      { text: value.slice(at, found) },
      { text: valueOf(name, otherwise, variables, place, faults), written: value.slice(found, end + 1) },
    );
    at = end + 1;
  }
  parts.push({ text: value.slice(at) });
  const text = parts.map((part) => part.text).join("");
  if (!hasValue) return { at: place, value: text, plain, parts };
  if (!plain) return { at: place, value: text, written: value, parts };
  return { at: place, value: plainScalar(text), plain, source: text, written: value, parts };
}

/** A text in which nothing is a variable. */
export function literal(text: string): string {
  // As a function: in a text "$$" would be one dollar.
  return text.replaceAll("${", () => "$${");
}

function valueOf(
  name: string,
  otherwise: string | undefined,
  variables: Variables,
  at: Located["at"],
  faults: Fault[],
): string {
  const found = variables[name];
  // As in a shell: an empty one takes the default.
  if (found !== undefined && (found !== "" || otherwise === undefined)) return found;
  if (otherwise !== undefined) return otherwise;
  const message = `the variable ${name} is not set; set it, or write \${${name}:-default}`;
  faults.push({ at, key: "", message });
  return "";
}
