import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from "yaml";
import type { CST, Document, Node, Scalar as ScalarNode } from "yaml";
import { ExtentMeter, TOO_DEEP, yamlBudget } from "./extent.ts";
import type { YamlBudget } from "./extent.ts";
import type { Fault } from "./fault.ts";
import { DEEPEST, isMapping, NO_NUL } from "./located.ts";
import type { Located, LocatedMap, Place, Scalar } from "./located.ts";

/** Faults of form that are told of a file: the first ones say most. */
const MOST_FAULTS = 20;

/**
 * Read YAML 1.2 with the place of everything, merge keys (`<<`) included; what is not YAML, or too much of it, becomes
 * faults.
 * @param budget how much may yet come
 * @returns null for an empty document, and for one with faults
 */
export function locate(
  text: string,
  file: string,
  faults: Fault[],
  budget: YamlBudget = yamlBudget(),
): Located | null {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const fault = (offset: number, message: string) => faults.push({ at: placeAt(offset), key: "", message });
  const refuse = (offset: number, message: string) => {
    fault(offset, message);
    return null;
  };
  const tokens = parse(text, lines, budget);
  if (typeof tokens === "string") return refuse(0, tokens);
  const deep = tooDeep(tokens);
  if (deep !== null) return refuse(deep, TOO_DEEP);
  // Keys are told apart by the reader: the library compares each with each.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (second) {
    const message = 'a second document begins here; leave the "---" out, or put it into a file of its own';
    return refuse(second.range?.[0] ?? 0, message);
  }
  const { errors, warnings } = document;
  for (const { pos: [offset], message } of errors.slice(0, MOST_FAULTS)) {
    fault(offset, `this is not YAML: ${message.split("\n")[0].replace(/[.:]$/, "")}`);
  }
  if (errors.length > 0) return null;
  for (const { pos: [offset], code } of warnings.slice(0, MOST_FAULTS)) {
    if (code === "TAG_RESOLVE_FAILED") fault(offset, "this tag is unknown; leave it out");
  }
  if (!document.contents) return null;
  const meter = new ExtentMeter();
  if (!meter.measure(document.contents, budget)) {
    for (const { node, message } of meter.faults) fault(node.range?.[0] ?? 0, message);
    return null;
  }
  return new Reader(document, meter.targets, placeAt, faults).read(document.contents);
}

/**
 * The mapping that a file in YAML is; what is wrong with it, and that it is none, becomes faults.
 * @param begins the key that it should begin with
 */
export function locateMapping(
  text: string,
  file: string,
  begins: string,
  faults: Fault[],
  budget?: YamlBudget,
): Located | null {
  const before = faults.length;
  const located = locate(text, file, faults, budget);
  if (located && isMapping(located)) return located;
  if (located) {
    faults.push({ at: located.at, key: "", message: `it is not a mapping; it begins with ${begins}:` });
  } else if (faults.length === before) {
    const at = { file, line: 1, column: 1 };
    faults.push({ at, key: "", message: `the file is empty; it needs ${begins}` });
  }
  return null;
}

/** The tokens of a text, or why they are not worth the time. */
function parse(text: string, lines: LineCounter, budget: YamlBudget): CST.Token[] | string {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let brackets = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "[" || lexeme === "{") brackets++;
    else if (lexeme === "]" || lexeme === "}") brackets--;
    if (brackets > DEEPEST) return TOO_DEEP;
    if (--budget.tokens < 0) {
      return "there is too much in it: no configuration may have more than 300,000 words and signs";
    }
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  return tokens;
}

/**
 * Where tokens are nested too deeply for the library, which recurses; null where they are not. Lists within `[` count
 * as well.
 */
function tooDeep(tokens: readonly CST.Token[]): number | null {
  const waiting: [token: CST.Token, depth: number][] = tokens.map((token) => [token, 0]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [token, depth] = next;
    if (depth > DEEPEST) return token.offset;
    if (token.type === "document" && token.value) waiting.push([token.value, depth]);
    if (!("items" in token)) continue;
    for (const { key, value } of token.items as CST.CollectionItem[]) {
      if (key) waiting.push([key, depth + 1]);
      if (value) waiting.push([value, depth + 1]);
    }
  }
  return null;
}

type Pair = { readonly key: unknown; readonly value: unknown };

class Reader {
  constructor(
    readonly document: Document,
    readonly targets: ExtentMeter["targets"],
    readonly placeAt: (offset: number) => Place,
    readonly faults: Fault[],
  ) {}

  read(node: Node | null): Located {
    const at = this.#place(node);
    if (isAlias(node)) return { ...this.read(this.#real(node)), at };
    if (isMap(node)) return { at, value: this.#readMap(node.items) };
    if (isSeq(node)) return { at, value: node.items.map((item) => this.read(item as Node)) };
    return isScalar(node) ? this.#readScalar(node, at) : { at, value: null };
  }

  #readScalar({ value, type, source }: ScalarNode, at: Place): Located {
    const isKnown = value === null || ["string", "number", "boolean"].includes(typeof value);
    const scalar = isKnown ? value as Scalar : String(value);
    if (typeof scalar === "string" && scalar.includes("\0")) {
      this.faults.push({ at, key: "", message: NO_NUL });
    }
    return type === "PLAIN" ? { at, value: scalar, plain: true, source } : { at, value: scalar };
  }

  #readMap(items: readonly Pair[]): LocatedMap {
    const map: LocatedMap = new Map();
    const merged: Located[] = [];
    for (const { key, value } of items as { key: Node | null; value: Node | null }[]) {
      const node = this.#real(key);
      const at = this.#place(key);
      if (!isScalar(node)) {
        this.faults.push({ at, key: "", message: "a key is a word, not a list or a mapping" });
        continue;
      }
      const name = node.type === "PLAIN" ? node.source ?? "" : String(node.value);
      const before = map.get(name);
      if (before || name === MERGE && merged.length > 0) {
        const message = name === MERGE
          ? "<< is there already; write <<: [*first, *second]"
          : `it is there already (line ${before!.at.line}); leave one out`;
        this.faults.push({ at, key: name, message });
        continue;
      }
      const entry = this.read(value);
      if (name === MERGE && node.type === "PLAIN") merged.push(...this.#mergeable(entry));
      // A key without a value stands where the key does.
      else map.set(name, { at, value: value?.range ? entry : { ...entry, at } });
    }
    // What is written here goes before what is merged, and what is merged first before the rest
    // (yaml.org/type/merge.html).
    for (const { value } of merged) {
      for (const [name, entry] of value as LocatedMap) if (!map.has(name)) map.set(name, entry);
    }
    return map;
  }

  #mergeable(located: Located): Located[] {
    const list = Array.isArray(located.value) ? located.value : [located];
    return list.filter((one) => {
      if (isMapping(one)) return true;
      const message = "<< takes over the keys of a mapping, or of a list of them: <<: *name";
      this.faults.push({ at: one.at, key: MERGE, message });
      return false;
    });
  }

  #real(node: Node | null): Node | null {
    return isAlias(node) ? this.targets.get(node) ?? null : node;
  }

  #place(node: Node | null): Place {
    return this.placeAt(node?.range?.[0] ?? 0);
  }
}

const MERGE = "<<";

/** The value that a plain scalar of this text has; the text itself where it would be anything else. */
export function plainScalar(text: string): Scalar {
  if (!/^[\w.+-]+$/.test(text)) return text;
  const tokens = [...new Parser().parse(text)];
  const [{ contents }] = new Composer({ prettyErrors: false, logLevel: "silent" }).compose(tokens, true, 0);
  const value: unknown = isScalar(contents) ? contents.value : text;
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
