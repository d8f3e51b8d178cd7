import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";

/** Send to an OpenTelemetry collector. */
export function openOtlp(_settings: ExportSettings, _context: ExportContext): Promise<TelemetryExporter> {
  throw new Error("written by the next commit");
}
