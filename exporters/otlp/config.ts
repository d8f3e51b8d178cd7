import { createPrivateKey, X509Certificate } from "node:crypto";
import { usageError } from "../../core/error.ts";
import { VERSION } from "../../core/schema/version.ts";
import { MOST_PEM_BYTES, readRegularFile } from "../../io/regular_file.ts";
import { reasonOf } from "../../io/errno_words.ts";
import type { ExportSettings } from "../settings.ts";
import { proxyFor } from "./proxy.ts";
import { isTrue, otlpVariable, parsePairs } from "./variables.ts";
import type { Signal, Variables } from "./variables.ts";

/** How OTLP is encoded. */
export type OtlpProtocol = "http/protobuf" | "http/json";

/** Where one signal goes, and how. */
export interface Endpoint {
  readonly url: URL;
  /** By which it is reached; undefined: directly. */
  readonly proxy?: URL;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly gzip: boolean;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** What is to be sent, and where to; a signal that is not wanted is left out. */
export interface OtlpConfig {
  readonly endpoints: Partial<Record<Signal, Endpoint>>;
  /** Attributes of every resource. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly serviceName: string | undefined;
}

const DEFAULT_URL = "http://localhost:4318";
const DEFAULT_TIMEOUT_MS = 10_000;
/** Ours; a header by these names would break the request. */
const OWN_HEADERS = ["content-type", "content-encoding", "content-length", "transfer-encoding"];

/**
 * OpenTelemetry's settings: those of ours come before its variables, a signal's own variable before the common one.
 * @param notice gets a line about a variable that makes no sense, which then does not count
 * @throws ProctorError of kind `usage` for a setting that makes no sense, or a file that cannot be read
 */
export function otlpConfig(
  settings: Pick<ExportSettings, "otlp" | "otlp_protocol" | "otlp_header">,
  variables: Variables,
  notice: (line: string) => void,
): OtlpConfig {
  const { OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME, OTEL_SDK_DISABLED } = variables;
  const disabled = isTrue(OTEL_SDK_DISABLED);
  if (disabled) notice("otlp: OTEL_SDK_DISABLED is true: nothing is sent");
  const attributes = parsePairs(OTEL_RESOURCE_ATTRIBUTES);
  if (!attributes) notice("otlp: OTEL_RESOURCE_ATTRIBUTES is not a list of key=value; it is ignored");
  const told = new Set<string>();
  const once = (line: string) => {
    if (!told.has(line)) notice(line);
    told.add(line);
  };
  const endpoints: Partial<Record<Signal, Endpoint>> = {};
  for (const signal of ["metrics", "traces"] as const) {
    const wanted = variables[`OTEL_${signal.toUpperCase()}_EXPORTER`]?.trim() !== "none";
    if (wanted && !disabled) endpoints[signal] = endpoint(signal, settings, variables, once);
  }
  const { "service.name": serviceName, ...rest } = attributes ?? {};
  return { endpoints, attributes: rest, serviceName: OTEL_SERVICE_NAME || serviceName || undefined };
}

function endpoint(
  signal: Signal,
  { otlp, otlp_protocol, otlp_header }: Pick<ExportSettings, "otlp" | "otlp_protocol" | "otlp_header">,
  variables: Variables,
  notice: (line: string) => void,
): Endpoint {
  const variable = (name: string) => otlpVariable(variables, signal, name);
  const url = endpointUrl(signal, otlp!, variables);
  const { username, password } = url;
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString(
    "base64",
  );
  url.username = url.password = "";
  const listed = parsePairs(variable("HEADERS"));
  if (!listed) notice("otlp: OTEL_EXPORTER_OTLP_HEADERS is not a list of key=value; it is ignored");
  const headers = checkedHeaders({
    "user-agent": `proctor/${VERSION}`,
    ...(username || password ? { authorization: `Basic ${basic}` } : {}),
    ...listed,
    ...Object.fromEntries(otlp_header.map((text) => splitHeader(text))),
  });
  return {
    url,
    proxy: proxyFor(url, variables),
    protocol: otlp_protocol ?? protocolOf(variable("PROTOCOL"), notice),
    headers,
    timeoutMs: timeoutOf(variable("TIMEOUT"), notice),
    gzip: compressionOf(variable("COMPRESSION"), notice),
    tls: {
      ca: pem("CERTIFICATE", "certificate", variable),
      cert: pem("CLIENT_CERTIFICATE", "certificate", variable),
      key: pem("CLIENT_KEY", "key", variable),
    },
  };
}

/** The common URL is a base that `v1/SIGNAL` is appended to; a signal's own URL is used unchanged. */
function endpointUrl(signal: Signal, setting: string, variables: Variables): URL {
  const name = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
  const own = setting === "env" ? variables[name] || undefined : undefined;
  if (own !== undefined) return checkedUrl(name, own);
  const common = variables.OTEL_EXPORTER_OTLP_ENDPOINT || DEFAULT_URL;
  const base = setting === "env" ? checkedUrl("OTEL_EXPORTER_OTLP_ENDPOINT", common) : new URL(setting);
  base.pathname = `${base.pathname.replace(/\/$/, "")}/v1/${signal}`;
  return base;
}

function checkedUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== "") return url;
  // It may hold a password, so it is not repeated.
  throw usageError(`otlp: ${name} is not an http:// or https:// URL`);
}

