import { nodePath } from "../io/builtins.ts";

/**
 * How one setting of the exporters looks on a command line and in a YAML file; no zod here, so that verbs start fast.
 */
export interface ExportOption {
  /** What stands for its value in the help; none for a switch. */
  readonly placeholder?: string;
  readonly description: string;
  /** Whether it may be given more than once. */
  readonly repeats?: true;
}

/**
 * Every setting of the exporters by its key in YAML; on the command line `mqtt_qos` is `--mqtt-qos`. What the values
 * mean and which are right: settings.ts.
 */
export const EXPORT_OPTIONS = {
  mqtt: { placeholder: "url", description: "publish to this broker: mqtt://, mqtts://, ws:// or wss://" },
  mqtt_version: { placeholder: "3.1.1|5", description: "of the protocol (default: 5)" },
  mqtt_qos: { placeholder: "0|1|2", description: "quality of service (default: 1)" },
  mqtt_ca: { placeholder: "file", description: "certificates (PEM) that may sign the broker's" },
  mqtt_cert: { placeholder: "file", description: "our own certificate (PEM)" },
  mqtt_key: { placeholder: "file", description: "the key of our own certificate (PEM)" },
  mqtt_user: { placeholder: "name", description: "user name (or PROCTOR_MQTT_USER, or in the URL)" },
  mqtt_password_file: {
    placeholder: "file",
    description: "the password; its last line break is none of it (or PROCTOR_MQTT_PASSWORD)",
  },
  mqtt_batch: { placeholder: "number", description: "up to so many messages as an array in one publish" },
  mqtt_batch_wait: {
    placeholder: "duration",
    description: "how long a message may wait for others of its batch (default: 1s)",
  },
  mqtt_gzip: { description: "compress the payloads" },
  mqtt_queue: { placeholder: "number", description: "messages that wait for the broker (default: 10000)" },
  mqtt_queue_size: { placeholder: "size", description: "and their size at most (default: 16M)" },
  mqtt_queue_dir: { placeholder: "dir", description: "keep what waits in this directory, over restarts" },
  mqtt_control: {
    placeholder: "key",
    description:
      "let the manager that has this key ask for denser samples for a while; it says its key itself",
  },
  mqtt_control_interval: {
    placeholder: "duration",
    description: "but never more often than this (default: 1s)",
  },
  mqtt_topic_prefix: {
    placeholder: "a/b",
    description: "where your topics begin: m/a/c/b (default: proctor/default)",
  },
  domain: { placeholder: "id", description: "the first part of the prefix, Propeller's domain_id" },
  channel: { placeholder: "id", description: "the second part of the prefix, Propeller's channel_id" },
  topic_style: {
    placeholder: "go|rust|agent",
    description:
      "which topics (default: go); agent: the last level of each is the proplet_id, for access lists",
  },
  topic: {
    placeholder: "template",
    description: "task topic, with {domain_id}, {channel_id}, {proplet_id}, {agent_id}, {task_id}",
  },
  proplet_id: { placeholder: "id", description: "the specification's name of --instance" },
  agent_id: {
    placeholder: "id",
    description:
      "which agent; independent of the host's name (default: of the machine's ID; or PROCTOR_AGENT_ID)",
  },
  task_id: { placeholder: "id", description: "the task's (default: --name, or a random UUID)" },
  prometheus: { placeholder: "address", description: "serve /metrics on this host:port or unix:path" },
  prometheus_textfile: { placeholder: "file", description: "for node_exporter's textfile collector (.prom)" },
  prometheus_labels: {
    placeholder: "style",
    description: "plain (default): a label agent; specification: it is called proplet",
  },
  otlp: { placeholder: "url|env", description: "OTLP collector, or env: OTEL_EXPORTER_OTLP_ENDPOINT" },
  otlp_protocol: { placeholder: "protocol", description: "http/protobuf (the default) or http/json" },
  otlp_header: {
    placeholder: "k=v",
    description: "a header of the requests; may be repeated",
    repeats: true,
  },
  otlp_propagate: { description: "give commands a TRACEPARENT beneath the span of their run" },
  otlp_processes: { description: "with --processes: a span for each process beneath that of the run" },
} as const satisfies Record<string, ExportOption>;

