/*
 * What steers a terminal or an editor instead of being shown: C0 and C1 controls (ECMA-48; a lone carriage return
 * forges a line, an escape hides, colours or asks the terminal), what reverses the direction of writing (Unicode TR
 * 9), line and paragraph separators, marks of no width, and tags.
 */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * A foreign string made safe for a terminal, in one line: what would steer it is written out, as in `\x1b` or `\u202e`.
 * What is safe comes back as it is.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, writtenOut);
}

/** A character by its number: `\x1b`, `\u4e2d`, `\u{1f680}`. */
export function writtenOut(character: string): string {
  const code = character.codePointAt(0)!;
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`;
}

/** A value as JSON that may be shown on a terminal: the same value to whoever parses it. */
export function printableJson(value: unknown, indent?: number): string {
  return printableJsonText(JSON.stringify(value, null, indent));
}

/** JSON made safe for a terminal, and still the same JSON: what may stand raw in its strings is escaped. */
export function printableJsonText(json: string): string {
  // JSON itself writes C0 as escapes; line breaks of the indent are no part of a text.
  return json.replace(UNPRINTABLE, (character) => {
    if (character === "\n") return character;
    return [...Array(character.length).keys()].map((at) =>
      `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`
    ).join("");
  });
}
