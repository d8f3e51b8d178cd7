/** A key as node:readline tells it: a name for those that have one, and what was typed. */
export interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly text?: string;
}

const LONGEST_TEXT = 60;

/** A text that is being typed, after one more key. */
export function typed(text: string, { name, ctrl, text: letter }: Key): string {
  if (name === "backspace") return [...text].slice(0, -1).join("");
  if (ctrl && name === "u") return "";
  const isPrintable = letter !== undefined && !ctrl && /^[^\p{Cc}\p{Cf}]+$/u.test(letter);
  return isPrintable ? (text + letter).slice(0, LONGEST_TEXT) : text;
}
