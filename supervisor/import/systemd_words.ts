import type { NoWords } from "../../core/shell_words.ts";

/** A piece of a word: text, or the name of a variable of the environment. */
export type SystemdPiece = { readonly text: string } | { readonly variable: string };

/** A word of a command line, or a variable that becomes as many words as its value has. */
export type SystemdWord = readonly SystemdPiece[] | { readonly split: string };

/** The command of a line, and what stands behind a `;` of its own. */
export interface SystemdLine {
  readonly words: readonly SystemdWord[];
  readonly further: string;
  /** Words such as `$5` or `$A/b`, which are names that no variable has: systemd leaves them out. */
  readonly leftOut: readonly string[];
}

const BLANKS = " \t\n\r";
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  s: " ",
  "\\": "\\",
  '"': '"',
  "'": "'",
};
const NUMBERED = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3}))/i;
/** A semicolon that is a word, or with a backslash the text of one. */
const LONE_SEMICOLON = /^\\?;(?=[ \t\n\r]|$)/;
const NAME = /^[A-Za-z_]\w*$/;

/**
 * The words of a command line as systemd.service(5) takes it apart: quotes and escapes of C, `%%`, `$$`, `$NAME` as a
 * word of its own, and `${NAME}` anywhere but in the program. Nothing in it is for a shell.
 * @param options.hasVariables whether a dollar begins one
 */
export function systemdWords(line: string, { hasVariables = true } = {}): SystemdLine | NoWords {
  const words: SystemdWord[] = [];
  const split = unquoted(line);
  if ("why" in split) return split;
  const leftOut: string[] = [];
  for (const [index, written] of split.words.entries()) {
    const text = written.replaceAll("%%", "%");
    if (!hasVariables || index === 0) words.push([{ text }]);
    else if (!/^\$(?![{$])/.test(text)) words.push(withVariables(text));
    else if (NAME.test(text.slice(1))) words.push({ split: text.slice(1) });
    else leftOut.push(text);
  }
  return { words, further: split.further, leftOut };
}

/**
 * The words of a command behind signs that change how it is run: with `@` the second word is not an argument, but what
 * the program is told to be called.
 */
export function commandWords(text: string, signs: string): SystemdLine | NoWords {
  const taken = systemdWords(text, { hasVariables: !signs.includes(":") });
  if ("why" in taken || !signs.includes("@")) return taken;
  return { ...taken, words: taken.words.filter((_, at) => at !== 1) };
}

/** Words for a POSIX shell to exec, which takes them for the same: a value is split at blanks, patterns stay text. */
export function shellLine(words: readonly SystemdWord[]): string {
  const isSplit = words.some((word) => "split" in word);
  const parts = words.map((word) => "split" in word ? `$${word.split}` : quoted(word));
  return `${isSplit ? "set -f; " : ""}exec ${parts.join(" ")}`;
}

/** The text of each word; undefined where a variable is in one. */
export function plainWords(words: readonly SystemdWord[]): string[] | undefined {
  const texts: string[] = [];
  for (const word of words) {
    if ("split" in word) return undefined;
    let text = "";
    for (const piece of word) {
      if ("variable" in piece) return undefined;
      text += piece.text;
    }
    texts.push(text);
  }
  return texts;
}

function quoted(word: readonly SystemdPiece[]): string {
  const text = word.map((piece) => {
    if ("variable" in piece) return `"\${${piece.variable}}"`;
    if (piece.text === "") return "";
    return /^[\w./:=@%+,-]+$/.test(piece.text) ? piece.text : `'${piece.text.replaceAll("'", "'\\''")}'`;
  }).join("");
  return text === "" ? "''" : text;
}

/** What `${}` names is empty where no variable can have that name. */
function withVariables(word: string): SystemdPiece[] {
  const pieces: SystemdPiece[] = [];
  let text = "";
  for (let at = 0; at < word.length; at++) {
    const [whole, name] = /^\$\{([^}]*)\}/.exec(word.slice(at)) ?? [];
    if (word.startsWith("$$", at)) {
      text += "$";
      at++;
    } else if (whole !== undefined) {
      if (NAME.test(name)) {
        pieces.push({ text }, { variable: name });
        text = "";
      }
      at += whole.length - 1;
    } else text += word[at];
  }
  return [...pieces, { text }];
}

/** Words without their quotes and escapes, up to a `;` of its own. */
function unquoted(line: string): { words: string[]; further: string } | NoWords {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at];
    const isLone = word === null && quote === null && LONE_SEMICOLON.test(line.slice(at));
    if (isLone && sign === ";") return { words, further: line.slice(at + 1).trim() };
    if (isLone) {
      words.push(";");
      at++;
    } else if (sign === "\\") {
      if (at + 1 === line.length) return { why: "it ends in a backslash, which escapes nothing" };
      const { text, length } = escaped(line.slice(at + 1));
      word = (word ?? "") + text;
      at += length;
    } else if (sign === quote) quote = null;
    else if (quote !== null) word = (word ?? "") + sign;
    else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (BLANKS.includes(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + sign;
  }
  if (quote !== null) return { why: `the quote (${quote}) is not closed` };
  if (word !== null) words.push(word);
  return { words, further: "" };
}

/** What an escape stands for; one that is not known stays as it is, with its backslash. */
function escaped(rest: string): { text: string; length: number } {
  const simple = ESCAPES[rest[0]];
  if (simple !== undefined) return { text: simple, length: 1 };
  const [whole, ...digits] = NUMBERED.exec(rest) ?? [];
  const code = parseInt(digits.find((one) => one !== undefined) ?? "", digits[3] === undefined ? 16 : 8);
  // A single byte beyond ASCII is not a character, and no word has a NUL in it.
  const most = digits[0] ?? digits[3] ? 0x7f : 0x10ffff;
  if (whole === undefined || code === 0 || code > most) return { text: `\\${rest[0]}`, length: 1 };
  return { text: String.fromCodePoint(code), length: whole.length };
}
