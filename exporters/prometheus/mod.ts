import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";

/** Serve to Prometheus. */
export function openPrometheus(
  _settings: ExportSettings,
  _context: ExportContext,
): Promise<TelemetryExporter> {
  throw new Error("written by the next commit");
}

/** Write a file for node_exporter. */
export function openPrometheusTextfile(
  _settings: ExportSettings,
  _context: ExportContext,
): Promise<TelemetryExporter> {
  throw new Error("written by the next commit");
}
