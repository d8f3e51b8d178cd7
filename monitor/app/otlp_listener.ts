import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { AppMetrics } from "../../core/app/app_metrics.ts";
import { pointsOfJson } from "../../core/app/otlp_json.ts";
import { MOST_POINTS, TooMuch } from "../../core/app/otlp_points.ts";
import type { OtlpPoint } from "../../core/app/otlp_points.ts";
import { pointsOfProtobuf } from "../../core/app/otlp_protobuf.ts";
import { MOST_LEVELS, shapeOf } from "../../io/net/json_shape.ts";
import { throwAway } from "../../io/net/request_body.ts";
import { reasonOf } from "../../io/errno_words.ts";

const PATH = "/v1/metrics";
const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";
/** More of a request is refused, packed or not. */
const MOST_BYTES = 4 * 2 ** 20;
/** Of what is too long so much is read, and thrown away, before the answer. */
const MOST_THROWN_AWAY_BYTES = 16 * MOST_BYTES;
/** A request that has not come by then does not come. */
const PATIENCE_MS = 10_000;
const MOST_CONNECTIONS = 64;
/** Brackets of JSON: a point of two attributes has five. */
const MOST_BRACKETS = 5 * MOST_POINTS;
/** Who sends gets a fifth of our time at most. */
const PAUSE_PER_REQUEST = 4;
/** Who would have to wait longer for it is told to come again. */
const LONGEST_WAIT_MS = 200;

/** Why a request is refused, as HTTP says it. */
class Refused extends Error {
  constructor(readonly status: number, message: string, readonly headers: Record<string, string> = {}) {
    super(message);
  }
}

/** Takes metrics by OTLP over HTTP, on the loopback: in protobuf and JSON, packed by gzip or not. */
export class OtlpListener {
  /** Who counts since then has been started by us, or later. */
  #begunMs = Date.now();
  /** Until what came before has been taken. */
  #turn: Promise<void> = Promise.resolve();
  /** Until then nothing is taken. */
  #pauseEndMs = 0;

  private constructor(readonly server: Server, public metrics: AppMetrics) {
    server.maxConnections = MOST_CONNECTIONS;
    server.on("request", (message, response) => void this.#serve(message, response));
  }

  /** Listen at a port, 0 for any that is free; a text says why that cannot be. */
  static open(metrics: AppMetrics, port = 0): Promise<OtlpListener | string> {
    const server = createServer();
    return new Promise((resolve) => {
      // Later ones, as of descriptors that are used up, end nothing: without a listener they would end this program.
      server.on("error", (error) => resolve(reasonOf(error)));
      server.listen(port, "127.0.0.1", () => {
        // It is never what a program lives for.
        server.unref();
        resolve(new OtlpListener(server, metrics));
      });
    });
  }

  /** Where a client sends to. */
  get url(): string {
    return `http://127.0.0.1:${this.port}${PATH}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What is sent from now on is of a program that is started now. */
  follow(metrics: AppMetrics): void {
    this.metrics = metrics;
    this.#begunMs = Date.now();
  }

  /** Take nothing more. */
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      message.destroy();
    }, PATIENCE_MS);
    timer.unref?.();
    message.on("error", () => {});
    response.on("error", () => {});
    try {
      const type = this.#accepted(message);
      const body = await bodyOf(message);
      await this.#inTurn(async () => this.#take(await unpacked(body, message), type));
      response.writeHead(200, { "content-type": type });
      response.end(type === JSON_TYPE ? "{}" : undefined);
    } catch (error) {
      if (isLate) return void response.destroy();
      const { status, message: words, headers } = refusalOf(error);
      response.writeHead(status, { "content-type": "text/plain", connection: "close", ...headers });
      // Closing on what was not read would reset the connection, and the answer be lost.
      await throwAway(message);
      response.end(`${words}\n`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The type of what is sent. @throws Refused */
  #accepted({ method, url, headers }: IncomingMessage): string {
    // No page of a browser has business here.
    if (headers.origin !== undefined) throw new Refused(403, "not for browsers");
    if (url !== PATH) throw new Refused(404, `there is ${PATH} alone`);
    if (method !== "POST") throw new Refused(405, "POST it");
    const type = headers["content-type"]?.split(";")[0].trim().toLowerCase();
    if (type !== JSON_TYPE && type !== PROTOBUF_TYPE) {
      throw new Refused(415, `${PROTOBUF_TYPE} or ${JSON_TYPE}`);
    }
    return type;
  }

  /** One request at a time, and a pause after each by how long it took. @throws Refused */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      const waitMs = this.#pauseEndMs - performance.now();
      if (waitMs > LONGEST_WAIT_MS) {
        throw new Refused(503, "too much comes", { "retry-after": String(Math.ceil(waitMs / 1_000)) });
      }
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      await work();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  #take(body: Uint8Array, type: string): void {
    const begunMs = performance.now();
    try {
      this.#count(type === JSON_TYPE ? pointsOfText(new TextDecoder().decode(body)) : pointsOfProtobuf(body));
    } finally {
      const nowMs = performance.now();
      this.#pauseEndMs = nowMs + PAUSE_PER_REQUEST * (nowMs - begunMs);
    }
  }

  #count(points: readonly OtlpPoint[]): void {
    for (const { kind, name, series, value, isDelta, startMs } of points) {
      const isNew = startMs >= this.#begunMs;
      if (kind === "counter") this.metrics.counted("otlp", name, series, value, { isDelta, isNew });
      else this.metrics.measured("otlp", name, series, value, isDelta);
    }
  }
}

/** Looked through before it is parsed, which takes long of many brackets. @throws TooMuch */
function pointsOfText(text: string): OtlpPoint[] {
  const { levels, brackets } = shapeOf(text);
  if (levels > MOST_LEVELS) throw new TooMuch(`more than ${MOST_LEVELS} levels`);
  if (brackets > MOST_BRACKETS) throw new TooMuch(`more than ${MOST_BRACKETS} brackets`);
  const points = pointsOfJson(JSON.parse(text));
  if (points.length > MOST_POINTS) throw new TooMuch(`more than ${MOST_POINTS} points`);
  return points;
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  return error instanceof TooMuch ? new Refused(413, error.message) : new Refused(400, "it makes no sense");
}

/** @throws Refused when it is too long */
async function bodyOf(message: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of message as AsyncIterable<Uint8Array>) {
    length += piece.length;
    // Leaving off would close the connection, and the answer be lost.
    if (length > MOST_THROWN_AWAY_BYTES) break;
    if (length <= MOST_BYTES) pieces.push(piece);
  }
  if (length > MOST_BYTES) throw new Refused(413, `more than ${MOST_BYTES} bytes`);
  return Buffer.concat(pieces);
}

/** @throws Refused when it is packed by something else than gzip */
async function unpacked(body: Uint8Array, message: IncomingMessage): Promise<Uint8Array> {
  const encoding = message.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip") throw new Refused(415, "gzip, or nothing");
  return await promisify(gunzip)(body, { maxOutputLength: MOST_BYTES });
}
