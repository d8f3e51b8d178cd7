import { typed } from "./key.ts";
import type { Key } from "./key.ts";

/** What is suggested first. */
export const SUGGESTED_SIGNAL = "TERM";

/** The name of a signal that is being typed, after one more key; the suggestion gives way to the first letter. */
export function typedSignal(before: string, key: Key): string {
  const text = typed(before, key);
  const isFirst = before === SUGGESTED_SIGNAL && text.length === before.length + 1;
  return (isFirst ? text.slice(-1) : text).toUpperCase();
}
