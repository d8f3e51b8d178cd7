/*
 * Reads protobuf by field numbers of opentelemetry-proto (collector/metrics/v1, collector/trace/v1, metrics/v1,
 * trace/v1, resource/v1, common/v1), into what its JSON mapping says: independently of what wrote it.
 */

/** How a field is read: a kind of value, or a message of fields. */
type Kind = "string" | "hex" | "double" | "fixed64" | "sfixed64" | "fixed32" | "varint" | "bool" | Message;

interface Message {
  readonly [number: number]: readonly [name: string, kind: Kind, repeated?: "repeated"];
}

const anyValue: Message = {
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "varint"],
  4: ["doubleValue", "double"],
};
const arrayValue: Message = { 1: ["values", anyValue, "repeated"] };
(anyValue as { [number: number]: Message[number] })[5] = ["arrayValue", arrayValue];
const keyValue: Message = { 1: ["key", "string"], 2: ["value", anyValue] };
const scope: Message = { 1: ["name", "string"], 2: ["version", "string"] };
const resource: Message = {
  1: ["attributes", keyValue, "repeated"],
  2: ["droppedAttributesCount", "varint"],
};
const point: Message = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["asDouble", "double"],
  6: ["asInt", "sfixed64"],
  7: ["attributes", keyValue, "repeated"],
};
const gauge: Message = { 1: ["dataPoints", point, "repeated"] };
const sum: Message = {
  1: ["dataPoints", point, "repeated"],
  2: ["aggregationTemporality", "varint"],
  3: ["isMonotonic", "bool"],
};
const metric: Message = {
  1: ["name", "string"],
  2: ["description", "string"],
  3: ["unit", "string"],
  5: ["gauge", gauge],
  7: ["sum", sum],
};
const span: Message = {
  1: ["traceId", "hex"],
  2: ["spanId", "hex"],
  3: ["traceState", "string"],
  4: ["parentSpanId", "hex"],
  5: ["name", "string"],
  6: ["kind", "varint"],
  7: ["startTimeUnixNano", "fixed64"],
  8: ["endTimeUnixNano", "fixed64"],
  9: ["attributes", keyValue, "repeated"],
  10: ["droppedAttributesCount", "varint"],
  12: ["droppedEventsCount", "varint"],
  14: ["droppedLinksCount", "varint"],
  15: ["status", { 2: ["message", "string"], 3: ["code", "varint"] }],
  16: ["flags", "fixed32"],
};

/** ExportMetricsServiceRequest. */
export const METRICS_REQUEST: Message = {
  1: ["resourceMetrics", {
    1: ["resource", resource],
    2: ["scopeMetrics", {
      1: ["scope", scope],
      2: ["metrics", metric, "repeated"],
      3: ["schemaUrl", "string"],
    }, "repeated"],
    3: ["schemaUrl", "string"],
  }, "repeated"],
};

/** ExportTraceServiceRequest. */
export const TRACE_REQUEST: Message = {
  1: ["resourceSpans", {
    1: ["resource", resource],
    2: ["scopeSpans", {
      1: ["scope", scope],
      2: ["spans", span, "repeated"],
      3: ["schemaUrl", "string"],
    }, "repeated"],
    3: ["schemaUrl", "string"],
  }, "repeated"],
};

/** Read a message. @throws Error for a field that is not known, or of another wire type than it should have */
// deno-lint-ignore no-explicit-any
export function decode(bytes: Uint8Array, message: Message): any {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result: Record<string, unknown> = {};
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wireType] = [tag >> 3, tag & 7];
    const field = message[number];
    if (!field) throw new Error(`field ${number} is not known after ${JSON.stringify(result)}`);
    const [name, kind, repeated] = field;
    const wanted = kind === "varint" || kind === "bool"
      ? 0
      : kind === "double" || kind === "fixed64" || kind === "sfixed64"
      ? 1
      : kind === "fixed32"
      ? 5
      : 2;
    if (wireType !== wanted) throw new Error(`${name} has wire type ${wireType}`);
    let value: unknown;
    if (wireType === 0) value = kind === "bool" ? varint() !== 0n : Number(varint());
    else if (wireType === 1) {
      value = kind === "double"
        ? view.getFloat64(at, true)
        : kind === "fixed64"
        ? String(view.getBigUint64(at, true))
        : Number(view.getBigInt64(at, true));
      at += 8;
    } else if (wireType === 5) {
      value = view.getUint32(at, true);
      at += 4;
    } else {
      const length = Number(varint());
      const piece = bytes.subarray(at, at + length);
      if (piece.length !== length) throw new Error(`${name} is cut off`);
      at += length;
      value = kind === "string"
        ? new TextDecoder("utf-8", { fatal: true }).decode(piece)
        : kind === "hex"
        ? Buffer.from(piece).toString("hex")
        : decode(piece, kind as Message);
    }
    if (repeated) ((result[name] ??= []) as unknown[]).push(value);
    else result[name] = value;
  }
  return result;
}