function splitHeader(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Keyed by lower-case names. Values may be secrets and never appear in messages. */
function checkedHeaders(headers: Record<string, string>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw usageError(`otlp: "${name}" is not a name of a header`);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw usageError(`otlp: the value of the header "${name}" has characters that no header may have`);
    }
    if (OWN_HEADERS.includes(lower)) throw usageError(`otlp: the header "${name}" is proctor's own to set`);
    checked[lower] = value;
  }
  return checked;
}

function protocolOf(text: string | undefined, notice: (line: string) => void): OtlpProtocol {
  if (text === undefined || text === "http/protobuf" || text === "http/json") return text ?? "http/protobuf";
  notice(`otlp: OTEL_EXPORTER_OTLP_PROTOCOL "${text}" is not served; http/protobuf is taken`);
  return "http/protobuf";
}

function timeoutOf(text: string | undefined, notice: (line: string) => void): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  // Milliseconds, says OpenTelemetry.
  const timeoutMs = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (timeoutMs > 0 && timeoutMs < 2 ** 31) return timeoutMs;
  notice(
    `otlp: OTEL_EXPORTER_OTLP_TIMEOUT "${text}" is not a number of milliseconds; ${DEFAULT_TIMEOUT_MS} are taken`,
  );
  return DEFAULT_TIMEOUT_MS;
}

function compressionOf(text: string | undefined, notice: (line: string) => void): boolean {
  if (text !== undefined && text !== "gzip" && text !== "none") {
    notice(`otlp: OTEL_EXPORTER_OTLP_COMPRESSION "${text}" is neither gzip nor none; none is taken`);
  }
  return text === "gzip";
}

/** Read the PEM file that a variable names; it must contain a valid certificate or key. */
function pem(
  name: string,
  what: "certificate" | "key",
  variable: (name: string) => string | undefined,
): Buffer | undefined {
  const path = variable(name);
  if (path === undefined) return undefined;
  let content: Buffer;
  try {
    content = Buffer.from(readRegularFile(path, MOST_PEM_BYTES).bytes);
  } catch (error) {
    throw usageError(`otlp: OTEL_EXPORTER_OTLP_${name}: cannot read "${path}": ${reasonOf(error)}`);
  }
  try {
    if (what === "key") createPrivateKey(content);
    else new X509Certificate(content);
  } catch {
    throw usageError(`otlp: OTEL_EXPORTER_OTLP_${name}: there is no ${what} (PEM) in "${path}"`);
  }
  return content;
}
