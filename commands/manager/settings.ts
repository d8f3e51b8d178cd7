import { hostname } from "node:os";
import { resolve } from "node:path";
import { counted, humanBytes } from "../../render/words/units.ts";
import { formatDuration } from "../../core/duration.ts";
import { usageError } from "../../core/error.ts";
import { join } from "../../core/posix_path.ts";
import { wording } from "../../core/schema/zod_issues.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import { secretsToServe } from "../../fleet/api/tls.ts";
import type { FleetServeOptions } from "../../fleet/api/serve.ts";
import type { TlsFiles } from "../../fleet/api/tls.ts";
import type { Broker } from "../../exporters/mqtt/broker.ts";
import { HTTP_PORT, isDatabase, managerConfigSchema } from "../../fleet/config/manager_schema.ts";
import type { ManagerConfig } from "../../fleet/config/manager_schema.ts";
import { forwardSchema } from "../../fleet/forward/forward_schema.ts";
import type { WrittenForward } from "../../fleet/forward/forward_schema.ts";
import type { Forward } from "../../fleet/forward/forwarding.ts";
import { openDestination } from "../../fleet/forward/open_destination.ts";
import { unitKey } from "../../fleet/model/unit.ts";
import { readManagerConfig } from "../../fleet/config/read_config.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { readAddress } from "../../fleet/store/postgres/address.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { defaultBaseDirectory } from "../../platform/mod.ts";

/** The options of the verb, as commander hands them over. */
export interface ManagerFlags {
  readonly config?: string;
  readonly check?: boolean;
  readonly schema?: boolean;
  readonly store?: string;
  readonly http?: string;
  readonly group?: string;
  readonly remoteWrite?: string;
  readonly clickhouse?: string;
  readonly [name: string]: unknown;
}

/** What a manager is to do. */
export interface ManagerSettings {
  readonly config: ManagerConfig & { readonly mqtt: string };
  /** Host and path of the file, as the other managers of a database are told. */
  readonly origin: string;
  /** Where the token of the API is, and everything else unless that is in a database. */
  readonly directory: string;
  /** The database that everything is in; null where it is in the directory. */
  readonly database: { readonly url: string; readonly password: string | undefined } | null;
  /** Where the API and the page are. */
  readonly http: { readonly host: string; readonly port: number };
  /** How the broker is reached. */
  readonly broker: Broker;
  /** The files to serve them by TLS with; null for none. */
  readonly tls: TlsFiles | null;
  /** Where samples are told, too. */
  readonly forwards: readonly Forward[];
  /** Who else may log people in, with the secrets that they have given us. */
  readonly providers: NonNullable<FleetServeOptions["providers"]>;
  /** The same for people, a line each. */
  readonly words: readonly string[];
}

const MOST_PASSWORD_BYTES = 65_536;

/** Options that are settings under another way to write their names. */
const OPTIONS: Readonly<Record<string, string>> = {
  store: "store",
  storePasswordFile: "store_password_file",
  stateDir: "state_dir",
  http: "http",
  group: "group",
  mqtt: "mqtt",
  mqttVersion: "mqtt_version",
  mqttCa: "mqtt_ca",
  mqttCert: "mqtt_cert",
  mqttKey: "mqtt_key",
  mqttUser: "mqtt_user",
  mqttPasswordFile: "mqtt_password_file",
};

/**
 * The settings of a file, with the options over them.
 * @throws ConfigError with every fault of the file
 * @throws ProctorError of kind `usage` when something else is not right
 */
export function settingsOf(flags: ManagerFlags): ManagerSettings {
  const inFile = flags.config === undefined ? {} : readManagerConfig(flags.config);
  const given = flagged(flags);
  const merged = { ...managerConfigSchema.parse({}), ...inFile, ...given };
  const config = { ...merged, forward: [...merged.forward, ...forwardFlags(flags)] };
  const { mqtt } = config;
  if (mqtt === undefined) {
    throw usageError(
      flags.config === undefined
        ? "there is no broker; add --mqtt mqtt://HOST"
        : `${flags.config}: there is no broker; write mqtt: mqtt://HOST, or add --mqtt`,
    );
  }
  const { database, directory } = placeOf(config);
  const http = config.http ?? { host: "127.0.0.1", port: HTTP_PORT };
  if ("path" in http) throw usageError(`http: a manager is asked at a port; write 127.0.0.1:${HTTP_PORT}`);
  const tls = tlsOf(config);
  // Read at once, so that a check finds what a start would, and a start finds it before it writes anything.
  secretsToServe({ host: http.host, tls, allowPlain: config.http_plain });
  const whole = { ...config, mqtt };
  const broker = brokerToRead(whole, process.env);
  const place = database ? readAddress(database.url).place : directory;
  const providers = config.oidc.map((settings, at) => ({
    settings,
    secret: settings.client_secret_file === undefined
      ? null
      : secretIn(settings.client_secret_file, `oidc[${at}].client_secret_file`),
  }));
  const forwards = forwardsOf(config);
  const told = forwards.map(({ destination }) => destination.name);
  const file = flags.config === undefined ? "no file" : resolve(flags.config);
  return {
    origin: `${hostname()}:${file}`,
    ...{ config: whole, directory, database, http, broker, tls, providers, forwards },
    words: words(whole, place, http, told),
  };
}

