import { usageError } from "../../core/error.ts";
import { isTerminal, placesText } from "../../io/terminal/output.ts";

/**
 * Refuse where there is no terminal that a full screen could be shown on.
 * @param insteadOf what programs use instead, and what does without placing text
 * @throws ProctorError of kind `usage`
 */
export function needScreen(
  verb: string,
  insteadOf: { readonly program: string; readonly dumb: string },
): void {
  if (!isTerminal(0) || !isTerminal(1)) {
    throw usageError(`${verb}: it needs a terminal; for programs there are ${insteadOf.program}`);
  }
  if (!placesText(1)) {
    throw usageError(`${verb}: this terminal (TERM=dumb) cannot place text; try ${insteadOf.dumb}`);
  }
}

/** Whether the locale is one of UTF-8 (locale(7): the first of these that is set decides). */
export function speaksUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
}
