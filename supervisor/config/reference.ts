import { z } from "zod";
import { configJsonSchema } from "./schema.ts";
import { SHORT_MEANINGS } from "./short_schema.ts";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** Every key of a configuration as Markdown: a table for each mapping, made from the schema. */
export function configReference(): string {
  const tables: string[] = [];
  describe(configJsonSchema() as Schema, "", tables);
  // Most of its keys are told of where they are nested.
  const short = z.toJSONSchema(z.strictObject(SHORT_MEANINGS), { io: "input" }) as Schema;
  const own: string[] = [];
  describe({ properties: shallow(short.properties ?? {}) }, "processes.<id>", own);
  tables.splice(1, 0, ...own);
  return tables.join("\n");
}

/** The same, with nothing below that would be described. */
function shallow(properties: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).map((
      [key, schema],
    ) => [key, { ...schema, required: undefined, default: undefined }]),
  );
}

function describe(schema: Schema, path: string, tables: string[]): void {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const isRequired = schema.required?.includes(key) && value.default === undefined;
    return [`\`${key}\``, typeOf(value), isRequired ? "required" : defaultOf(value), meaningOf(value)];
  });
  tables.push(
    `#### ${path === "" ? "The file" : `\`${path}\``}\n\n${
      table(["key", "type", "default", "meaning"], rows)
    }`,
  );
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const here = path === "" ? key : `${path}.${key}`;
    const [inner, suffix] = innerOf(value);
    if (inner?.properties) describe(inner, `${here}${suffix}`, tables);
  }
}

/** The mapping that a value is, or holds. */
function innerOf(value: Schema): [Schema | undefined, string] {
  if (value.properties) return [value, ""];
  if (value.items?.properties) return [value.items, "[]"];
  if (typeof value.additionalProperties === "object") return [value.additionalProperties, ".<name>"];
  return [undefined, ""];
}

function typeOf(schema: Schema): string {
  if (schema.enum) return [...new Set(schema.enum.map((one) => `\`${one}\``))].join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  const unit = /^(duration|size|regular expression)(?:, [^;]*)?; /.exec(schema.description ?? "")?.[1];
  if (unit) return unit;
  if (schema.type === "array") {
    return `list of ${schema.items?.properties ? "mappings" : typeOf(schema.items ?? {})}`;
  }
  if (schema.type === "object") {
    const { additionalProperties: inner } = schema;
    return typeof inner === "object" && !inner.properties && inner.type
      ? `mapping to ${typeOf(inner)}`
      : "mapping";
  }
  return { string: "text", integer: "integer", number: "number", boolean: "boolean" }[schema.type ?? ""] ??
    "any";
}

function defaultOf({ default: value, properties }: Schema): string {
  if (value === undefined || properties || JSON.stringify(value) === "{}") return "";
  return `\`${typeof value === "string" ? value || '""' : JSON.stringify(value)}\``;
}

function meaningOf({ description = "" }: Schema): string {
  return description.replace(
    /^(duration|size|regular expression)(, [^;]*)?; /,
    (_, _unit, more) => more ? `${more.slice(2)}; ` : "",
  )
    .replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}

/** As deno fmt writes it: columns of even width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((word, column) =>
    Math.max(3, word.length, ...rows.map((row) => [...row[column]].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell + " ".repeat(widths[column] - [...cell].length)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line), ""].join("\n");
}
