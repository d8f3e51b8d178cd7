/*
 * Where a watched program finds what it can send to, in its environment: the variables that clients of StatsD and
 * OpenTelemetry look for. What it has already stays as it is.
 */

const HOST = "STATSD_HOST";
const PORT = "STATSD_PORT";
const SOCKET = "PROCTOR_METRICS_SOCKET";
/** Metrics alone: traces and logs go where they went. */
const OTLP_ENDPOINTS = ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;
const OTLP_VARIABLES = {
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
  // Milliseconds; a minute is longer than most commands.
  OTEL_METRIC_EXPORT_INTERVAL: "1000",
} as const;
/** The first that is set counts; to OpenTelemetry an empty one is not. */
const OTLP_PROTOCOLS = ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] as const;
/** What the listener speaks. */
const OTLP_SPOKEN = ["http/protobuf", "http/json"];

/** Environment variables, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a program is to find in its environment, and lines about what it does not, and why. */
export interface AppVariables {
  readonly variables: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Variables that lead to sockets for StatsD. @param before what the program finds there but for ours */
export function statsdVariables(
  { port, path }: { readonly port?: number; readonly path?: string },
  before: Variables,
): AppVariables {
  const variables: Record<string, string> = {};
  const notes: string[] = [];
  const taken = [HOST, PORT].filter((name) => before[name] !== undefined);
  if (port !== undefined && taken.length > 0) {
    notes.push(
      `app metrics: ${taken.join(" and ")} ${
        taken.length > 1 ? "are" : "is"
      } set already and stays as it is; ` +
        `what is to be seen here goes to 127.0.0.1:${port}${path === undefined ? "" : `, or to ${SOCKET}`}`,
    );
  } else if (port !== undefined) {
    variables[HOST] = "127.0.0.1";
    variables[PORT] = String(port);
  }
  if (path !== undefined && before[SOCKET] === undefined) variables[SOCKET] = path;
  return { variables, notes };
}

/** Variables that lead to a listener for OTLP. @param before what the program finds there but for ours */
export function otlpVariables(url: string, before: Variables): AppVariables {
  const without = (note: string) => ({ variables: {}, notes: [`app metrics: ${note}`] });
  const taken = OTLP_ENDPOINTS.find((name) => before[name] !== undefined);
  if (taken !== undefined) {
    return without(`${taken} is set already and stays as it is; what is to be seen here goes to ${url}`);
  }
  const chosen = OTLP_PROTOCOLS.find((name) => before[name]);
  // Whoever is told to speak gRPC would speak it to our endpoint as well.
  if (chosen !== undefined && !OTLP_SPOKEN.includes(before[chosen]!)) {
    return without(
      `${chosen} is set already, to neither ${OTLP_SPOKEN.join(" nor ")}, and stays as it is; ` +
        `what is to be seen here goes to ${url} by one of these`,
    );
  }
  const ours = { ...OTLP_VARIABLES, [OTLP_ENDPOINTS[0]]: url };
  const variables = Object.fromEntries(
    Object.entries(ours).filter(([name]) => before[name] === undefined),
  );
  return { variables, notes: [] };
}
