import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Endpoint } from "./config.ts";
import { proxyAuthorization } from "./proxy.ts";
import { postThroughTunnel } from "./tunnel.ts";

/** More of an answer than this is not read. */
const LARGEST_ANSWER_BYTES = 65_536;

/** What a collector said. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/**
 * Send one request.
 * @throws Error with a `code` when there is no answer: the connection, its certificate, or ETIMEDOUT
 */
export async function post(endpoint: Endpoint, body: Uint8Array, signal: AbortSignal): Promise<Answer> {
  const { url, tls, timeoutMs, proxy } = endpoint;
  const payload = endpoint.gzip ? await promisify(gzip)(body) : body;
  const headers = {
    ...endpoint.headers,
    "content-type": endpoint.protocol === "http/json" ? "application/json" : "application/x-protobuf",
    "content-length": String(payload.length),
    ...(endpoint.gzip ? { "content-encoding": "gzip" } : {}),
  };
  return new Promise((resolve, reject) => {
    let giveUp = () => {};
    const settle = <T>(finish: (value: T) => void) => (value: T) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      finish(value);
    };
    const fail = settle((error: Error) => {
      giveUp();
      reject(error);
    });
    const abort = () => fail(Object.assign(new Error("given up"), { code: "ABORTED" }));
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    signal.addEventListener("abort", abort);
    if (signal.aborted) return abort();
    if (proxy && url.protocol === "https:") {
      const onSocket = (socket: Socket) => giveUp = () => void socket.destroy();
      return void postThroughTunnel(endpoint, headers, payload, onSocket)
        .then(({ status, headers, body }) => ({
          status,
          contentType: headers["content-type"] ?? "",
          retryAfter: headers["retry-after"],
          body: body.subarray(0, LARGEST_ANSWER_BYTES),
        })).then(settle(resolve), fail);
    }
    const request = proxy
      ? httpRequest(throughProxy(url, proxy, headers))
      : (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { method: "POST", ...tls, headers });
    giveUp = () => void request.destroy();
    request.on("error", fail);
    request.on("response", (response) => {
      read(response).then(settle(resolve), fail);
    });
    request.end(payload);
  });
}

/** A proxy is asked by the absolute form (RFC 9112, 3.2.2). */
function throughProxy(url: URL, proxy: URL, headers: Record<string, string>): RequestOptions {
  return {
    method: "POST",
    host: proxy.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: proxy.port || 80,
    path: url.href.replace(/#.*$/, ""),
    headers: { host: url.host, ...headers, ...proxyAuthorization(proxy) },
  };
}

function read(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let size = 0;
    const done = () =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers["content-type"] ?? "",
        retryAfter: response.headers["retry-after"],
        body: Buffer.concat(pieces).subarray(0, LARGEST_ANSWER_BYTES),
      });
    response.on("data", (piece: Uint8Array) => {
      pieces.push(piece);
      size += piece.length;
      if (size < LARGEST_ANSWER_BYTES) return;
      done();
      response.destroy();
    });
    response.on("end", done);
    response.on("error", reject);
    response.on("aborted", () => reject(Object.assign(new Error("aborted"), { code: "ECONNRESET" })));
  });
}
