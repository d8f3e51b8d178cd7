import { printable } from "../../../core/printable.ts";
import { usageError } from "../../../core/error.ts";

/** A word, number or sign, and where it stands: the first character is 1. */
export interface Token {
  readonly kind: "word" | "number" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

const SPACE = /\s+/y;
const TOKEN = /([A-Za-z_][\w.]*)|(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(>=|<=|==|!=|[-><+*/(),:%])/y;
/** A condition that is longer is no longer one for people. */
const LONGEST = 2_000;

/**
 * The words of a condition, an end after them.
 * @throws ProctorError of kind `usage` with the place of what is none
 */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) throw usageError(`it is longer than ${LONGEST} characters`);
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    SPACE.lastIndex = TOKEN.lastIndex = at;
    if (SPACE.test(text)) {
      at = SPACE.lastIndex;
      continue;
    }
    const [found, word, number] = TOKEN.exec(text) ?? [];
    if (found === undefined) {
      const sign = printable(String.fromCodePoint(text.codePointAt(at)!));
      const right = { "=": '"=="', "&": '"and"', "|": '"or"', "!": '"not"' }[sign];
      throw faultAt(at + 1, `"${sign}" means nothing here${right ? `; write ${right}` : ""}`);
    }
    tokens.push({ kind: word ? "word" : number ? "number" : "sign", text: found, at: at + 1 });
    at += found.length;
  }
  tokens.push({ kind: "end", text: "", at: text.length + 1 });
  return tokens;
}

/** What is wrong with a condition, and at which character. */
export function faultAt(at: number, message: string): Error {
  return usageError(`character ${at}: ${message}`);
}
