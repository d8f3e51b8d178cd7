import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";
import { otlpConfig } from "./config.ts";
import { OtlpExporter } from "./otlp_exporter.ts";

/**
 * Send to an OpenTelemetry collector.
 * @throws ProctorError of kind `usage` for a setting that makes no sense, or a file that cannot be read
 */
export function openOtlp(settings: ExportSettings, context: ExportContext): Promise<TelemetryExporter> {
  const config = otlpConfig(settings, context.variables, context.notice);
  return Promise.resolve(new OtlpExporter(config, context, settings.otlp_propagate, settings.otlp_processes));
}
