import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Endpoint } from "./config.ts";

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
  const { url, tls, headers, timeoutMs } = endpoint;
  const payload = endpoint.gzip ? await promisify(gzip)(body) : body;
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      ...tls,
      headers: {
        ...headers,
        "content-type": endpoint.protocol === "http/json" ? "application/json" : "application/x-protobuf",
        "content-length": String(payload.length),
        ...(endpoint.gzip ? { "content-encoding": "gzip" } : {}),
      },
    });
    const settle = <T>(finish: (value: T) => void) => (value: T) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      finish(value);
    };
    const fail = settle((error: Error) => {
      request.destroy();
      reject(error);
    });
    const abort = () => fail(Object.assign(new Error("given up"), { code: "ABORTED" }));
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    request.on("error", fail);
    request.on("response", (response) => {
      read(response).then(settle(resolve), fail);
    });
    request.end(payload);
  });
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
