import { z } from "zod";
import { command, duration, identity, processId } from "../../config/values.ts";
import { matching } from "../../core/schema/text_schema.ts";
import { EXPORT_ALIASES, EXPORT_OPTIONS } from "../../exporters/export_options.ts";
import { exportSettingsSchema, listenAddress } from "../../exporters/settings.ts";
import { isOfLoopback } from "../../io/net/loopback.ts";
import { EVENT_KINDS } from "../events/event_kinds.ts";
import { supervisorLogCollectionSchema } from "../logs/config.ts";
import { notifySchema } from "./notify_schema.ts";
import { openPage, openPort } from "./open_to_all.ts";
import { processSchema } from "./process_schema.ts";
import { shortProcessSchema } from "./short_schema.ts";
export type { ManagerConfig } from "./manager_config.ts";

// These are of a single run.
const {
  task_id: _,
  otlp_propagate: __,
  otlp_processes: ___,
  mqtt_control: ____,
  mqtt_control_interval: _____,
  ...exportShape
} = exportSettingsSchema.shape;

const managerSchema = z.strictObject({
  port: z.int().min(0).max(65_535).optional().describe("HTTP API beside the socket; none when left out"),
  bind_address: z.string().min(1).default("127.0.0.1").describe(
    "where the port is; any other than the loopback needs a token here",
  ),
  token: z.string().min(16).optional().describe(
    "what clients of the port must send as a bearer; when left out, one is made in base_directory/api_token",
  ),
  token_file: z.string().min(1).optional().describe("a file with the token"),
  web: listenAddress(9_400).superRefine((address, context) => {
    if ("path" in address || isOfLoopback(address.host)) return;
    context.addIssue({ code: "custom", message: openPage(address.host) });
  }).optional().describe(
    "a page that shows and controls all processes: host:port of the loopback, or unix:/path for a proxy; none when left out",
  ),
  log_level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("of what it says of itself"),
  base_directory: z.string().min(1).optional().describe(
    "state, PID files, socket and logs; default: /var/lib/proctor, or ~/.local/state/proctor for a user",
  ),
  app_name: matching(/^[A-Za-z0-9][\w.-]*$/, "is not a name of a directory").default("proctor").describe(
    "PID files are <base_directory>/<app_name>/<id>.pid",
  ),
  force_shutdown_timeout: duration("at the end, what still runs after so long is killed").default("30s"),
  on_event: z.strictObject({
    command: command(
      "run for events; PROCTOR_EVENT in its environment is the event as JSON, PROCTOR_EVENT_KIND, _ID, _TO … its parts",
    ),
    ...identity("that of the supervisor"),
    kinds: z.array(z.enum(EVENT_KINDS)).min(1).default(["transition", "limit", "breaker", "health"]),
    timeout: duration("it is killed after so long").default("10s"),
  }).optional().describe("a command for events"),
  notify: z.array(notifySchema).max(20).default([]).describe(
    "where events are sent: a webhook, ntfy, Slack, by e-mail",
  ),
  health_interval: z.union([z.literal("off"), duration("health_interval")]).default("10s").describe(
    "duration; how often exporters get messages of the supervisor and the host; or off",
  ),
  ...exportShape,
}).superRefine(({ port, bind_address: host, token, token_file: file }, context) => {
  if (port === undefined || token !== undefined || file !== undefined || isOfLoopback(host)) return;
  context.addIssue({ code: "custom", message: openPort(host), path: ["bind_address"] });
});

/** A configuration file in canonical form. */
export const configSchema = z.strictObject({
  process_manager: managerSchema.prefault({}).describe("of the supervisor itself"),
  processes: z.record(processId, shortProcessSchema).optional().describe(
    "managed processes by their ids, in short: a command, or a mapping with all keys beside each other",
  ),
  managed_processes: z.array(processSchema).default([]).describe("managed processes, in the nested form"),
  log_collection: supervisorLogCollectionSchema.optional(),
  include: z.array(z.string().min(1)).default([]).describe(
    "files whose managed_processes are added; relative to this one, * stands for any name",
  ),
});

/** A configuration, checked, with its defaults. */
export type SupervisorConfig = z.output<typeof configSchema>;

/** The JSON Schema of a configuration file in canonical form. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: "input", reused: "inline" });
  const manager = schema.properties!.process_manager as z.core.JSONSchema.JSONSchema;
  for (const key of Object.keys(exportShape) as (keyof typeof exportShape)[]) {
    const property = manager.properties![key] as z.core.JSONSchema.JSONSchema;
    const { description } = { ...EXPORT_OPTIONS, ...EXPORT_ALIASES }[key];
    // As on the command line, where no schema tells the default.
    property.description = property.default === undefined
      ? description
      : description.replace(/ \(default: [^)]*\)$/, "");
  }
  return { $id: "https://proctor.invalid/schema/supervise.json", title: "proctor supervise", ...schema };
}
