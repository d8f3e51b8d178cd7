import type { ProcessConfig } from "./process_schema.ts";

/** Names of variables whose values are nobody's business. */
const SECRET = /pass|secret|token|key|credential|auth|cookie|private|dsn|connection/i;
const HIDDEN = "(hidden)";

/**
 * A definition to be shown: with its defaults, variables as they were written, and without the values of what is named
 * like a secret. What env_file says is not in it at all.
 * @param written the entry in canonical form before variables were put in
 */
export function withoutSecrets(config: ProcessConfig, written: unknown): Record<string, unknown> {
  return overlay(config, written, []) as Record<string, unknown>;
}

function overlay(value: unknown, written: unknown, path: readonly string[]): unknown {
  const parent = path.at(-2);
  const isNamed = parent === "environment" || parent === "headers";
  if (isNamed && SECRET.test(path.at(-1)!) && !isReference(written)) return HIDDEN;
  if (Array.isArray(value)) {
    return value.map((one, index) =>
      overlay(one, (written as unknown[] | undefined)?.[index], [...path, String(index)])
    );
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).filter(([, one]) => one !== undefined).map(([key, one]) => [
        key,
        overlay(one, (written as Record<string, unknown> | undefined)?.[key], [...path, key]),
      ]),
    );
  }
  return isReference(written) ? written : value;
}

function isReference(written: unknown): boolean {
  return typeof written === "string" && /\$\{/.test(written);
}
