/** Schemas as the text of TypeScript's types. */
import { posix } from "node:path";
import type { z } from "zod";

/** One type: what it says of itself, and where it comes from. */
export interface Described {
  readonly help: string;
  /** A schema, or the values that there are. */
  readonly of: z.ZodType | readonly string[];
  /** What may be written, in place of what becomes of it. */
  readonly io?: "input";
  /** What becomes of values that are transformed, by key: a schema does not know. */
  readonly transformed?: Readonly<Record<string, string>>;
  /** Descriptions that stand elsewhere, by key. */
  readonly helps?: Readonly<Record<string, string>>;
  /** Types of other files that `transformed` names, and from where. */
  readonly imports?: Readonly<Record<string, string>>;
}

/** Types by file and name. */
export type DescribedFiles = Readonly<Record<string, Readonly<Record<string, Described>>>>;

/** The definition of a schema; `describe` makes another schema, of the same definition. */
// deno-lint-ignore no-explicit-any
type Definition = any;
const definitionOf = (schema: z.ZodType): Definition => schema._zod.def;

/** The text of a file of types. */
export function typeFile(path: string, files: DescribedFiles): string {
  const named = new Map<Definition, { name: string; path: string }>();
  for (const [of, types] of Object.entries(files)) {
    for (const [name, { of: source, io }] of Object.entries(types)) {
      if (!isValues(source) && io === undefined) named.set(definitionOf(source), { name, path: of });
    }
  }
  const imports = new Map<string, Set<string>>();
  const use = (name: string, from: string) => {
    if (from !== path) imports.set(from, (imports.get(from) ?? new Set()).add(name));
    return name;
  };
  const types = Object.entries(files[path]).map(([name, described]) => {
    for (const [type, from] of Object.entries(described.imports ?? {})) use(type, from);
    const writer = new TypeWriter(described, (definition) => {
      const found = named.get(definition);
      return found && found.name !== name ? use(found.name, found.path) : undefined;
    });
    return `${docstring(described.help)}export type ${name} = ${writer.written()};\n`;
  });
  const lines = [...imports].toSorted().map(([from, names]) => {
    const relative = posix.relative(posix.dirname(path), from);
    return `import type { ${[...names].toSorted().join(", ")} } from "${
      relative.startsWith(".") ? relative : `./${relative}`
    }";\n`;
  });
  return `/* Written by scripts/build_types.ts from the schemas. */\n${lines.join("")}\n${types.join("\n")}`;
}

/** Writes one type. */
class TypeWriter {
  constructor(
    private readonly described: Described,
    /** The name of what stands elsewhere. */
    private readonly nameOf: (definition: Definition) => string | undefined,
  ) {}

  written(): string {
    const { of: source } = this.described;
    return isValues(source) ? union(source.map(literal)) : this.of(source);
  }

  private of(schema: z.ZodType, key = ""): string {
    const definition = definitionOf(schema);
    return this.nameOf(definition) ?? this.ofDefinition(definition, key);
  }

  private ofDefinition(definition: Definition, key: string): string {
    switch (definition.type) {
      case "string":
      case "number":
      case "boolean":
        return definition.coerce && this.described.io ? "unknown" : definition.type;
      case "unknown":
        return "unknown";
      case "literal":
        return union(definition.values.map(literal));
      case "enum":
        return union(Object.values<string>(definition.entries).map(literal));
      case "array":
        return `Array<${this.of(definition.element, key)}>`;
      case "nullable":
        return union([this.of(definition.innerType, key), "null"]);
      case "optional":
        return union([this.of(definition.innerType, key), "undefined"]);
      case "default":
      case "prefault":
        return this.described.io === "input"
          ? union([this.of(definition.innerType, key), "undefined"])
          : this.of(definition.innerType, key);
      case "record":
        return `Record<string, ${this.of(definition.valueType, key)}>`;
      case "union":
        return union(definition.options.map((option: z.ZodType) => this.of(option, key)));
      case "object":
        return this.object(definition);
      case "pipe":
        return this.pipe(definition, key);
      case "custom":
        return this.transformed(key);
      default:
        throw new Error(`${key}: there is no type for ${definition.type}`);
    }
  }

  private pipe(definition: Definition, key: string): string {
    if (this.described.io === "input") return this.of(definition.in, key);
    return definitionOf(definition.out).type === "transform"
      ? this.transformed(key)
      : this.of(definition.out, key);
  }

  private transformed(key: string): string {
    const type = this.described.transformed?.[key];
    if (type === undefined) throw new Error(`${key}: what becomes of it stands nowhere`);
    return type;
  }

  private object(definition: Definition): string {
    const fields = Object.entries<z.ZodType>(definition.shape).map(([key, schema]) => {
      const mark = isLeftOut(schema, this.described.io) ? "?" : "";
      return `${docstring(helpOf(schema) ?? this.described.helps?.[key])}${key}${mark}: ${
        this.of(schema, key)
      };\n`;
    });
    return `{\n${fields.join("")}}`;
  }
}

function isValues(source: Described["of"]): source is readonly string[] {
  return Array.isArray(source);
}

const literal = (value: unknown) => JSON.stringify(value);

/** Each of them once; `undefined` and `null` last. */
function union(types: readonly string[]): string {
  if (types.includes("unknown")) return "unknown";
  const rank = (type: string) => type === "undefined" ? 2 : type === "null" ? 1 : 0;
  const members = types.flatMap((type) => /^[\w ."|]+$/.test(type) ? type.split(" | ") : [type]);
  return [...new Set(members)].toSorted((a, b) => rank(a) - rank(b)).join(" | ");
}

/** Whether a key may be left out. */
function isLeftOut(schema: z.ZodType, io?: "input"): boolean {
  return io === "input" ? schema._zod.optin !== undefined : schema._zod.optout === "optional";
}

/** What a schema says of itself, or that within it of which it is the optional or nullable form. */
function helpOf(schema: z.ZodType): string | undefined {
  const inner: z.ZodType | undefined = definitionOf(schema).innerType;
  return schema.description ?? (inner && helpOf(inner));
}

const WIDTH = 100;

function docstring(help: string | undefined): string {
  if (help === undefined) return "";
  const sentence = help.replaceAll("*/", "*\u200b/");
  const text = `${sentence[0].toUpperCase()}${sentence.slice(1)}${/[.…?]$/.test(sentence) ? "" : "."}`;
  if (text.length <= WIDTH) return `/** ${text} */\n`;
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line.length + word.length < WIDTH) lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    else lines.push(word);
  }
  return `/**\n${lines.map((line) => ` * ${line}\n`).join("")} */\n`;
}
