/** JSON Schema as tables of keys: type, and what each is. */
import { code, plain, table } from "./markdown_text.ts";

/** As much of JSON Schema as zod writes. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** How a reference is written: as a link to where it is described. */
export type Refer = (name: string) => string;

/** A table of a mapping's keys, and one for each mapping below it. @param path what stands before its keys */
export function keyTables(schema: Schema, path: string, depth: number, refer: Refer): string {
  const { properties = {} } = schema;
  const rows = Object.entries(properties).map(([key, value]) => [
    code(key),
    typeOf(value, refer) +
    (schema.required?.includes(key) && value.default === undefined ? "" : ", optional"),
    meaningOf(value),
  ]);
  const parts = rows.length === 0 ? [] : [table(["key", "type", "meaning"], rows)];
  for (const [key, value] of Object.entries(properties)) {
    for (const [inner, suffix] of innerOf(value)) {
      const here = `${path === "" ? "" : `${path}.`}${key}${suffix}`;
      parts.push(
        `${"#".repeat(depth)} ${code(here)}\n`,
        keyTables(inner, here, Math.min(depth + 1, 5), refer),
      );
    }
  }
  return parts.join("\n");
}

/** The mappings that a value is or holds. */
function innerOf(schema: Schema): [Schema, string][] {
  if (schema.properties) return [[schema, ""]];
  if (schema.items) return innerOf(schema.items).map(([inner, suffix]) => [inner, `[]${suffix}`]);
  const { additionalProperties: other } = schema;
  if (typeof other === "object") return innerOf(other).map(([inner, suffix]) => [inner, `.NAME${suffix}`]);
  return alternatives(schema).flatMap(innerOf);
}

function alternatives({ anyOf, oneOf, allOf }: Schema): readonly Schema[] {
  return anyOf ?? oneOf ?? allOf ?? [];
}

/** What a value is, in a word or two of Markdown. */
export function typeOf(schema: Schema, refer: Refer): string {
  if (schema.$ref) return refer(schema.$ref.split("/").at(-1)!);
  if (schema.enum) return schema.enum.map((one) => code(String(one))).join(", ");
  if (schema.const !== undefined) return code(String(schema.const));
  const choices = alternatives(schema);
  if (choices.length > 0) return [...new Set(choices.map((one) => typeOf(one, refer)))].join(" or ");
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeOf({ ...schema, type }, refer)).join(" or ");
  }
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {}, refer)}`;
  if (schema.type === "object") {
    const { additionalProperties: other, properties } = schema;
    return typeof other === "object" && !properties ? `mapping to ${typeOf(other, refer)}` : "mapping";
  }
  const words: Readonly<Record<string, string>> = { string: "text", null: "null", integer: "integer" };
  return words[schema.type as string] ?? (schema.type as string | undefined) ?? "any";
}

/** What is said of a value, and what it is when it is left out. */
function meaningOf(schema: Schema): string {
  const { default: value, description } = schema;
  const said = description ?? alternatives(schema).find((one) => one.description)?.description ?? "";
  const simple = value !== undefined &&
    (typeof value !== "object" || value === null || JSON.stringify(value).length < 40);
  const fallback = simple ? `default: ${code(JSON.stringify(value))}` : "";
  return [plain(said), fallback].filter(Boolean).join("; ");
}
