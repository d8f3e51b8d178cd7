import { createPrivateKey, X509Certificate } from "node:crypto";
import type { IClientOptions } from "mqtt";
import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { MOST_PEM_BYTES, readRegularFile } from "../../io/regular_file.ts";
import type { ExportSettings } from "../settings.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

type Variables = Readonly<Record<string, string | undefined>>;

/** What the settings say of a broker. */
export type BrokerSettings = Pick<
  ExportSettings,
  "mqtt" | "mqtt_version" | "mqtt_user" | "mqtt_password_file" | "mqtt_ca" | "mqtt_cert" | "mqtt_key"
>;

/** How the broker is reached, and who we are to it, as the client library wants it. */
export type Broker = Pick<
  IClientOptions,
  | "protocol"
  | "host"
  | "port"
  | "path"
  | "protocolVersion"
  | "username"
  | "password"
  | "ca"
  | "cert"
  | "key"
>;

/**
 * Read what the settings and the environment say of the broker.
 * @throws ProctorError of kind `usage` for files that cannot be read or are not what they should be
 */
export function brokerOf(settings: BrokerSettings, variables: Variables): Broker {
  const url = new URL(settings.mqtt!);
  const protocol = url.protocol.slice(0, -1) as "mqtt" | "mqtts" | "ws" | "wss";
  const isWebSocket = protocol.startsWith("ws");
  const path = `${url.pathname}${url.search}`;
  if (!isWebSocket && path !== "" && path !== "/") {
    throw usageError(
      `mqtt: a URL with ${protocol}:// has no path; topics are set by domain, channel or topic`,
    );
  }
  return {
    protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : Number(url.port),
    path: isWebSocket ? path || "/" : undefined,
    protocolVersion: settings.mqtt_version === "5" ? 5 : 4,
    ...credentials(settings, url, variables),
    ...certificates(settings, protocol.endsWith("s") && protocol !== "ws"),
  };
}

function credentials(
  settings: BrokerSettings,
  url: URL,
  variables: Variables,
): Pick<Broker, "username" | "password"> {
  const username = settings.mqtt_user ??
    (url.username === "" ? variables.PROCTOR_MQTT_USER : decoded(url.username));
  const file = settings.mqtt_password_file;
  const password = file === undefined
    ? variables.PROCTOR_MQTT_PASSWORD
    : read("mqtt_password_file", file).replace(/\r?\n$/, "");
  if (password !== undefined && username === undefined && settings.mqtt_version !== "5") {
    throw usageError("mqtt_user: MQTT 3.1.1 has no password without a user name; add mqtt_user");
  }
  return { username, password };
}

function decoded(username: string): string {
  try {
    return decodeURIComponent(username);
  } catch {
    throw usageError(
      "mqtt: the user name in the URL has a % that begins no escape; write %25, or use mqtt_user",
    );
  }
}

function certificates(settings: BrokerSettings, isSecure: boolean): Pick<Broker, "ca" | "cert" | "key"> {
  const { mqtt_ca, mqtt_cert, mqtt_key } = settings;
  const given = Object.entries({ mqtt_ca, mqtt_cert, mqtt_key }).find(([, file]) => file !== undefined);
  if (!given) return {};
  if (!isSecure) throw usageError(`${given[0]}: nothing uses it without TLS; write mqtts:// or wss://`);
  if (mqtt_cert !== undefined && mqtt_key === undefined) {
    throw usageError("mqtt_key: mqtt_cert needs its key");
  }
  if (mqtt_cert === undefined && mqtt_key !== undefined) {
    throw usageError("mqtt_cert: mqtt_key needs its certificate");
  }
  const ca = mqtt_ca === undefined ? undefined : read("mqtt_ca", mqtt_ca);
  for (const pem of ca === undefined ? [] : pems("mqtt_ca", mqtt_ca!, ca)) parsed("mqtt_ca", mqtt_ca!, pem);
  return mqtt_cert === undefined ? { ca } : { ca, ...ownCertificate(mqtt_cert, mqtt_key!) };
}

function ownCertificate(certFile: string, keyFile: string): Pick<Broker, "cert" | "key"> {
  const cert = read("mqtt_cert", certFile);
  const key = read("mqtt_key", keyFile);
  const own = parsed("mqtt_cert", certFile, pems("mqtt_cert", certFile, cert)[0]);
  if (key.includes("ENCRYPTED")) {
    throw usageError(
      `mqtt_key: ${keyFile} is encrypted; write it without a passphrase, readable by you alone`,
    );
  }
  let isOwn: boolean;
  try {
    isOwn = own.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw usageError(`mqtt_key: ${keyFile} is not a private key in PEM`);
  }
  if (!isOwn) throw usageError(`mqtt_key: ${keyFile} is not the key of ${certFile}`);
  return { cert, key };
}

function pems(key: string, file: string, text: string): readonly string[] {
  const found = text.match(CERTIFICATE);
  if (!found) throw usageError(`${key}: ${file} has no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  return found;
}

function parsed(key: string, file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw usageError(`${key}: ${file} has a certificate that cannot be read`);
  }
}

function read(key: string, file: string): string {
  try {
    return Buffer.from(readRegularFile(file, MOST_PEM_BYTES).bytes).toString();
  } catch (error) {
    throw usageError(`${key}: cannot read ${file}: ${reasonOf(error)}`);
  }
}
