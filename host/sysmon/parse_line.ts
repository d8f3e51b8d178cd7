import { exactly } from "./exact_number.ts";
import { Refusal } from "./refusal.ts";

/** The longest line that is read, in bytes. */
export const LONGEST_LINE_BYTES = 1_048_576;

/** How deep arrays and objects may lie in one another: JSON.stringify would run out of stack at some thousands. */
const DEEPEST_NESTING = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON value of a line.
 * @throws Refusal with the code `ParseError`
 */
export function parseLine(line: Uint8Array | null): unknown {
  if (line === null) throw new Refusal("ParseError", `the line is longer than ${LONGEST_LINE_BYTES} bytes`);
  const text = decodeLine(line);
  // What is shorter cannot open and close so many.
  if (line.length > 2 * DEEPEST_NESTING && nesting(line) > DEEPEST_NESTING) {
    throw new Refusal("ParseError", `the line is nested more than ${DEEPEST_NESTING} deep`);
  }
  try {
    return JSON.parse(text, exactly as (key: string, value: unknown) => unknown);
  } catch (error) {
    const why = (error as Error).message.replace(/^JSON Parse error: /, "");
    throw new Refusal("ParseError", `the line is not JSON: ${why}`);
  }
}

function decodeLine(line: Uint8Array): string {
  try {
    return decoder.decode(line);
  } catch {
    throw new Refusal("ParseError", "the line is not a valid UTF-8");
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = [91, 123]; // [ {
const CLOSING = [93, 125];

/** How deep brackets lie in one another, those of strings left out. */
function nesting(line: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at];
    if (isString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    else if (byte === OPENING[0] || byte === OPENING[1]) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSING[0] || byte === CLOSING[1]) depth--;
  }
  return deepest;
}

/** Whether a line holds nothing but blanks, and so asks for nothing. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
