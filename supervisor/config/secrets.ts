import { HIDDEN, hideSecrets } from "../../core/hide_secrets.ts";
import type { ProcessConfig } from "./process_schema.ts";

/** Mappings whose values are secret whatever they are called: only their names are shown. */
const HIDING = new Set(["environment", "headers"]);
/** What is sent to a service may hold anything. */
const BODY = "body";
/** `--password=x`, `--token x`, `-p x` are words of a command line that everybody on the machine can read, and yet. */
const SECRET_OPTION = /^(--?[\w-]*(?:pass|secret|token|api-?key|credential)[\w-]*)(=.*)?$/is;
const REFERENCE = /\$\{/;

/**
 * A definition to be shown: with its defaults, variables as they were written, and without what may be secret: values
 * of the environment and of headers, bodies, passwords in URLs, options that are named so. What env_file says is not
 * in it at all.
 * @param written the entry in canonical form before variables were put in
 */
export function withoutSecrets(config: ProcessConfig, written: unknown): Record<string, unknown> {
  return overlay(config, written, []) as Record<string, unknown>;
}

function overlay(value: unknown, written: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const words = value.map((one, index) =>
      overlay(one, (written as unknown[] | undefined)?.[index], [...path, String(index)])
    );
    return words.map((word, index) => withoutOptionValue(word, words[index - 1]));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).filter(([, one]) => one !== undefined).map(([key, one]) => [
        key,
        overlay(one, (written as Record<string, unknown> | undefined)?.[key], [...path, key]),
      ]),
    );
  }
  const isReference = typeof written === "string" && REFERENCE.test(written);
  if (HIDING.has(path.at(-2) ?? "") || path.at(-1) === BODY) {
    return isReference ? withoutDefaults(written) : HIDDEN;
  }
  const shown = isReference ? written : value;
  return typeof shown === "string" ? hideSecrets(shown) : shown;
}

/** Only the references of a text: what stands around them and what they default to is a value again. */
function withoutDefaults(written: string): string {
  const names = [...written.matchAll(/\$\{([A-Za-z_]\w*)(:-[^}]*)?\}/g)];
  if (names.length === 0) return HIDDEN;
  const shown = names.map(([, name, otherwise]) => `\${${name}${otherwise ? `:-${HIDDEN}` : ""}}`).join("");
  return names.map(([text]) => text).join("") === written ? shown : `${shown} ${HIDDEN}`;
}

function withoutOptionValue(word: unknown, before: unknown): unknown {
  if (typeof word !== "string") return word;
  const own = SECRET_OPTION.exec(word);
  if (own?.[2]) return REFERENCE.test(own[2]) ? word : `${own[1]}=${HIDDEN}`;
  const isValue = typeof before === "string" && SECRET_OPTION.test(before) && !before.includes("=");
  return isValue && !word.startsWith("-") && !REFERENCE.test(word) ? HIDDEN : word;
}
