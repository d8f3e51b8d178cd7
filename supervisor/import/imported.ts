import { stringify } from "yaml";
import { literal } from "../../config/substitute.ts";
import { printable } from "../../core/printable.ts";
import { shellWords } from "../../core/shell_words.ts";

/** What was understood of a file of another supervisor: processes in the short form, and words on the rest. */
export interface Imported {
  /** Of the file as a whole. */
  readonly notes: readonly string[];
  readonly processes: readonly ImportedProcess[];
}

const LONGEST_NOTE = 160;

/** One process in the short form, with a note on every key that has no counterpart. */
export class ImportedProcess {
  readonly fields: Record<string, unknown> = {};
  readonly notes: string[] = [];
  readonly id: string;

  /** @param name as the other supervisor calls it; an id may hold less */
  constructor(readonly name: string) {
    const id = name.replace(/[^\w.@-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 100);
    this.id = id === "" ? "process" : id;
    if (this.id !== name) this.note("name", name, `its id is ${this.id}`);
  }

  /** Set a key, at the end of a path of mappings; nothing for undefined. */
  set(path: string, value: unknown): void {
    if (value === undefined) return;
    const words = path.split(".");
    let here = this.fields;
    for (const word of words.slice(0, -1)) here = (here[word] ??= {}) as Record<string, unknown>;
    here[words.at(-1)!] = value;
  }

  /** Say that a key has no counterpart, or only something like it. */
  note(key: string, value: unknown, why = "it has no counterpart"): void {
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    const line = printable(`${key}: ${shown}`.replaceAll("\n", "\\n"));
    this.notes.push(`${line.length > LONGEST_NOTE ? `${line.slice(0, LONGEST_NOTE)}…` : line}  (${why})`);
  }

  /** The same in place of what was said of the key before. */
  renote(key: string, value: unknown, why: string): void {
    const before = this.notes.findIndex((note) => note.startsWith(`${key}: `));
    if (before >= 0) this.notes.splice(before, 1);
    this.note(key, value, why);
  }

  /** A command as one text that the other supervisor hands to a shell. */
  setShellCommand(text: string, shell: string | true = true): void {
    const isPlain = !NEEDS_SHELL.test(text) && !("why" in shellWords([{ text }]));
    this.set("command", literal(text));
    if (!isPlain || shell !== true) this.set("shell", shell);
  }

  /** A command as one text that is taken apart without a shell. */
  setCommand(text: string): void {
    const words = shellWords([{ text }], { isPlain: true });
    if ("why" in words) {
      this.note("command", text, `${words.why}; it is handed to a shell here`);
      return this.setShellCommand(text);
    }
    this.setWords(words.map((word) => word.text));
  }

  /** The same of a text in which variables of ours were put in already. */
  setExpandedCommand(text: string): void {
    const words = shellWords([{ text }], { isPlain: true });
    if ("why" in words) this.note("command", text, words.why);
    this.set("command", "why" in words ? text : joined(words.map((word) => word.text)));
  }

  /** A command as a list of words. */
  setWords(words: readonly string[]): void {
    this.set("command", joined(words.map(literal)));
  }
}

/** Words as one text, where nothing has to be quoted in it. */
function joined(words: readonly string[]): string | readonly string[] {
  const isSimple = words.every((word) => /^(?:[\w./:=@%+,-]|\$\{\w+\})+$/.test(word)) &&
    !/^\w+=/.test(words[0] ?? "");
  return isSimple ? words.join(" ") : words;
}

/** What only a shell does, beside its operators: patterns, home directories, comments, assignments, its own words. */
const NEEDS_SHELL =
  /[*?~#[\]{}!]|^\s*\w+=|^\s*(?:\.|:|cd|command|eval|exec|export|if|for|while|until|case|set|source|test|trap|ulimit|umask|unset)(?:\s|$)/;

/** The path of a log; of several instances each has its own. */
export function logPath(path: string, instances: unknown): string {
  return instances === undefined || path.includes("${PROCTOR_INSTANCE}")
    ? path
    : path.replace(/((?:\.\w+)?)$/, "-{process_id}$1");
}

/** Where both streams go where nothing else is said; what `ctl logs` reads. */
export const DEFAULT_LOG = { type: "file", path: "{process_id}.log" };

/** Keys of a part of the other file: whatever is not taken, or is of a form that nobody reads, is noted. */
export class Keys {
  readonly #taken = new Set<string>();
  readonly #read = new Set<string>();

  constructor(readonly values: Readonly<Record<string, unknown>>) {}

  /** Whatever it is. */
  take(key: string): unknown {
    this.#read.add(key);
    return this.#of(key, (value) => value);
  }

  isTaken(key: string): boolean {
    return this.#taken.has(key);
  }

  text(key: string): string | undefined {
    return this.#of(key, (value) => value === null || typeof value === "object" ? undefined : String(value));
  }

  number(key: string): number | undefined {
    return this.#of(key, (value) => {
      const isNone = value === null || typeof value === "object" || String(value).trim() === "";
      return isNone || Number.isNaN(Number(value)) ? undefined : Number(value);
    });
  }

