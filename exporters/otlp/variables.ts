/** Variables of the environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What OpenTelemetry's specification calls signals, as far as we send them. */
export type Signal = "metrics" | "traces";

/** A setting of OTLP: the signal's own variable, or the common one. An empty one counts as not set. */
export function otlpVariable(variables: Variables, signal: Signal, name: string): string | undefined {
  return variables[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`] ||
    variables[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
}

/**
 * A list `key=value,key=value` with percent-encoded values, as OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS
 * have it (W3C Baggage, without properties).
 * @returns undefined when it is not well-formed: then none of it counts
 */
export function parsePairs(text: string | undefined): Record<string, string> | undefined {
  const pairs: Record<string, string> = {};
  for (const part of (text ?? "").split(",")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const key = part.slice(0, at).trim();
    if (at < 0 || key === "") return undefined;
    try {
      pairs[decodeURIComponent(key)] = decodeURIComponent(part.slice(at + 1).trim());
    } catch {
      return undefined;
    }
  }
  return pairs;
}

/** Booleans of OpenTelemetry: only "true" in any case is true. */
export function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "true";
}