/** Destinations that options name; all else of them is said in a file. */
function forwardFlags({ remoteWrite, clickhouse }: ManagerFlags): WrittenForward[] {
  const given = { remote_write: remoteWrite, clickhouse };
  return Object.entries(given).filter(([, url]) => url !== undefined).map(([key, url]) => {
    const result = forwardSchema.safeParse({ [key]: url });
    if (result.success) return result.data;
    throw usageError(`--${key.replaceAll("_", "-")}: ${result.error.issues[0].message}`);
  });
}

function forwardsOf({ forward }: ManagerConfig): Forward[] {
  const forwards = forward.map((written) => ({
    destination: openDestination(written),
    units: written.units ? new Set(written.units.map(unitKey)) : null,
  }));
  const names = forwards.map(({ destination }) => destination.name);
  const again = names.find((name, at) => names.indexOf(name) < at);
  if (again !== undefined) throw usageError(`forward: ${again} is there twice; name it once`);
  return forwards;
}

function tlsOf({ http_cert: cert, http_key: key }: ManagerConfig) {
  if (cert === undefined && key === undefined) return null;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw usageError(
    `${cert === undefined ? "http_key" : "http_cert"}: certificate and key belong together; write both`,
  );
}

/** Where everything is kept. @throws ProctorError of kind `usage` */
export function placeOf(
  config: Pick<ManagerConfig, "store" | "store_password_file" | "state_dir">,
): Pick<ManagerSettings, "database" | "directory"> {
  const database = databaseOf(config);
  const directory = database
    ? resolve(config.state_dir ?? join(defaultBaseDirectory(), "manager-shared"))
    : resolve(config.store ?? join(defaultBaseDirectory(), "manager"));
  return { database, directory };
}

function databaseOf(
  { store, store_password_file: file, state_dir }: Parameters<typeof placeOf>[0],
): ManagerSettings["database"] {
  if (store === undefined || !isDatabase(store)) {
    const key = file !== undefined
      ? "store_password_file"
      : state_dir !== undefined
      ? "state_dir"
      : undefined;
    if (key === undefined) return null;
    throw usageError(`${key}: it is of a store in a database; write store: postgres://USER@HOST/DATABASE`);
  }
  if (file === undefined) return { url: store, password: process.env.PGPASSWORD };
  return { url: store, password: secretIn(file, "store_password_file") };
}

function secretIn(file: string, key: string): string {
  try {
    return readTextFile(file, MOST_PASSWORD_BYTES).replace(/\r?\n$/, "");
  } catch (error) {
    throw usageError(`${key}: ${file}: ${reasonOf(error)}`);
  }
}

/** What options say, checked. */
function flagged(flags: ManagerFlags): Partial<ManagerConfig> {
  const input: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(OPTIONS)) if (flags[name] !== undefined) input[key] = flags[name];
  const result = managerConfigSchema.safeParse(input, { error: (issue) => wording(issue, issue.input) });
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    throw usageError(`--${String(path[0]).replaceAll("_", "-")}: ${message}`);
  }
  return Object.fromEntries(Object.entries(result.data).filter(([key]) => key in input));
}

function words(
  config: ManagerSettings["config"],
  kept: string,
  http: ManagerSettings["http"],
  told: readonly string[],
): string[] {
  const place = `${config.http_cert === undefined ? "http" : "https"}://${http.host}:${http.port}`;
  const { mqtt, units, retention, alerts, notifiers } = config;
  const whose = units
    ? units.map(({ domain, channel }) => `${domain}/${channel}`).join(", ")
    : "every domain and channel";
  const { raw, five_minutes, hours, runs } = retention;
  const tierWords = ([name, { age, size }]: [string, { age: number; size?: number }]) =>
    `${name} ${age} days${size === undefined ? "" : `, at most ${humanBytes(size)}`}`;
  const tiers = [["samples", raw], ["five minutes", five_minutes], ["hours", hours], ["runs", runs]] as const;
  const { oidc, adaptive } = config;
  const more = [
    oidc.length > 0 &&
    `People may log in by ${oidc.map(({ name, issuer }) => `${name} (${issuer})`).join(", ")}.`,
    adaptive &&
    `Up to ${counted(adaptive.hosts, "host")} are asked for samples each ${
      formatDuration(adaptive.interval)
    } of what an alert is about.`,
  ].filter((line) => typeof line === "string");
  return [
    `Messages of ${whose} are read from ${withoutCredentials(mqtt)}.`,
    `Everything is kept in ${kept}: ${tiers.map((tier) => tierWords([...tier])).join("; ")}.`,
    `The API and the page are at ${place}.`,
    ...told.map((name) => `Every sample is sent to ${name}, too.`),
    `${counted(alerts.length, "rule")} for alerts, ${counted(notifiers.length, "destination")}.`,
    ...more,
  ];
}
