import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { OtlpProtocol } from "./config.ts";
import type { Answer } from "./post.ts";

/** How one signal looks on the wire. */
export interface Encoding {
  /** Several encoded messages as one request; of none, an empty request. */
  join(messages: readonly Uint8Array[]): Uint8Array;
  /** What an answer says was not taken of a request, and why; it may also only warn. */
  rejected(answer: Answer): { count: number; message: string };
}

/** Encode the metrics of one resource as a request of their own. */
export function encodeMetrics(protocol: OtlpProtocol, metrics: ResourceMetrics): Uint8Array {
  const serializer = protocol === "http/json" ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  return serializer.serializeRequest(metrics)!;
}

/** Encode spans as a request of their own. */
export function encodeSpans(protocol: OtlpProtocol, spans: ReadableSpan[]): Uint8Array {
  const serializer = protocol === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer;
  return serializer.serializeRequest(spans)!;
}

/** The wire format of metrics. */
export function metricsEncoding(protocol: OtlpProtocol): Encoding {
  return {
    join: protocol === "http/json" ? joinJson("resourceMetrics") : concatenated,
    rejected: (answer) => {
      const partial = read(answer, JsonMetricsSerializer, ProtobufMetricsSerializer)?.partialSuccess;
      return { count: Number(partial?.rejectedDataPoints ?? 0), message: partial?.errorMessage ?? "" };
    },
  };
}

/** The wire format of spans. */
export function traceEncoding(protocol: OtlpProtocol): Encoding {
  return {
    join: protocol === "http/json" ? joinJson("resourceSpans") : concatenated,
    rejected: (answer) => {
      const partial = read(answer, JsonTraceSerializer, ProtobufTraceSerializer)?.partialSuccess;
      return { count: Number(partial?.rejectedSpans ?? 0), message: partial?.errorMessage ?? "" };
    },
  };
}

/** Requests hold one repeated field: in protobuf, one after another they are one request. */
function concatenated(messages: readonly Uint8Array[]): Uint8Array {
  return messages.length === 1 ? messages[0] : Buffer.concat(messages);
}

/** The same in JSON: the lists, put together. */
function joinJson(key: string): Encoding["join"] {
  const start = Buffer.from(`{"${key}":[`);
  const end = Buffer.from("]}");
  const comma = Buffer.from(",");
  return (messages) => {
    const parts: Uint8Array[] = [start];
    for (const message of messages) {
      if (parts.length > 1) parts.push(comma);
      parts.push(message.subarray(start.length, message.length - end.length));
    }
    return Buffer.concat([...parts, end]);
  };
}

interface Reader<T> {
  deserializeResponse(body: Uint8Array): T;
}

/** An answer that makes no sense has been an answer nevertheless. */
function read<T>({ body, contentType }: Answer, json: Reader<T>, protobuf: Reader<T>): T | undefined {
  if (body.length === 0) return undefined;
  try {
    return (contentType.includes("json") ? json : protobuf).deserializeResponse(body);
  } catch {
    return undefined;
  }
}