/**
 * Plain names on the command line for settings that the specification calls otherwise. Both mean the same; the last one
 * on a line counts.
 */
export const EXPORT_ALIASES = {
  instance: { key: "proplet_id", placeholder: "name", description: "who reports (default: the host's name)" },
  mqtt_topic: { key: "topic", placeholder: "template", description: "the same as --topic" },
  mqtt_topic_style: {
    key: "topic_style",
    placeholder: "go|rust|agent",
    description: "the same as --topic-style",
  },
} as const satisfies Record<string, ExportOption & { readonly key: ExportKey }>;

/** The key of a setting in YAML. */
export type ExportKey = keyof typeof EXPORT_OPTIONS;

/** Settings that each switch an exporter on. */
export const EXPORT_SWITCHES = [
  "mqtt",
  "prometheus",
  "prometheus_textfile",
  "otlp",
] as const satisfies readonly ExportKey[];

/**
 * Settings that nothing uses, and the switch that each lacks: `prometheus or prometheus_textfile` where one will do.
 */
export function unusedOptions(settings: ReadonlyMap<string, unknown>): [key: string, needed: string][] {
  const isOption = (key: string) => Object.hasOwn(EXPORT_OPTIONS, key);
  return [...settings.keys()].filter(isOption).flatMap((key) => {
    const needed = switchesOf(key);
    return needed.length === 0 || needed.some((name) => settings.has(name))
      ? []
      : [[key, needed.join(" or ")] as [string, string]];
  });
}

/** The switches without any of which nothing uses a setting; none when it is one itself, or all exporters use it. */
export function switchesOf(key: string): readonly ExportKey[] {
  const switches: readonly string[] = EXPORT_SWITCHES;
  if (switches.includes(key)) return [];
  if (key === "prometheus_labels") return ["prometheus", "prometheus_textfile"];
  return EXPORT_SWITCHES.filter((name) => key.startsWith(`${name}_`));
}

/** Plain names of settings, and how the specification calls each. */
const NAMES = Object.entries(EXPORT_ALIASES).map((
  [plain, { key }],
): readonly [string, ExportKey] => [plain, key]);

/** Settings that are there under both of their names, and what to say of that. */
export function namedTwice(isThere: (key: string) => boolean): [plain: string, message: string][] {
  return NAMES.filter(([plain, key]) => isThere(plain) && isThere(key)).map((
    [plain, key],
  ) => [plain, `it is ${key} by its plain name; write one of the two`]);
}

/** The settings under the names that the specification has for them, which is what all else asks for. */
export function withSpecifiedNames<Settings extends object>(settings: Settings): Settings {
  const named = { ...settings } as Record<string, unknown>;
  for (const [plain, key] of NAMES) {
    if (named[plain] !== undefined) named[key] = named[plain];
    delete named[plain];
  }
  return named as Settings;
}

/** Settings that name files or directories. */
const EXPORT_FILES = [
  "mqtt_ca",
  "mqtt_cert",
  "mqtt_key",
  "mqtt_password_file",
  "mqtt_queue_dir",
  "prometheus_textfile",
] as const satisfies readonly ExportKey[];

/** What of a file's settings is the exporters', with files seen from its directory. */
export function exportInputOf(
  settings: Readonly<Record<string, unknown>>,
  directory: string,
): Record<string, unknown> {
  const input = Object.fromEntries(
    Object.entries(withSpecifiedNames(settings)).filter(([key]) => Object.hasOwn(EXPORT_OPTIONS, key)),
  );
  for (const key of EXPORT_FILES) {
    if (typeof input[key] === "string") input[key] = nodePath().resolve(directory, input[key]);
  }
  return input;
}
