import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { printableJsonText } from "../../core/printable.ts";
import { refusal } from "./refusal.ts";
import { readBody, throwAway } from "./request_body.ts";
import { readHead, refuseBody } from "./request_head.ts";
import type { RequestHead } from "./request_head.ts";

/** What is done with requests. */
export interface Handling {
  /**
   * Why a request is not served, by its head alone; null when it may be, "open" when anybody may ask that, "stranger"
   * when anybody may, and its body says who he is.
   */
  readonly guard: (head: RequestHead) => Response | "open" | "stranger" | null;
  /** Answers it; the signal in it comes when the client goes away. */
  readonly handle: (request: Request, head: RequestHead) => Response | Promise<Response>;
}

/**
 * Serve one request of node:http, which both runtimes have, by a function from requests to responses. Whether a
 * client may ask at all is decided before its body is read; bodies are bounded, and whole before the function is
 * called; responses are written no faster than the client reads.
 * @param admit called as soon as the client has shown that it may be here
 */
export async function serveMessage(
  message: IncomingMessage,
  response: ServerResponse,
  { guard, handle }: Handling,
  admit: () => void,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.on("error", () => gone.abort());
  // A request that breaks off is told by the response's "close".
  message.on("error", () => {});
  const isHead = message.method === "HEAD";
  try {
    const head = readHead(message);
    const refused = head instanceof Response ? head : guard(head);
    if (head instanceof Response || refused instanceof Response) {
      return await refuse(message, response, refused as Response, gone.signal);
    }
    let body: Uint8Array<ArrayBuffer> | undefined;
    if (refused === null) admit();
    if (refused !== "open") {
      const read = refuseBody(head, head.bodyBytes ?? 0) ?? await bodyOf(message, head, response);
      if (read instanceof Response) return await refuse(message, response, read, gone.signal);
      body = read;
    }
    await write(await handle(requestOf(head, body, gone.signal), head), response, gone.signal, isHead);
  } catch (error) {
    if (gone.signal.aborted || message.destroyed) return;
    if (response.headersSent) return void response.destroy();
    const sorry = refusal("internal", `internal error, please report it: ${String(error)}`);
    await write(sorry, response, gone.signal, isHead);
  }
}

/** Who asks before he sends is told to go on. */
async function bodyOf(message: IncomingMessage, head: RequestHead, response: ServerResponse) {
  if (head.bodyBytes === 0) return undefined;
  if (/^100-continue$/i.test(message.headers.expect ?? "")) response.writeContinue();
  return await readBody(message, head);
}

function requestOf(
  { method, url, headers }: RequestHead,
  body: Uint8Array<ArrayBuffer> | undefined,
  signal: AbortSignal,
): Request {
  const mayHaveBody = method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers, body: mayHaveBody && body?.length ? body : undefined, signal });
}

/** Say no before the body was read; then the connection is over. */
async function refuse(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  gone: AbortSignal,
): Promise<void> {
  if (gone.aborted) return;
  const bytes = Buffer.from(printableJsonText(await answer.text()));
  response.writeHead(answer.status, {
    ...headersOf(answer),
    "content-length": bytes.length,
    connection: "close",
  });
  if (message.method !== "HEAD") response.write(bytes);
  // Closing on what was not read would reset the connection, and the answer be lost.
  await throwAway(message);
  response.end();
}

/** Of all headers cookies alone may be there more than once. */
function headersOf({ headers }: Response): OutgoingHttpHeaders {
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { "set-cookie": cookies }) };
}

async function write(
  answer: Response,
  response: ServerResponse,
  gone: AbortSignal,
  isHead: boolean,
): Promise<void> {
  const headers = headersOf(answer);
  if (!answer.body || isHead) {
    await answer.body?.cancel();
    response.writeHead(answer.status, headers);
    response.end();
    return;
  }
  if (answer.headers.get("content-type")?.startsWith("application/json")) {
    const bytes = Buffer.from(printableJsonText(await answer.text()));
    response.writeHead(answer.status, { ...headers, "content-length": bytes.length });
    response.end(bytes);
    return;
  }
  const reader = answer.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  gone.addEventListener("abort", cancel);
  response.writeHead(answer.status, headers);
  // What is followed may be silent for long: who waits for the head of the answer knows at once that there is one.
  const silence = setImmediate(() => response.flushHeaders());
  try {
    for (;;) {
      const { done, value } = await reader.read();
      clearImmediate(silence);
      if (done || gone.aborted) break;
      if (!response.write(value)) await drained(response, gone);
    }
    response.end();
  } finally {
    clearImmediate(silence);
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
