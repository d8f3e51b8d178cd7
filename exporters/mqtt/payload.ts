import { gzipSync } from "node:zlib";
import type { IClientPublishOptions } from "mqtt";
import type { ExportSettings } from "../settings.ts";
import type { Batch } from "./outbox.ts";

/** A publish: what is in it, and what MQTT 5 tells of it. */
export interface Payload {
  readonly body: string | Buffer;
  readonly properties: NonNullable<IClientPublishOptions["properties"]>;
}

type Packing = Pick<ExportSettings, "mqtt_batch" | "mqtt_gzip">;

/** The body of a publish. With batches it is always an array, even of one, so that a reader need not look. */
export function payloadOf(batch: Batch, { mqtt_batch, mqtt_gzip }: Packing): Payload {
  const text = mqtt_batch > 1 ? `[${batch.map(({ payload }) => payload).join(",")}]` : batch[0].payload;
  return packed(text, mqtt_gzip);
}

/** JSON as the body of a publish. */
export function packed(json: string, isGzip: boolean): Payload {
  const contentType = "application/json";
  if (!isGzip) return { body: json, properties: { contentType, payloadFormatIndicator: true } };
  const userProperties = { "content-encoding": "gzip" };
  return { body: gzipSync(json), properties: { contentType, userProperties } };
}
