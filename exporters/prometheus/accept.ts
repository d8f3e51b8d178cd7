import type { ExpositionFormat } from "./exposition.ts";

const OPENMETRICS = "application/openmetrics-text";

/**
 * The format that an Accept header asks for (RFC 9110, 12.5.1): OpenMetrics 1.0 where it is liked no less than text.
 */
export function acceptedFormat(accept: string | undefined): ExpositionFormat {
  let openmetrics = 0;
  let text = 0;
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type, ...rest] = range.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string | undefined]));
    const quality = Number(parameters.get("q") ?? 1) || 0;
    const version = parameters.get("version") ?? "1.0.0";
    if (type === OPENMETRICS && version === "1.0.0") openmetrics = Math.max(openmetrics, quality);
    if (type === "text/plain") text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}
