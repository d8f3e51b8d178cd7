import { z } from "zod";
import { parseDuration } from "../../core/duration.ts";
import { LONGEST_ORDER_MS } from "../../core/schema/profile_order.ts";
import { usageError } from "../../core/error.ts";
import { parsable, parsed } from "../../core/schema/text_schema.ts";
import { parseSize } from "../../core/size.ts";
import { exportSettingsSchema, listenAddress } from "../../exporters/settings.ts";
import { topicNameSchema } from "../../exporters/topic_name.ts";
import { TrustedProxies } from "../api/trusted_proxies.ts";
import { oidcSchema } from "../api/oidc/oidc_settings.ts";
import { alertFaults, alertKeys } from "../alert/alert_keys.ts";
import { forwardSchema } from "../forward/forward_schema.ts";
import { checkAddress } from "../store/postgres/address.ts";
import { parseAge } from "./age.ts";

/** Where people and programs ask, unless it is said. */
export const HTTP_PORT = 9_460;

/** Shorter ones would be renewed all the time. */
const SHORTEST_ORDER_MS = 10_000;

/** Whether a store is in a database, and not a directory. */
export function isDatabase(store: string): boolean {
  return store.includes("://");
}

const store = parsable((text) => {
  if (text === "") throw usageError("it is empty; write a directory, or postgres://USER@HOST/DATABASE");
  if (isDatabase(text)) checkAddress(text);
});
const age = parsed(parseAge);
const bytes = parsed(parseSize);

const tier = (days: string, description: string) =>
  z.strictObject({
    age: age.default(parseAge(days, "age")).describe(`how long it is kept; default: ${days}`),
    size: bytes.optional().describe("and how much at most: beyond it the oldest goes"),
  }).prefault({}).describe(description);

const file = z.string().min(1, "it is empty; write the path of a file");

function orderTime(text: string, where: string): number {
  const ms = parseDuration(text, where);
  if (ms >= SHORTEST_ORDER_MS && ms <= LONGEST_ORDER_MS) return ms;
  throw usageError(`${where}: "${text}" is out of range; write "10s" to "15m"`);
}

const httpUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && ["https:", "http:"].includes(url.protocol) &&
    url.origin === text.replace(/\/$/, "");
  if (isPlain) return;
  context.addIssue({
    code: "custom",
    message: `"${text}" is not an address; write one such as https://fleet.example`,
  });
}).transform((text) => text.replace(/\/$/, ""));

const proxy = z.string().superRefine((text, context) => {
  try {
    new TrustedProxies([text]);
  } catch {
    context.addIssue({
      code: "custom",
      message:
        `"${text}" is not an address; write one such as 10.0.0.7, a network such as 10.0.0.0/8, or unix`,
    });
  }
});

const unit = z.strictObject({
  domain: topicNameSchema.describe("domain_id of the topics"),
  channel: topicNameSchema.describe("channel_id of the topics"),
});

const { mqtt, mqtt_version, mqtt_ca, mqtt_cert, mqtt_key, mqtt_user, mqtt_password_file } =
  exportSettingsSchema.shape;

/** What a manager is told by its file, and by the options of its verb, which stand over it. */
export const managerConfigSchema = z.strictObject({
  mqtt: mqtt.describe("the broker of the agents; or by --mqtt"),
  ...{ mqtt_version, mqtt_ca, mqtt_cert, mqtt_key, mqtt_user, mqtt_password_file },
  group: topicNameSchema.default("default").describe(
    "of managers that share a store, or stand for each other; it is in the names that the broker knows them by",
  ),
  units: z.array(unit).min(1).optional().describe(
    "domains and channels to listen to; default: all there are",
  ),
  store: store.optional().describe(
    "the directory, or the database (postgres://), that everything is kept in",
  ),
  store_password_file: file.optional().describe("file with the password of the database; or in PGPASSWORD"),
  state_dir: file.optional().describe(
    "with a database: the directory that the API's token is in; default: in proctor's own",
  ),
  http: listenAddress(HTTP_PORT).optional().describe(
    "where the API and the page are; default: 127.0.0.1:9460",
  ),
  http_cert: file.optional().describe(
    "certificate of the API's port (PEM): other machines are let in by TLS",
  ),
  http_key: file.optional().describe("the key of the certificate (PEM)"),
  http_plain: z.boolean().default(false).describe(
    "let other machines in without TLS, as where a proxy in front has it",
  ),
  http_url: httpUrl.optional().describe(
    "the address that people use, where it is not that of http: https://fleet.example, as behind a proxy",
  ),
  http_trusted_proxies: z.array(proxy).max(100).default([]).describe(
    "addresses and networks of proxies that say by X-Forwarded-For or Forwarded who asks: " +
      "[127.0.0.1, 10.0.0.0/8]; unix for those that say so of a Unix socket",
  ),
  oidc: z.array(oidcSchema).max(20).default([]).describe(
    "providers of OpenID Connect whose people may log in",
  ),
  trace_url: z.url({ protocol: /^https?$/, error: "is not a URL of http or https" })
    .refine((url) => url.includes("{trace_id}"), {
      error: "has no {trace_id}; write such as https://traces.example.org/trace/{trace_id}",
    })
    .optional().describe(
      "where people see the trace that a task is part of; {trace_id} and {span_id} are put into it",
    ),
  retention: z.strictObject({
    raw: tier("14d", "every sample"),
    five_minutes: tier("90d", "average, least, most and increase of every five minutes"),
    hours: tier("2y", "the same of every hour"),
    runs: z.strictObject({ age: age.default(parseAge("5y", "age")) }).prefault({})
      .describe("what every run has cost"),
  }).prefault({}),
  forward: z.array(forwardSchema).max(10).default([]).describe(
    "where every sample is forwarded to: receivers of remote write, tables of ClickHouse",
  ),
  adaptive: z.strictObject({
    interval: parsed(parseDuration).default(1_000).describe("between two samples; default: 1s"),
    lasts: parsed(orderTime).default(300_000).describe(
      "how long at most without being asked again; default: 5m",
    ),
    hosts: z.int().min(1).max(10_000).default(100).describe("so many at once, at most; default: 100"),
  }).optional().describe("ask agents for denser samples of tasks that an alert is about"),
  ...alertKeys,
}).superRefine((config, context) => {
  const names = config.oidc.map(({ name }) => name);
  names.forEach((name, at) => {
    if (names.indexOf(name) === at) return;
    context.addIssue({ code: "custom", path: ["oidc", at, "name"], message: `"${name}" is there twice` });
  });
  alertFaults(config, (path, message) => context.addIssue({ code: "custom", path, message }));
});

/** The form of a manager's file as JSON Schema (draft 2020-12), for editors. */
export function managerConfigJsonSchema(): Record<string, unknown> {
  return { title: "proctor manager configuration", ...z.toJSONSchema(managerConfigSchema, { io: "input" }) };
}

/** What a manager is told, checked. */
export type ManagerConfig = z.output<typeof managerConfigSchema>;
