import { usageError } from "../../core/error.ts";
import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";
import { LONGEST_PATH_BYTES } from "./socket_path.ts";

/** An address may have to be looked up: the first try to listen is waited for, but not longer. */
const FIRST_TRY_MS = 500;

/** Serve `/metrics` to Prometheus. @throws ProctorError of kind `usage` when the path of the socket is too long */
export async function openPrometheus(
  settings: ExportSettings,
  context: ExportContext,
): Promise<TelemetryExporter> {
  const address = settings.prometheus!;
  if ("path" in address && Buffer.byteLength(address.path) > LONGEST_PATH_BYTES) {
    throw usageError(
      `prometheus: "${address.path}" is longer than the ${LONGEST_PATH_BYTES} bytes a socket's path may have`,
    );
  }
  const { ServingExporter } = await import("./serving_exporter.ts");
  const exporter = new ServingExporter(address, context);
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([exporter.open(), new Promise((resolve) => timer = setTimeout(resolve, FIRST_TRY_MS))]);
  clearTimeout(timer);
  return exporter;
}

/**
 * Write a file for node_exporter's textfile collector.
 * @throws ProctorError of kind `usage` when something else than a file stands in its place
 */
export async function openPrometheusTextfile(
  settings: ExportSettings,
  context: ExportContext,
): Promise<TelemetryExporter> {
  const path = settings.prometheus_textfile!;
  const { TextfileExporter } = await import("./textfile_exporter.ts");
  const exporter = new TextfileExporter(path, context);
  if (!path.endsWith(".prom")) {
    context.notice(`prometheus_textfile: "${path}" does not end in .prom: node_exporter will not read it`);
  }
  return exporter;
}
