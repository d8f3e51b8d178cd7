import type { IncomingMessage, ServerResponse } from "node:http";
import { refusal } from "./refusal.ts";

/** No body that makes sense is longer. */
const MAX_BODY_BYTES = 1_048_576;
/** So much of a longer one is read and thrown away. */
const MAX_READ_BYTES = 16 * MAX_BODY_BYTES;
/** A body that does not come is not waited for. */
const BODY_PATIENCE_MS = 10_000;

/** Answers a request; the signal in it comes when the client goes away. */
export type FetchHandler = (request: Request, message: IncomingMessage) => Response | Promise<Response>;

/**
 * A listener for node:http, which both runtimes have, over a function from requests to responses. Bodies are bounded
 * and whole before the function is called; responses are written no faster than the client reads.
 */
export function nodeListener(handle: FetchHandler) {
  return async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    response.on("error", () => gone.abort());
    try {
      const body = await readBody(message);
      const answer = body === null || isNoJson(message, body)
        ? bodyRefusal(body)
        : await handle(requestOf(message, body, gone.signal), message);
      await write(answer, response, gone.signal, message.method === "HEAD");
    } catch (error) {
      if (gone.signal.aborted) return;
      if (response.headersSent) return void response.destroy();
      await write(
        refusal("internal", `internal error, please report it: ${String(error)}`),
        response,
        gone.signal,
        false,
      );
    }
  };
}

/** The whole body; null when it is too long or does not come. */
function readBody(message: IncomingMessage): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const timer = setTimeout(() => resolve(null), BODY_PATIENCE_MS);
    const done = (body: Uint8Array | null) => {
      clearTimeout(timer);
      resolve(body);
    };
    message.on("data", (piece: Uint8Array) => {
      length += piece.length;
      if (length <= MAX_BODY_BYTES) pieces.push(piece);
      else pieces.length = 0;
      // Who still writes would not read an answer; but there is an end to patience.
      if (length > MAX_READ_BYTES) done(null);
    });
    message.on("end", () => done(length > MAX_BODY_BYTES ? null : Buffer.concat(pieces)));
    message.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function bodyRefusal(body: Uint8Array | null): Response {
  if (body === null) {
    return refusal("too_large", `the body is too large or never ends; ${MAX_BODY_BYTES} bytes are the most`);
  }
  const text = new TextDecoder().decode(body);
  try {
    JSON.parse(text);
  } catch (error) {
    return refusal("invalid", `the body is no JSON: ${(error as Error).message}`);
  }
  return refusal("invalid", 'the body needs the header "Content-Type: application/json"');
}

/** Bodies are JSON, and say so: what pages of others may send without asking does not. */
function isNoJson({ headers }: IncomingMessage, body: Uint8Array): boolean {
  if (body.length === 0) return false;
  if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return true;
  try {
    JSON.parse(new TextDecoder().decode(body));
    return false;
  } catch {
    return true;
  }
}

function requestOf(message: IncomingMessage, body: Uint8Array, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at], message.rawHeaders[at + 1]);
  }
  const { method = "GET" } = message;
  const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
  return new Request(new URL(message.url ?? "/", "http://localhost"), {
    method,
    headers,
    body: hasBody ? body as Uint8Array<ArrayBuffer> : undefined,
    signal,
  });
}

async function write(
  answer: Response,
  response: ServerResponse,
  gone: AbortSignal,
  isHead: boolean,
): Promise<void> {
  const headers = Object.fromEntries(answer.headers);
  if (!answer.body || isHead) {
    await answer.body?.cancel();
    response.writeHead(answer.status, headers);
    response.end();
    return;
  }
  const reader = answer.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  gone.addEventListener("abort", cancel);
  response.writeHead(answer.status, headers);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || gone.aborted) break;
      if (!response.write(value)) await drained(response, gone);
    }
    response.end();
  } finally {
    gone.removeEventListener("abort", cancel);
    cancel();
  }
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    gone.addEventListener("abort", done);
    if (gone.aborted) done();
  });
}
