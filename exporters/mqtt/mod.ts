import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";

/** Publish to an MQTT broker. */
export function openMqtt(_settings: ExportSettings, _context: ExportContext): Promise<TelemetryExporter> {
  throw new Error("written by the next commit");
}
