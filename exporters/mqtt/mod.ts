import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { usageError } from "../../core/error.ts";
import type { Control } from "../control/control.ts";
import { brokerOf } from "./broker.ts";
import { MqttExporter } from "./exporter.ts";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";
import { topicsOf } from "./topics.ts";

/**
 * Publish to an MQTT broker. The client library is loaded, and the broker called, in the background.
 * @throws ProctorError of kind `usage` when the settings make no sense, name a file that cannot be read, or a queue
 * directory that cannot be used
 */
export async function openMqtt(
  settings: ExportSettings,
  context: ExportContext,
): Promise<TelemetryExporter> {
  const topics = topicsOf(settings, context, (name) =>
    context.notice(
      `mqtt: the name ${JSON.stringify(name)} has characters that no topic may have; each such becomes _`,
    ));
  const control = await controlOf(settings, context, topics.control);
  const broker = brokerOf(settings, context.variables);
  const most = { count: settings.mqtt_queue, bytes: settings.mqtt_queue_size };
  const directory = settings.mqtt_queue_dir;
  const { journal, entries } = directory === undefined
    ? {}
    : Journal.open(directory, "mqtt_queue_dir", context.notice, (await loadPlatform()).lockFile);
  const outbox = new Outbox(most, journal, entries);
  const exporter = new MqttExporter(settings, context, broker, topics, outbox, control);
  exporter.open();
  return exporter;
}

async function controlOf(
  { mqtt_control: key, mqtt_control_interval: leastIntervalMs }: ExportSettings,
  { propletId, agentId, onDenser, notice }: ExportContext,
  topic: string | undefined,
): Promise<Control | undefined> {
  if (key === undefined || !onDenser) return undefined;
  if (topic === undefined) {
    throw usageError("mqtt_control: it needs domain ID and channel ID; add domain and channel");
  }
  const [{ Control }, { readControlKey }] = await Promise.all([
    import("../control/control.ts"),
    import("../control/control_key.ts"),
  ]);
  return new Control({
    ...{ topic, propletId, agentId, leastIntervalMs, onDenser, notice },
    key: readControlKey(key, "mqtt_control"),
  });
}
