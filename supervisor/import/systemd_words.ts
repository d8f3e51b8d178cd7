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
  /** Forms such as `${A:-b}`, which a shell would know: to systemd they are text. */
  readonly foreign: readonly string[];
}

/** Assignments of `Environment=`, up to what is no word. */
export interface SystemdAssignments {
  readonly words: readonly string[];
  /** Why all from there on is ignored; null where nothing is. */
  readonly why: string | null;
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
/** Escaped bytes that are part of a character beyond ASCII. */
const BYTES = /^(?:\\x[89a-f][0-9a-f]|\\[23][0-7]{2})+/i;
/** A semicolon that is a word, or with a backslash the text of one. */
const LONE_SEMICOLON = /^\\?;(?=[ \t\n\r]|$)/;
const NAME = /^[A-Za-z_]\w*$/;
/** How a reference begins that systemd takes for text, as it does not know what follows. */
const FOREIGN = /^\$\{[^}:]*:/;

/**
 * The words of a command line as systemd.service(5) takes it apart: quotes and escapes of C, `%%`, `$$`, `$NAME` as a
 * word of its own, and `${NAME}` anywhere but in the program. Nothing in it is for a shell.
 * @param options.hasVariables whether a dollar begins one
 */
export function systemdWords(line: string, { hasVariables = true } = {}): SystemdLine | NoWords {
  const words: SystemdWord[] = [];
  const split = unquoted(line, true);
  if (split.why !== null) return { why: split.why };
  const foreign: string[] = [];
  const leftOut: string[] = [];
  for (const [index, written] of split.words.entries()) {
    const text = written.replaceAll("%%", "%");
    if (!hasVariables || index === 0) words.push([{ text }]);
    else if (!/^\$(?![{$])/.test(text)) words.push(withVariables(text, foreign));
    else if (NAME.test(text.slice(1))) words.push({ split: text.slice(1) });
    else leftOut.push(text);
  }
  return { words, further: split.further, leftOut, foreign };
}

/**
 * The assignments of a line of systemd.exec(5)'s `Environment=`: as a command line, but a semicolon or a dollar is a
 * sign like any other, and whatever cannot be read ends it. Specifiers other than `%%` stay.
 */
export function systemdAssignments(line: string): SystemdAssignments {
  const { words, why } = unquoted(line, false);
  return { words: words.map((word) => word.replaceAll("%%", "%")), why };
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

/** What `${}` names is empty where no variable can have that name. @param foreign gets what is text, and looks else */
function withVariables(word: string, foreign: string[]): SystemdPiece[] {
  const pieces: SystemdPiece[] = [];
  let text = "";
  for (let at = 0; at < word.length; at++) {
    const rest = word.slice(at);
    const [whole, name] = /^\$\{([^}]*)\}/.exec(rest) ?? [];
    const [begun] = FOREIGN.exec(rest) ?? [];
    if (word.startsWith("$$", at)) {
      text += "$";
      at++;
    } else if (begun !== undefined) {
      if (whole !== undefined) foreign.push(whole);
      text += begun;
      at += begun.length - 1;
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

/**
 * Words without their quotes and escapes, up to what cannot be read.
 * @param isCommand whether a `;` of its own ends it, and an escape that is not known stays as it is
 */
function unquoted(
  line: string,
  isCommand: boolean,
): { words: string[]; further: string; why: string | null } {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at];
    const isLone = isCommand && word === null && quote === null && LONE_SEMICOLON.test(line.slice(at));
    if (isLone && sign === ";") return { words, further: line.slice(at + 1).trim(), why: null };
    if (isLone) {
      words.push(";");
      at++;
    } else if (sign === "\\") {
      const rest = line.slice(at + 1);
      if (rest === "") return { words, further: "", why: "it ends in a backslash, which escapes nothing" };
      const known = escaped(rest);
      if (!known && !isCommand) {
        return { words, further: "", why: `\\${rest[0]} is not an escape that can be read here` };
      }
      word = (word ?? "") + (known?.text ?? `\\${rest[0]}`);
      at += known?.length ?? 1;
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
  if (quote !== null) return { words, further: "", why: `the quote (${quote}) is not closed` };
  if (word !== null) words.push(word);
  return { words, further: "", why: null };
}

/** What an escape stands for; null for one that is not known. @param rest what is behind its backslash */
function escaped(rest: string): { text: string; length: number } | null {
  const simple = ESCAPES[rest[0]];
  if (simple !== undefined) return { text: simple, length: 1 };
  const bytes = BYTES.exec(`\\${rest}`)?.[0];
  if (bytes !== undefined) return characterOf(bytes);
  const [whole, ...digits] = NUMBERED.exec(rest) ?? [];
  const code = parseInt(digits.find((one) => one !== undefined) ?? "", digits[3] === undefined ? 16 : 8);
  // No word has a NUL in it, and half of a character is none.
  const isCharacter = code > 0 && code <= (digits[3] === undefined ? 0x10ffff : 0x7f) &&
    !(code >= 0xd800 && code <= 0xdfff);
  return whole === undefined || !isCharacter
    ? null
    : { text: String.fromCodePoint(code), length: whole.length };
}

/** The character that escaped bytes beyond ASCII begin with; null where they are none. */
function characterOf(escapes: string): { text: string; length: number } | null {
  const each = escapes.match(/\\(?:x..|...)/g)!;
  const bytes = each.map((one) => one[1] === "x" ? parseInt(one.slice(2), 16) : parseInt(one.slice(1), 8));
  for (let count = 2; count <= Math.min(4, bytes.length); count++) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes.slice(0, count)));
      return { text, length: each.slice(0, count).join("").length - 1 };
    } catch { /* It takes one more, or is none. */ }
  }
  return null;
}
