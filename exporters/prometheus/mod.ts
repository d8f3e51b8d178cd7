import { basename, dirname, join } from "node:path";
import { ProctorError } from "../../core/error.ts";
import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { takeOwnerFile } from "../owner_file.ts";
import { checkSocketPath } from "../../io/net/unix_socket.ts";
import { waitAtMost } from "../../io/deadline.ts";
import type { Lock } from "../../platform/mod.ts";

/** An address may have to be looked up: the first try to listen is waited for, but not longer. */
const FIRST_TRY_MS = 500;

/** Serve `/metrics` to Prometheus. @throws ProctorError of kind `usage` when the path of the socket is too long */
export async function openPrometheus(
  settings: ExportSettings,
  context: ExportContext,
): Promise<TelemetryExporter> {
  const address = settings.prometheus!;
  if ("path" in address) checkSocketPath(address.path, "prometheus");
  const { ServingExporter } = await import("./serving_exporter.ts");
  const exporter = new ServingExporter(address, context, settings.prometheus_labels);
  await waitAtMost(FIRST_TRY_MS, exporter.open());
  return exporter;
}

/**
 * Write a file for node_exporter's textfile collector.
 * @throws ProctorError of kind `usage` when something else than a file stands in its place, or another run writes it
 */
export async function openPrometheusTextfile(
  settings: ExportSettings,
  context: ExportContext,
): Promise<TelemetryExporter> {
  const path = settings.prometheus_textfile!;
  const { TextfileExporter } = await import("./textfile_exporter.ts");
  const { textfilePlace } = await import("./textfile.ts");
  const owner = keepToOurselves(textfilePlace(path), path, (await loadPlatform()).lockFile);
  let exporter: TelemetryExporter;
  try {
    exporter = new TextfileExporter(path, context, settings.prometheus_labels, owner);
  } catch (error) {
    owner?.release();
    throw error;
  }
  if (!path.endsWith(".prom")) {
    context.notice(`prometheus_textfile: "${path}" does not end in .prom: node_exporter will not read it`);
  }
  return exporter;
}

/** Two that write the same file would take turns. Where nothing can be written at all, the exporter tells. */
function keepToOurselves(
  place: string,
  given: string,
  lockFile: (path: string) => Lock | null,
): Lock | undefined {
  const path = join(dirname(place), `.${basename(place)}.owner`);
  try {
    return takeOwnerFile(path, `prometheus_textfile: "${given}"`, lockFile);
  } catch (error) {
    if (error instanceof ProctorError) throw error;
    return undefined;
  }
}
