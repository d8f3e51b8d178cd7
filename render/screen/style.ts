/** What a piece of text is, which decides its looks. */
export type Style =
  | "strong"
  | "dim"
  | "head"
  | "group"
  | "spark"
  | "warn"
  | "hot"
  | "warm"
  | "good"
  | "bad"
  | "match"
  | "selected";

/** A line in pieces: text, and what it is. */
export type Line = readonly (readonly [text: string, style?: Style])[];

/** The size of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** SGR parameters with colours … */
const COLORS: Readonly<Record<Style, string>> = {
  strong: "1",
  dim: "2",
  head: "7",
  group: "1;36",
  spark: "32",
  warn: "1;33",
  hot: "1;31",
  warm: "33",
  good: "32",
  bad: "31",
  match: "30;43",
  selected: "7",
};
/** … and without: what has to be seen is bold or turned around. */
const PLAIN: Readonly<Partial<Record<Style, string>>> = {
  strong: "1",
  head: "7",
  group: "1",
  warn: "1",
  hot: "1",
  bad: "1",
  match: "7",
  selected: "7",
};

/** A line with escape sequences for its looks. */
export function styled(line: Line, hasColors: boolean): string {
  const codes = hasColors ? COLORS : PLAIN;
  let text = "";
  for (const [piece, style] of line) {
    const code = style === undefined ? undefined : codes[style];
    text += code === undefined || piece === "" ? piece : `\x1b[${code}m${piece}\x1b[0m`;
  }
  return text;
}

/** A line without its looks. */
export function plain(line: Line): string {
  return line.map(([text]) => text).join("");
}
