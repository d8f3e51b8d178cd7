/** Reference pages of the HTTP APIs, made from what they say of themselves in /openapi.json. */
import { createFleetApi } from "../../fleet/api/app.ts";
import type { FleetApiParts } from "../../fleet/api/api.ts";
import { createApi } from "../../supervisor/api/app.ts";
import type { SupervisorControl } from "../../supervisor/control.ts";
import { anchorOf } from "./markdown.ts";
import { code, plain, table } from "./markdown_text.ts";
import type { Page } from "./page.ts";
import { keyTables, typeOf } from "./schema_tables.ts";
import type { Refer, Schema } from "./schema_tables.ts";

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media & { readonly description: string }>>;
}
interface OpenApi {
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** A page for the supervisor's API, and one for the manager's. */
export async function apiPages(): Promise<Page[]> {
  // Describing an API asks nothing of what it stands on.
  const nothing: never = new Proxy((() => {}) as never, { get: () => nothing });
  const supervisor = createApi(nothing as SupervisorControl, () => null);
  const manager = createFleetApi(nothing as FleetApiParts);
  const intro = (document: string, name: string) =>
    `[${name}](../docs/${document}) explains how to reach it, and with what rights; a running one serves this as \`/openapi.json\`.`;
  return [
    page(
      "supervisor-http.html",
      "HTTP API of a supervisor",
      intro("supervisor-api.md", "The supervisor's API"),
      await describe(supervisor),
    ),
    page(
      "manager-http.html",
      "HTTP API of a manager",
      intro("fleet-api.md", "The fleet's API"),
      await describe(manager),
    ),
  ];
}

async function describe(app: { request(path: string): Response | Promise<Response> }): Promise<OpenApi> {
  return await (await app.request("/openapi.json")).json() as OpenApi;
}

function page(url: string, title: string, intro: string, api: OpenApi): Page {
  const refer: Refer = (name) => `[${name}](#${anchorOf(name)})`;
  const calls = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      called: `${method.toUpperCase()} ${path}`,
      operation,
    }))
  );
  const list = table(
    ["request", "what it does"],
    calls.map((
      { called, operation },
    ) => [`[${code(called)}](#${anchorOf(called)})`, plain(operation.summary ?? "")]),
  );
  const schemas = Object.entries(api.components?.schemas ?? {}).toSorted(([a], [b]) => a < b ? -1 : 1);
  const markdown = [
    `# ${title}`,
    plain(api.info.description),
    intro,
    "## Requests",
    list,
    ...calls.flatMap(({ called, operation }) => requestSection(called, operation, refer)),
    "## Objects",
    ...schemas.flatMap(([name, schema]) => objectSection(name, schema, refer)),
  ];
  return { url, source: null, madeFrom: "the routes of the API", title, markdown: markdown.join("\n\n") };
}

function requestSection(called: string, operation: Operation, refer: Refer): string[] {
  const { summary = "", description = "", parameters = [], requestBody, responses } = operation;
  const body = schemaOf(requestBody);
  return [
    `### ${code(called)}`,
    plain(`${summary.replace(/\.$/, "")}.`),
    plain(description),
    ...(parameters.length === 0 ? [] : [table(
      ["parameter", "in", "type", "meaning"],
      parameters.map((one) => [
        code(one.name),
        one.in,
        typeOf(one.schema ?? {}, refer) + (one.required ? "" : ", optional"),
        plain(one.description ?? one.schema?.description ?? ""),
      ]),
    )]),
    ...(body === null ? [] : [`**Body:** ${typeOf(body, refer)}`, keyTables(body, "", 4, refer)]),
    table(
      ["answer", "when", "what"],
      Object.entries(responses).map(([status, answer]) => {
        const schema = schemaOf(answer);
        const [kind] = Object.keys(answer.content ?? {});
        const what = schema === null ? "" : typeOf(schema, refer);
        return [status, plain(answer.description), kind && kind !== "application/json" ? code(kind) : what];
      }),
    ),
    ...Object.entries(responses).filter(([status]) => status.startsWith("2")).map(([, answer]) => {
      const schema = schemaOf(answer);
      return schema === null || schema.$ref ? "" : keyTables(schema, "", 4, refer);
    }),
  ].filter(Boolean);
}

function objectSection(name: string, schema: Schema, refer: Refer): string[] {
  const tables = keyTables(schema, "", 4, refer);
  return [`### ${name}`, plain(schema.description ?? ""), tables || `It is ${typeOf(schema, refer)}.`].filter(
    Boolean,
  );
}

function schemaOf(media: Media | undefined): Schema | null {
  const [first] = Object.values(media?.content ?? {});
  return first?.schema ?? null;
}
