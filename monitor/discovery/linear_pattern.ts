import type { RE2JS } from "re2js";
import { usageError } from "../../core/error.ts";

/** A regular expression that is matched in time proportional to the text, whatever both are. */
export interface LinearPattern {
  /** Whether it is found anywhere in a text. */
  test(text: string): boolean;
}

let engine: typeof RE2JS | undefined;

/** Load the engine (RE2), which is large, before the first {@link linearPattern}. */
export async function loadPatterns(): Promise<void> {
  engine ??= (await import("re2js")).RE2JS;
}

/**
 * What the runtime's own engine would match, without its backtracking: the arguments of processes are written by
 * anybody, and some would keep it busy for years.
 * @param where the expression is written, for the message
 * @throws ProctorError of kind `usage` for what cannot be matched so: backreferences and looking around
 */
export function linearPattern(expression: RegExp, where = "commandLine"): LinearPattern {
  if (!engine) throw new Error("loadPatterns comes first");
  try {
    return engine.compile(engine.translateRegExp(expression));
  } catch (error) {
    const reason = (error as Error).message.replace(/^error parsing regexp: /, "");
    throw usageError(
      `${where}: "${expression.source}" cannot be matched in bounded time (${reason}); ` +
        "write it without backreferences, (?=…), (?!…), (?<=…), (?<!…), and counts above 1000",
    );
  }
}
