/** A piece of a command line: what was written, or what a variable has put in, in which nothing is a sign. */
export interface WrittenPart {
  readonly text: string;
  /** The reference to a variable that the text stands for. */
  readonly written?: string;
}

/** One word of a command line. */
export interface ShellWord {
  readonly text: string;
  /** With references to variables as they were written; undefined where there are none. */
  readonly written?: string;
}

/** Why a text is not a list of words. */
export interface NoWords {
  readonly why: string;
}

const OPERATORS = "|&;<>()`";
/** What a shell makes file names of, anywhere in a word, and what it takes for a home or a comment at its beginning. */
const PATTERNS = "*?[";
const LEADING = "~#";
const BLANKS = " \t";
/** What a backslash escapes within double quotes (POSIX, Shell Command Language, 2.2.3). */
const ESCAPED_IN_QUOTES = '$`"\\\n';
const VARIABLE = /^\$(?:[A-Za-z_]\w*|[({@*#?!$0-9-])/;

/**
 * The words of a command as a POSIX shell would take them apart: blanks part them, quotes and backslashes keep them
 * together. Nothing else of a shell is done; what only a shell could do (pipes, lists, redirections, its variables,
 * file names by patterns, a second line) is refused. A variable's value stays in one word, whatever is in it.
 * @param options.isPlain signs that only a shell understands are text like any other
 */
export function shellWords(
  parts: readonly WrittenPart[],
  { isPlain = false }: { isPlain?: boolean } = {},
): ShellWord[] | NoWords {
  const words: ShellWord[] = [];
  let text: string | null = null;
  let written = "";
  let hasReference = false;
  let quote: "'" | '"' | null = null;
  const add = (piece: string, as = piece) => {
    text = (text ?? "") + piece;
    written += as;
  };
  const end = () => {
    if (text !== null) words.push(hasReference ? { text, written } : { text });
    [text, written, hasReference] = [null, "", false];
  };
  for (const part of parts) {
    if (part.written !== undefined) {
      add(part.text, part.written);
      hasReference = true;
      continue;
    }
    const line = part.text;
    for (let at = 0; at < line.length; at++) {
      const sign = line[at];
      if (quote === "'") {
        if (sign === "'") quote = null;
        else add(sign);
      } else if (sign === "\\" && (quote === null || ESCAPED_IN_QUOTES.includes(line[at + 1] ?? ""))) {
        if (at + 1 === line.length) return { why: "it ends in a backslash, which escapes nothing" };
        if (line[++at] !== "\n") add(line[at]);
      } else if (sign === quote) quote = null;
      else if (!isPlain && sign === "$" && VARIABLE.test(line.slice(at))) {
        return { why: `"${VARIABLE.exec(line.slice(at))![0]}" is for a shell to put in` };
      } else if (!isPlain && (sign === "`" || (quote === null && OPERATORS.includes(sign)))) {
        return { why: `"${sign}" is for a shell to do` };
      } else if (quote !== null) add(sign);
      else if (sign === "'" || sign === '"') {
        quote = sign;
        add("");
      } else if (BLANKS.includes(sign)) end();
      else if (sign === "\n") {
        if (!isPlain && !isRest(parts, part, at)) {
          return { why: "it is more than one line, which are commands of a shell" };
        }
        end();
      } else if (!isPlain && (PATTERNS.includes(sign) || (text === null && LEADING.includes(sign)))) {
        return { why: `"${sign}" is for a shell to expand; in quotes it is a letter like any other` };
      } else add(sign);
    }
  }
  if (quote !== null) return { why: `the quote (${quote}) is not closed` };
  end();
  return words;
}

/** Whether nothing but blanks follows, or nothing has gone before. */
function isRest(parts: readonly WrittenPart[], part: WrittenPart, at: number): boolean {
  const place = parts.indexOf(part);
  const isEmpty = ({ text, written }: WrittenPart) => written === undefined && text.trim() === "";
  return isEmpty({ text: part.text.slice(at) }) && parts.slice(place + 1).every(isEmpty) ||
    isEmpty({ text: part.text.slice(0, at) }) && parts.slice(0, place).every(isEmpty);
}
