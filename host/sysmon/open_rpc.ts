import { z } from "zod";
import { frameSchema, METHODS } from "../../core/schema/sysmon_schema.ts";
import { VERSION } from "../../core/schema/version.ts";
import { JSON_RPC_CODES } from "./refusal.ts";

let text: string | undefined;

/** What `rpc.discover` gives, as JSON: an OpenRPC document made of the schemas that check the messages. */
export function openRpcText(): string {
  text ??= JSON.stringify(openRpcDocument());
  return text;
}

/** The OpenRPC document (https://spec.open-rpc.org). */
function openRpcDocument(): Record<string, unknown> {
  return {
    openrpc: "1.3.2",
    info: {
      title: "proctor sysmon",
      version: VERSION,
      description:
        "Host metrics, one JSON message per line. Events of a subscription are notifications of the " +
        "method sysmon_sample.",
      license: { name: "Apache-2.0" },
    },
    methods: Object.entries(METHODS).map(([name, { parameters, result, summary }]) => ({
      name,
      summary,
      paramStructure: "by-name",
      params: parameters instanceof z.ZodObject ? parametersOf(parameters) : [],
      result: { name: "result", schema: jsonSchema(result) },
      errors: Object.entries(JSON_RPC_CODES).map(([message, code]) => ({ code, message })),
    })),
    components: { schemas: { sysmon_sample: jsonSchema(frameSchema) } },
  };
}

function parametersOf(parameters: z.ZodObject): unknown[] {
  return Object.entries(parameters.shape).map(([name, schema]) => ({
    name,
    required: true,
    schema: jsonSchema(schema as z.ZodType),
  }));
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}
