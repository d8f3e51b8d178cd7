import type { IncomingMessage } from "node:http";
import { connectionTrouble } from "./connection_words.ts";

/** How a page is asked for. */
export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** From the connection to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** More is refused. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
}

/** A page, or why there is none, in words; with the status where there was an answer. */
export type HttpAnswer = { readonly text: string } | { readonly fault: string; readonly status?: number };

/**
 * Ask an http or https URL for its page, once, by a connection of its own; redirections are not followed. It never
 * throws, and takes no longer than it may.
 */
export function httpGet(url: string, options: GetOptions): Promise<HttpAnswer> {
  return exchange(url, options, "GET");
}

/** Send a body to an http or https URL in the same way; any status from 200 to 299 is well. */
export function httpPost(url: string, body: string, options: GetOptions): Promise<HttpAnswer> {
  return exchange(url, options, "POST", body);
}

async function exchange(
  url: string,
  options: GetOptions,
  method: "GET" | "POST",
  body?: string,
): Promise<HttpAnswer> {
  const { timeoutMs, signal } = options;
  if (!URL.canParse(url)) return { fault: "it is no URL" };
  const target = new URL(url);
  // Only who asks needs them.
  const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const headers = { ...options.headers, ...length, connection: "close" };
  const begin = () => request(target, { agent: false, method, headers });
  return await new Promise((resolve) => {
    let call: ReturnType<typeof begin>;
    try {
      call = begin();
    } catch (error) {
      // Of a scheme that is none of both, or a password that is no text.
      return resolve({ fault: (error as Error).message });
    }
    const end = (answer: HttpAnswer) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      call.destroy();
      resolve(answer);
    };
    const abort = () => end({ fault: "it was not waited for" });
    const fail = (error: Error) => end({ fault: connectionTrouble(error) ?? (error.message || "it failed") });
    const timer = setTimeout(() => end({ fault: `no answer within ${timeoutMs} ms` }), timeoutMs);
    signal?.addEventListener("abort", abort);
    call.on("error", fail);
    if (signal?.aborted) return abort();
    const isWell = (status: number) => method === "GET" ? status === 200 : status >= 200 && status < 300;
    call.on("response", (response) => {
      const status = response.statusCode ?? 0;
      if (!isWell(status)) return end({ fault: `status ${status}`, status });
      void readPage(response, options.mostBytes).then(end, fail);
    });
    call.end(body);
  });
}

async function readPage(response: IncomingMessage, mostBytes: number): Promise<HttpAnswer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > mostBytes) return { fault: `it is larger than ${mostBytes} bytes` };
    pieces.push(piece);
  }
  return { text: Buffer.concat(pieces).toString() };
}