  /** A list of words, or one word. */
  list(key: string): string[] | undefined {
    return this.#of(key, (value) => {
      if (Array.isArray(value)) return value.map(String);
      return value === null || typeof value === "object" ? undefined : [String(value)];
    });
  }

  record(key: string): Record<string, unknown> | undefined {
    return this.#of(key, recordOf);
  }

  #of<T>(key: string, read: (value: unknown) => T | undefined): T | undefined {
    this.#taken.add(key);
    const value = this.values[key];
    const found = value === undefined ? undefined : read(value);
    if (found !== undefined) this.#read.add(key);
    return found;
  }

  /** Note what nobody has taken, or could read. */
  noteRest(process: ImportedProcess, prefix = "", whys: Readonly<Record<string, string>> = {}): void {
    for (const [key, value] of Object.entries(this.values)) {
      if (!this.#taken.has(key)) process.note(`${prefix}${key}`, value, whys[key]);
      else if (!this.#read.has(key) && value !== null && value !== undefined && value !== "") {
        process.note(`${prefix}${key}`, value, "it is of a form that is not read here");
      }
    }
  }
}

/** What a word of the other supervisor means; undefined where the table does not have it. */
export function meaningOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** A mapping; undefined for anything else. */
export function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

/** `A=1` in a list, or a mapping, as variables; those without a value are noted. */
export function environmentOf(
  value: unknown,
  process: ImportedProcess,
  textOf: (text: string) => string = literal,
): Record<string, string> | undefined {
  const pairs = Array.isArray(value)
    ? value.map(String).map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, null] as const : [text.slice(0, equals), text.slice(equals + 1)] as const;
    })
    : Object.entries(recordOf(value) ?? {});
  const env: Record<string, string> = {};
  for (const [name, one] of pairs) {
    if (one === null) process.note("environment", name, "it is inherited from the supervisor anyway");
    else env[name] = textOf(String(one));
  }
  return pairs.length > 0 ? env : undefined;
}

/** Number the ids that several have: `a b` and `a/b` would both be `a-b`. */
function distinct(processes: readonly ImportedProcess[]): { id: string; one: ImportedProcess }[] {
  const taken = new Set<string>(processes.map(({ id }) => id));
  const seen = new Set<string>();
  return processes.map((one) => {
    let { id } = one;
    for (let number = 2; seen.has(id); number++) {
      if (!taken.has(`${one.id}-${number}`)) id = `${one.id}-${number}`;
    }
    seen.add(id);
    taken.add(id);
    if (id !== one.id) one.renote("name", one.name, `its id is ${id}: ${one.id} is another's`);
    return { id, one };
  });
}

/** The file as our YAML. @param from what it was made of */
export function written({ notes, processes }: Imported, from: string): string {
  const lines = [
    `# Made of ${printable(from)} by proctor import.`,
    ...notes.map((note) => `# ${printable(note)}`),
  ];
  lines.push("", processes.length > 0 ? "processes:" : "processes: {}");
  for (const { id, one: { fields, notes } } of distinct(processes)) {
    // No block scalars: what blanks there are in them is hard to see, and to indent.
    const style = { lineWidth: 0, defaultKeyType: "PLAIN", blockQuote: false } as const;
    const text = stringify({ [id]: fields }, style).trimEnd().split("\n");
    lines.push(
      `  ${text[0]}`,
      ...notes.map((note) => `    # ${note}`),
      ...text.slice(1).map((one) => `  ${one}`),
    );
  }
  return `${lines.join("\n")}\n`;
}
