import { createServer } from "node:http";
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { eventually } from "../../../support/eventually.ts";
import { decode, METRICS_REQUEST, TRACE_REQUEST } from "./protobuf.ts";

/** JSON of others, looked into as it comes. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** A request that a collector got. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As JSON has it, whatever the encoding was. */
  readonly content: Json;
  readonly atMs: number;
}

/** What a collector answers; undefined: never. */
export type Answering = (
  request: Received,
  response: ServerResponse,
) => void | undefined;

const ok: Answering = (_request, response) => void response.writeHead(200).end();

/** A stand-in for an OpenTelemetry collector, which understands what it gets. */
export class Collector {
  readonly received: Received[] = [];
  answering: Answering = ok;
  readonly #server: Server;

  private constructor(
    readonly tls: { key: string | Buffer; cert: string | Buffer; ca?: string | Buffer } | undefined,
  ) {
    const listener: RequestListener = (request, response) => this.#take(request, response);
    this.#server = tls
      ? createTlsServer(
        { ...tls, ...(tls.ca ? { requestCert: true, rejectUnauthorized: true } : {}) },
        listener,
      )
      : createServer(listener);
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("tlsClientError", () => {});
  }

  /** Lend one that listens. */
  static async with(
    use: (collector: Collector) => Promise<void>,
    tls?: { key: string | Buffer; cert: string | Buffer; ca?: string | Buffer },
    port = 0,
  ): Promise<void> {
    const collector = new Collector(tls);
    await new Promise<void>((resolve) => collector.#server.listen(port, "127.0.0.1", resolve));
    try {
      await use(collector);
    } finally {
      collector.#server.closeAllConnections();
      await new Promise((resolve) => collector.#server.close(resolve));
    }
  }

  /** Its base URL. */
  get url(): string {
    return `${this.tls ? "https" : "http"}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests to a path, as soon as there are so many. */
  async requests(path: string, count: number, withinMs?: number): Promise<Received[]> {
    const found = () => this.received.filter((request) => request.path === path);
    return await eventually(
      () => found().length >= count && found(),
      withinMs,
      () => `${count} requests to ${path}, of ${this.received.map((request) => request.path).join(", ")}`,
    );
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Uint8Array[] = [];
    request.on("data", (piece: Uint8Array) => pieces.push(piece));
    request.on("end", () => {
      const { headers, url: path = "" } = request;
      const sent = Buffer.concat(pieces);
      const body = headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      const content = headers["content-type"] === "application/json"
        ? JSON.parse(body.toString())
        : decode(body, path.endsWith("/traces") ? TRACE_REQUEST : METRICS_REQUEST);
      const received = { path, headers, content, atMs: performance.now() };
      this.received.push(received);
      this.answering(received, response);
    });
  }
}

/** Attributes as an object. */
export function attributesOf(list: Json[] | undefined): Record<string, Json> {
  const valueOf = (value: Json): Json =>
    value.arrayValue
      ? (value.arrayValue.values ?? []).map((item: Json) => valueOf(item))
      : Object.values(value)[0];
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, valueOf(value)]));
}

/** The points of a resource's metrics: by name, and in parentheses what the attributes say. */
export function pointsOf(resourceMetrics: Json): Record<string, Json> {
  const points: Record<string, Json> = {};
  for (const metric of resourceMetrics.scopeMetrics[0].metrics) {
    for (const point of (metric.sum ?? metric.gauge).dataPoints) {
      const says = Object.values(attributesOf(point.attributes)).join(" ");
      points[says === "" ? metric.name : `${metric.name} (${says})`] = { ...metric, point };
    }
  }
  return points;
}
