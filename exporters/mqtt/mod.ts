import type { ExportSettings } from "../settings.ts";
import type { ExportContext, TelemetryExporter } from "../telemetry.ts";
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
export function openMqtt(settings: ExportSettings, context: ExportContext): TelemetryExporter {
  const topics = topicsOf(settings, context.propletId);
  const broker = brokerOf(settings, context.variables);
  const most = { count: settings.mqtt_queue, bytes: settings.mqtt_queue_size };
  const directory = settings.mqtt_queue_dir;
  const { journal, entries } = directory === undefined
    ? {}
    : Journal.open(directory, "mqtt_queue_dir", context.notice);
  const exporter = new MqttExporter(settings, context, broker, topics, new Outbox(most, journal, entries));
  exporter.open();
  return exporter;
}
