import { expand } from "./expand.ts";

/*
 * Files of variables by the rules of docker compose (https://docs.docker.com/compose/how-tos/environment-variables/
 * variable-interpolation/, "env-file syntax"): `NAME=value`, `export` before it, ` #` begins a comment behind what is
 * not quoted, single quotes keep everything, double quotes know escapes and may go over several lines, and references
 * are expanded but in single quotes. In two things it is stricter, so that no value is lost silently: a variable that
 * is not set has to have a default, and behind a closing quote only a comment may stand.
 */

/** What looks a variable up. */
export type Lookup = (name: string) => string | undefined;

const NAME = /[ \t]*(?:export[ \t]+)?([\p{L}\p{N}_.[\]-]+)[ \t]*(?=[=:\n]|$)/uy;
const BLANK = /[ \t\v\f\r]*(?:#[^\n]*)?(?:\n|$)/y;
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  c: "\\c",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
};

/**
 * The variables of a file, in its order.
 * @param lookUp what there is besides; goes before what the file itself has said
 * @param onFault called with the line of each fault, from 1; no value is in the message, it may be secret
 */
export function parseEnvFile(
  text: string,
  lookUp: Lookup,
  onFault: (line: number, message: string) => void,
): Map<string, string> {
  const source = text.replaceAll("\r\n", "\n");
  const found = new Map<string, string>();
  const known: Lookup = (name) => lookUp(name) ?? found.get(name);
  let at = 0;
  let line = 1;
  const matches = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match) at += match[0].length;
    return match;
  };
  const restOfLine = () => {
    const end = source.indexOf("\n", at);
    const rest = source.slice(at, end < 0 ? source.length : end);
    at += rest.length + 1;
    return rest;
  };
  for (; at < source.length; line++) {
    if (matches(BLANK)) continue;
    const name = matches(NAME)?.[1];
    const fault = (message: string) => onFault(line, message);
    if (name === undefined) {
      fault(
        /^[ \t]*[=:]/.test(restOfLine())
          ? "there is no name before the value; write NAME=value"
          : 'it is not NAME=value; a name is of letters, digits, "_", "." and "-"',
      );
      continue;
    }
    if (at >= source.length || source[at] === "\n") {
      at++;
      const value = known(name);
      if (value !== undefined) found.set(name, value);
      else fault('there is no "=", and the environment has no such variable; write NAME=value');
      continue;
    }
    at++;
    const value = restOfLine();
    const indent = /^[ \t\v\f]*/.exec(value)![0].length;
    const quote = value[indent];
    const expanded = (raw: string) => {
      const result = expand(raw, known);
      if (typeof result === "string") found.set(name, result);
      else fault(result.why);
    };
    if (quote !== '"' && quote !== "'") {
      expanded(value.replace(/[ \t]#.*$/s, "").trim());
      continue;
    }
    const begin = at - value.length - 1 + indent;
    const end = closingQuote(source, begin);
    if (end < 0) {
      fault(`the ${quote} is not closed`);
      return found;
    }
    const inner = source.slice(begin + 1, end);
    at = end + 1;
    if (!matches(BLANK)) {
      fault("something stands behind the closing quote; put all of the value into the quotes");
      restOfLine();
    } else if (quote === "'") found.set(name, inner.replaceAll("\\'", "'"));
    else expanded(unescape(inner));
    line += inner.split("\n").length - 1;
  }
  return found;
}

/** Where the quote at a place is closed; -1 for nowhere. */
function closingQuote(source: string, begin: number): number {
  for (let at = begin + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === source[begin]) return at;
  }
  return -1;
}

/** `\$` stays a dollar: as `$$` it is passed on. */
function unescape(text: string): string {
  return text.replace(/\\(0[0-7]{1,3}|[\s\S])/g, (whole, escaped: string) => {
    if (escaped === "$") return "$$";
    if (/^0[0-7]/.test(escaped)) return String.fromCharCode(parseInt(escaped, 8) & 0xff);
    return ESCAPES[escaped] ?? whole;
  });
}
