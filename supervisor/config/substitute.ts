import { parseDocument } from "yaml";
import type { Fault } from "./fault.ts";
import type { Located, Scalar } from "./located.ts";

/** Where variables are looked up. */
export type Variables = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Put the values of `${NAME}` and `${NAME:-default}` into every string; `$${` is `${`, and any other dollar is one. What was written is kept beside
 * it, so that values never show. A plain word that becomes a number or a boolean is one.
 */
export function substitute(located: Located, variables: Variables, faults: Fault[]): Located {
  const { at, value, plain } = located;
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
  const text = value.replace(REFERENCE, (reference, name?: string, otherwise?: string) => {
    if (reference === "$${") return "${";
    if (name === undefined) {
      faults.push({
        at,
        key: "",
        message: '"${" begins a variable; write ${NAME}, ${NAME:-default}, or $${',
      });
      return reference;
    }
    hasValue = true;
    const found = variables[name];
    // As in a shell: an empty one takes the default.
    if (found !== undefined && (found !== "" || otherwise === undefined)) return found;
    if (otherwise !== undefined) return otherwise;
    faults.push({
      at,
      key: "",
      message: `the variable ${name} is not set; set it, or write \${${name}:-default}`,
    });
    return "";
  });
  if (!hasValue) return { at, value: text, plain };
  return { at, value: plain ? retyped(text) : text, plain, written: value };
}

/** What a plain word would be in YAML; a string where it would be anything but a scalar. */
function retyped(text: string): Scalar {
  if (!/^[\w.+-]+$/.test(text)) return text;
  const value: unknown = parseDocument(text).toJS();
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
