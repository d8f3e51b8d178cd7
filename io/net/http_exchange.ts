import type { IncomingMessage } from "node:http";
import { connectionTrouble } from "./connection_words.ts";

/** How something is sent. */
interface ExchangeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** From the connection to the last byte that is read, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Whether only addresses of the internet are connected to: whoever names the URL must not reach into a network. */
  readonly isPublicOnly?: boolean;
}

/** How something is posted. */
export interface PostOptions extends ExchangeOptions {
  /** So many bytes of the answer that refuses it are told. */
  readonly mostFaultBytes?: number;
}

/** How a page is asked for. */
export interface GetOptions extends ExchangeOptions {
  /** More is refused. */
  readonly mostBytes: number;
}

/** Why there is no page, or nothing was taken, in words; with the status where there was an answer. */
export interface HttpFault {
  readonly fault: string;
  readonly status?: number;
  /** What the answer says beside its status, where that is asked for. */
  readonly text?: string;
}

/** A page, or why there is none. */
export type HttpAnswer = { readonly text: string } | HttpFault;

/**
 * Ask an http or https URL for its page, once, by a connection of its own; redirections are not followed. It never
 * throws, and takes no longer than it may.
 */
export function httpGet(url: string, options: GetOptions): Promise<HttpAnswer> {
  return exchange(url, options, "GET");
}

/**
 * Send a body to an http or https URL in the same way; null when it was taken, as any status from 200 to 299 says. What
 * else the answer says is not read: one that is long, or never ends, takes nothing back.
 */
export async function httpPost(
  url: string,
  body: string | Uint8Array,
  options: PostOptions,
): Promise<HttpFault | null> {
  const answer = await exchange(url, { ...options, mostBytes: 0 }, "POST", body);
  return "fault" in answer ? answer : null;
}

async function exchange(
  url: string,
  options: GetOptions & PostOptions,
  method: "GET" | "POST",
  body?: string | Uint8Array,
): Promise<HttpAnswer> {
  const { timeoutMs, signal } = options;
  if (!URL.canParse(url)) return { fault: "it is not a URL" };
  const target = new URL(url);
  // Only who asks needs them.
  const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const headers = { ...options.headers, ...length, connection: "close" };
  const guard = options.isPublicOnly ? await import("./public_address.ts") : null;
  // An address is not looked up.
  const address = target.hostname.replace(/^\[|\]$/g, "");
  if (guard && /^[\d.]+$|:/.test(address) && !guard.isPublicAddress(address)) {
    return { fault: guard.NOT_PUBLIC };
  }
  const lookup = guard ? { lookup: guard.publicLookup } : {};
  const begin = () => request(target, { agent: false, method, headers, ...lookup });
  return await new Promise((resolve) => {
    let call: ReturnType<typeof begin>;
    try {
      call = begin();
    } catch (error) {
      // Of a scheme that is none of both, or a password that is not text.
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
      if (!isWell(status)) {
        const refusal = { fault: `status ${status}`, status };
        if (!options.mostFaultBytes) return end(refusal);
        const tell = (text?: string) => end({ ...refusal, ...text && { text } });
        return void readSome(response, options.mostFaultBytes).then(tell, () => tell());
      }
      if (method === "POST") return end({ text: "" });
      void readPage(response, options.mostBytes).then(end, fail);
    });
    call.end(body);
  });
}

/** The beginning of an answer. */
async function readSome(response: IncomingMessage, mostBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (length >= mostBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, mostBytes).toString();
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
