/*
 * References to variables as docker compose has them in env_file (https://docs.docker.com/reference/compose-file/
 * interpolation/): `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`,
 * `${NAME:?message}`, `${NAME?message}`, nested as well; `$$` is a dollar.
 */

/** Why a text cannot be expanded. */
export interface Unexpanded {
  readonly why: string;
}

/** References within references … */
const DEEPEST = 20;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-+?]/y;

/** Put in what variables hold; the values themselves are not looked into. */
export function expand(
  text: string,
  lookUp: (name: string) => string | undefined,
): string | Unexpanded {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    at += match?.length ?? 0;
    return match;
  };

  /** Up to the brace that closes what is around, or to the end. @param used whether it is put in after all */
  const read = (depth: number, used: boolean): string => {
    if (depth > DEEPEST) throw new Trouble(`references are nested more than ${DEEPEST} deep`);
    let done = "";
    while (at < text.length && !(depth > 0 && text[at] === "}")) {
      if (text[at] !== "$") done += text[at++];
      else if (text[++at] === "$") done += text[at++];
      else done += text[at] === "{" ? readBraced(depth, used) : readBare(used);
    }
    return done;
  };
  const readBare = (used: boolean): string => {
    const name = take(NAME);
    if (name === undefined) {
      throw new Trouble(
        'a "$" begins a variable; write $$ for a dollar, or put the value into single quotes',
      );
    }
    return lookUp(name) ?? (used ? missing(name) : "");
  };
  const readBraced = (depth: number, used: boolean): string => {
    at++;
    const name = take(NAME);
    const operator = take(OPERATOR) ?? "";
    if (name === undefined || (operator === "" && text[at] !== "}")) {
      throw new Trouble('"${" begins a variable; write ${NAME}, ${NAME:-default}, or $$ for a dollar');
    }
    const value = lookUp(name);
    const isThere = value !== undefined && !(operator.startsWith(":") && value === "");
    const kind = operator.at(-1);
    const isWordUsed = kind === "+" ? isThere : !isThere;
    const word = read(depth + 1, used && isWordUsed);
    if (text[at++] !== "}") throw new Trouble('the brace of a "${" is not closed');
    if (kind === "+") return isThere ? word : "";
    if (isThere) return value;
    if (kind === "-" || !used) return word;
    return kind === "?" ? refuse(name, word) : missing(name);
  };
  try {
    return read(0, true);
  } catch (error) {
    if (error instanceof Trouble) return { why: error.message };
    throw error;
  }
}

class Trouble extends Error {}

function missing(name: string): never {
  throw new Trouble(
    `the variable ${name} is not set; set it, write \${${name}:-default}, or $$ where a dollar is meant`,
  );
}

function refuse(name: string, message: string): never {
  throw new Trouble(`the variable ${name} is not set${message ? `: ${message}` : ""}`);
}
