import { z } from "zod";
import { parsable, parsed } from "../core/schema/text_schema.ts";
import { usageError } from "../core/error.ts";
import { parseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import { readControlKey } from "./control/control_key.ts";
import { LABEL_STYLES } from "./prometheus/agent_label.ts";
import { topicNameSchema } from "./topic_name.ts";
import type { EXPORT_ALIASES, ExportKey } from "./export_options.ts";
export type { ExportInput } from "./export_input.ts";

/**
 * A URL of one of these protocols; error messages leave out what may be secret in it.
 * @param instead of a password in it, which everybody sees in `ps`; left out where there may be one
 * @param word may stand in place of a URL
 */
function url(protocols: readonly string[], instead?: string, word?: string): z.ZodType<string, string> {
  const right = `write ${word === undefined ? "one" : `${word}, or one`} such as ${protocols[0]}://host`;
  return z.string().superRefine((text, context) => {
    if (text === word) return;
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    const say = (message: string) => context.addIssue({ code: "custom", message });
    if (!parsed) say(`"${redacted(text)}" is not a URL; ${right}`);
    else if (!protocols.includes(parsed.protocol.slice(0, -1))) {
      say(`"${redacted(text)}" has a protocol that is not ${protocols.join(", ")}; ${right}`);
    } else if (parsed.hostname === "") say(`"${redacted(text)}" names no host; ${right}`);
    else if (parsed.pathname.includes("@")) {
      say("it has a / or an @ in what stands before its host; write %2F or %40");
    } else if (instead !== undefined && parsed.password !== "") {
      say(`a password in the URL is visible to all who see the URL; use ${instead}`);
    }
  });
}

/** Something that should be a URL, without what may be its user, password or query. */
function redacted(text: string): string {
  return text.replace(/^(\w[\w+.-]*:\/*)?.*@/s, "$1").replace(/[?#].*$/s, "");
}

/** The URL as it may be shown: without user name, password and query. */
export function withoutCredentials(text: string): string {
  const parsed = new URL(text);
  parsed.username =
    parsed.password =
    parsed.search =
    parsed.hash =
      "";
  return parsed.href.replace(/\/$/, "");
}

const file = z.string().min(1, "it is empty; write the path of a file");

const number = z.union([z.int(), z.string()]).transform((value, context) => {
  const read = typeof value === "number" ? value : /^\d+$/.test(value) ? Number(value) : NaN;
  if (read > 0 && Number.isSafeInteger(read)) return read;
  context.addIssue({ code: "custom", message: `"${value}" is not a whole number above 0` });
  return z.NEVER;
});

const size = parsed(parseSize);

/** Who looks at a host waits so long at most for what it says of itself. */
const LONGEST_BATCH_WAIT_MS = 3_600_000;

const batchWait = parsed((text, where) => {
  const ms = parseDuration(text, where);
  if (ms <= LONGEST_BATCH_WAIT_MS) return ms;
  throw usageError(`${where}: "${text}" is longer than a batch may wait, "1h"`);
});

const id = topicNameSchema;

/** `factory/edge` or `factory`: one or two names of topics. */
const topicPrefix = z.string().superRefine((text, context) => {
  const names = text.split("/");
  if (names.length <= 2 && names.every((name) => id.safeParse(name).success)) return;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(text)} is not a prefix of topics; write one or two names such as factory/edge`,
  });
});

const topicStyle = z.enum(["go", "rust", "agent"]);

const FIELDS = ["domain_id", "channel_id", "proplet_id", "agent_id", "task_id"];

const topic = z.string().superRefine((text, context) => {
  const say = (message: string) => context.addIssue({ code: "custom", message });
  if (text === "" || /[+#]/.test(text)) {
    say(`"${text}" is not a topic to publish to: it is empty or has + or #`);
  } else if (/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(text)) {
    say(`${JSON.stringify(text)} is not a topic to publish to: it has a control character`);
  }
  for (const [, field] of text.matchAll(/\{([^}]*)\}/g)) {
    if (!FIELDS.includes(field)) say(`"{${field}}" is unknown; there are {${FIELDS.join("}, {")}}`);
  }
});

/** Where a server listens: a host and a port, or a socket in the file system. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Where a port alone listens: for this machine alone, since figures are not for everybody who can reach it. */
const LOOPBACK = "127.0.0.1";

/**
 * An address to listen at, as text: `host:port`, `:port` on the loopback interface, or `unix:path`.
 * @param port that is usual there, for the example in what is said of a wrong one
 */
export function listenAddress(port: number): z.ZodType<ListenAddress, string> {
  return z.string().transform((text, context): ListenAddress => {
    if (text.startsWith("unix:") && text.length > 5) return { path: text.slice(5) };
    const [, host, digits] = /^(.*):(\d+)$/.exec(text) ?? [];
    if (host !== undefined && Number(digits) <= 65_535) {
      return { host: host.replace(/^\[(.*)\]$/, "$1") || LOOPBACK, port: Number(digits) };
    }
    const message =
      `"${text}" is not an address; write host:port such as 127.0.0.1:${port}, :${port}, or unix:/path`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

const header = z.string().superRefine((text, context) => {
  // Its value may be a secret: it is not repeated.
  if (!/^[\w!#$%&'*+.^`|~-]+=/.test(text)) {
    context.addIssue({ code: "custom", message: "a header is written NAME=value" });
  }
});

/**
 * The settings of all exporters, as they stand in YAML (and as flags give them, as text). Anything in it is wanted by
 * the exporter it belongs to; an exporter is on when `mqtt`, `prometheus`, `prometheus_textfile` or `otlp` is given.
 */
export const exportSettingsSchema = z.strictObject(
  {
    mqtt: url(["mqtt", "mqtts", "ws", "wss"], "PROCTOR_MQTT_PASSWORD or mqtt_password_file").optional(),
    mqtt_version: z.coerce.string().pipe(z.enum(["3.1.1", "5"])).default("5")
      .meta({ type: undefined, enum: ["3.1.1", "5", 5] }),
    mqtt_qos: z.coerce.string().pipe(z.enum(["0", "1", "2"])).transform((text) => Number(text) as 0 | 1 | 2)
      .default(1).meta({ type: undefined, enum: [0, 1, 2] }),
    mqtt_ca: file.optional(),
    mqtt_cert: file.optional(),
    mqtt_key: file.optional(),
    mqtt_user: z.string().optional(),
    mqtt_password_file: file.optional(),
    mqtt_batch: number.default(1),
    mqtt_batch_wait: batchWait.default(1_000),
    mqtt_gzip: z.boolean().default(false),
    mqtt_queue: number.default(10_000),
    mqtt_queue_size: size.default(16 * 2 ** 20),
    mqtt_queue_dir: file.optional(),
    mqtt_control: parsable(readControlKey).optional(),
    mqtt_control_interval: parsed(parseDuration).default(1_000),
    mqtt_topic_prefix: topicPrefix.optional(),
    domain: id.optional(),
    channel: id.optional(),
    topic_style: topicStyle.default("go"),
    mqtt_topic_style: topicStyle.optional(),
    topic: topic.optional(),
    mqtt_topic: topic.optional(),
    proplet_id: id.optional(),
    instance: id.optional(),
    agent_id: id.optional(),
    task_id: id.optional(),
    prometheus: listenAddress(9_464).optional(),
    prometheus_textfile: file.optional(),
    prometheus_labels: z.enum(LABEL_STYLES).default("plain"),
    otlp: url(["http", "https"], undefined, "env").optional(),
    otlp_protocol: z.enum(["http/protobuf", "http/json"]).optional(),
    otlp_header: z.array(header).default([]),
    otlp_propagate: z.boolean().default(false),
    otlp_processes: z.boolean().default(false),
  } satisfies Record<ExportKey | keyof typeof EXPORT_ALIASES, z.ZodType>,
);

/** The settings of all exporters, checked. */
export type ExportSettings = z.output<typeof exportSettingsSchema>;
