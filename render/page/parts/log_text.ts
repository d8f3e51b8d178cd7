/** A part of a line: found or not. */
export interface LinePart {
  readonly text: string;
  readonly isFound: boolean;
}

/** What colours a terminal (ECMA-48, control sequences), and its titles and links (operating system commands). */
// deno-lint-ignore no-control-regex
const TERMINAL = /\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[@-Z\\^_])/g;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** A line as text to be read: without what would colour a terminal, and with what else would steer one as �. */
export function plainText(message: string): string {
  return message.replace(TERMINAL, "").replace(CONTROL, "\ufffd");
}

/** A line in parts, by what is searched for in it, whatever the case; one part where nothing is found. */
export function searched(text: string, wanted: string): LinePart[] {
  if (wanted === "") return [{ text, isFound: false }];
  const parts: LinePart[] = [];
  const [low, lowWanted] = [text.toLowerCase(), wanted.toLowerCase()];
  // Some letters have another length in lower case: then places there are none here.
  const isSame = low.length === text.length;
  const [where, what] = isSame ? [low, lowWanted] : [text, wanted];
  let from = 0;
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isFound: false });
    from = at + what.length;
    parts.push({ text: text.slice(at, from), isFound: true });
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), isFound: false });
  return parts;
}
