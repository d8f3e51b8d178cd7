import { ProctorError } from "../../core/error.ts";

/** A key of a section, as often as it stands there. */
export interface IniEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A section and its keys, in their order. */
export interface IniSection {
  readonly name: string;
  readonly entries: readonly IniEntry[];
}

/** In what the kinds differ. */
export interface IniRules {
  /** What begins a comment behind a value; none where a value is everything up to the end of its line. */
  readonly comment?: RegExp;
  /** How a value goes on in the next line: it is indented, or this one ends in a backslash. */
  readonly goesOn: "indented" | "backslash";
}

/**
 * The sections of a file of `[section]` and `key=value`.
 * @throws ProctorError of kind `usage` with file and line
 */
export function readIni(text: string, file: string, { comment, goesOn }: IniRules): IniSection[] {
  const sections: { name: string; entries: { key: string; value: string; line: number }[] }[] = [];
  const refuse = (line: number, message: string): never => {
    throw new ProctorError("usage", `${file}:${line}: ${message}`);
  };
  let isOpen = false;
  text.split(/\r?\n/).forEach((whole, index) => {
    const line = index + 1;
    const entry = sections.at(-1)?.entries.at(-1);
    const isIndented = goesOn === "indented" && /^\s+\S/.test(whole) && entry !== undefined;
    if ((isOpen || isIndented) && entry && !/^\s*[;#]/.test(whole)) {
      const { value, open } = valueOf(whole.trim());
      entry.value += (entry.value === "" ? "" : goesOn === "indented" ? "\n" : " ") + value;
      isOpen = open;
      return;
    }
    if (/^\s*([;#]|$)/.test(whole)) return;
    const [, name] = /^\s*\[([^\]]+)\]\s*(?:[;#].*)?$/.exec(whole) ?? [];
    if (name !== undefined) return void sections.push({ name: name.trim(), entries: [] });
    const equals = whole.search(/[=:]/);
    if (equals < 0) return refuse(line, "it is neither a [section] nor key=value");
    const section = sections.at(-1);
    if (!section) return refuse(line, "it stands before the first [section]");
    const { value, open } = valueOf(whole.slice(equals + 1).trim());
    section.entries.push({ key: whole.slice(0, equals).trim(), value, line });
    isOpen = open;
  });
  return sections;

  function valueOf(written: string): { value: string; open: boolean } {
    const value = comment ? written.replace(comment, "").trimEnd() : written;
    const open = goesOn === "backslash" && value.endsWith("\\");
    return { value: open ? value.slice(0, -1).trimEnd() : value, open };
  }
}

/** The keys of a section, the last of each. */
export function keysOf(section: IniSection): Record<string, string> {
  return Object.fromEntries(section.entries.map(({ key, value }) => [key, value]));
}
