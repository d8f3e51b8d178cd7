import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const STRING = /(["'`])((?:\\.|(?!\1).)*)\1/.source;
/** A test's title and options; what stands between is looked at from each place anew. */
const CALL = new RegExp(
  `\\((?=\\s*${STRING},\\s*({.*?}|[\\w$]+)\\s*,\\s*(?:async\\b|function\\b|\\())`,
  "gs",
);
/** A string that an expression may be, not one that it compares with, looks for or hands on. */
const VALUE = new RegExp(
  `(?:^|&&|\\|\\||[?:]|[^=!]=|=>|\\breturn)\\s*${STRING}(?!\\s*(?:in\\b|[=!]=))`,
  "gs",
);
/** A name, and the method of one, but none of its properties. */
const IDENTIFIER = /(?<![\w$)\]?!]\.)\b[A-Za-z_$][\w$]*|(?<=\.)\w+(?=\()/g;

/**
 * Why a test was skipped. No runtime's report tells, so it is looked up where it was written: in the `skip` option, in
 * the constants it names (there or in a file imported from there), or in the entry of a list that the test is made of.
 * @param name the full name, `group > test`
 */
export function skipReason(file: string, name: string): string {
  const source = readFileSync(file, "utf8");
  const options = optionsOf(source, name);
  const skip = /\bskip\b\s*:?(.*)/s.exec(options);
  const expression = skip ? skip[1].trim().replace(/^[,}].*/s, "") || "skip" : options;
  return reasonIn(expression, { file, source, name }, new Set()) ?? "no reason found";
}

interface Place {
  readonly file: string;
  readonly source: string;
  /** Of the test. */
  readonly name: string;
}

/** The options of a test, as they are written; empty where it is not found. */
function optionsOf(source: string, name: string): string {
  const calls = [...source.matchAll(CALL)]
    .map(([, quote, title, options]) => ({ isTemplate: quote === "`", title, options }));
  const parts = name.split(" > ");
  const titles = parts.map((_, i) => parts.slice(i).join(" > "));
  // A title that is written as it stands before one that is put together.
  for (const wantsTemplate of [false, true]) {
    for (const title of titles) {
      const found = calls.find((call) =>
        call.isTemplate === wantsTemplate && patternOf(call.title).test(title)
      );
      if (found) return found.options;
    }
  }
  return "";
}

function patternOf(title: string): RegExp {
  const texts = title.split(/\$\{[^}]*\}/).map((text) => text.replace(/\\(.)/g, "$1"));
  return new RegExp(`^${texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "s");
}

/** @param seen what has been looked up already */
function reasonIn(written: string, place: Place, seen: Set<string>): string | undefined {
  const expression = entryOf(written, place.name);
  const text = [...expression.matchAll(VALUE)].at(-1)?.[2];
  if (text !== undefined) return text;
  for (const [identifier] of expression.replace(new RegExp(STRING, "gs"), "").matchAll(IDENTIFIER)) {
    const key = `${place.file}\t${identifier}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const found = declarationOf(identifier, place);
    const reason = found && reasonIn(found.expression, found.place, seen);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Of a list whose entries say each whether they are skipped: what that says which the test is named after. */
function entryOf(expression: string, name: string): string {
  const entries = [...expression.matchAll(/{((?:[^{}]|{[^{}]*})*?)\bskip: ([^,}]*)/g)].map(
    ([, before, skip]) => {
      const named = [...before.matchAll(new RegExp(STRING, "gs"))].map(([, , text]) => text);
      return {
        skip,
        length: Math.max(0, ...named.filter((text) => name.includes(text)).map((text) => text.length)),
      };
    },
  );
  const longest = Math.max(...entries.map(({ length }) => length));
  return entries.find(({ length }) => length === longest)?.skip ?? expression;
}

/** What a constant is, or is one of, or a function says, and where that is written. */
function declarationOf(identifier: string, place: Place): { expression: string; place: Place } | undefined {
  const name = identifier.replaceAll("$", "\\$");
  const patterns = [
    `\\bconst (?:${name}\\b[^=;]*?|[{[][^=;]*?\\b${name}\\b[^=;]*?[}\\]]) ?(?:=(?<value>.*?);\\n|of (?<list>.*?)\\) {)`,
    `^(?<indent> *)(?:export )?(?:function|static) ${name}\\((?<body>.*?)^\\k<indent>}$`,
  ].map((pattern) => new RegExp(pattern, "ms"));
  const imports = [...place.source.matchAll(/from "(\.[^"]+)"/g)].map(([, path]) =>
    join(dirname(place.file), path)
  );
  for (const file of [place.file, ...imports.filter(existsSync)]) {
    const source = file === place.file ? place.source : readFileSync(file, "utf8");
    const found = patterns.map((pattern) => pattern.exec(source)).find((match) => match !== null);
    if (!found?.groups) continue;
    const { value, list, body } = found.groups;
    return { expression: (value ?? list ?? body).trim(), place: { ...place, file, source } };
  }
  return undefined;
}
