import type { IncomingMessage } from "node:http";
import { refusal } from "./refusal.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** No body that makes sense is longer. */
export const MAX_BODY_BYTES = 1_048_576;

/** What a request says before its body. */
export interface RequestHead {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** The length that is announced for the body; null where that shows only as it comes. */
  readonly bodyBytes: number | null;
  /** Where the connection comes from; empty for a socket. */
  readonly address: string;
  /** Its end at ours; undefined for a socket. */
  readonly localAddress: string | undefined;
}

/** The head of a request; a response when there is no sense in it. */
export function readHead(message: IncomingMessage): RequestHead | Response {
  const { method = "GET", url = "/", rawHeaders, socket } = message;
  if (!METHODS.has(method)) {
    return refusal("method_not_allowed", `${method} is asked for nowhere; see /openapi.json`);
  }
  const headers = new Headers();
  try {
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at], rawHeaders[at + 1]);
    // "//x/y" is a path here, not a host.
    const parsed = url.startsWith("/") ? new URL(`http://localhost${url}`) : new URL(url);
    if (!parsed.protocol.startsWith("http")) throw new Error("no HTTP");
    const bodyBytes = headers.has("transfer-encoding") ? null : Number(headers.get("content-length") ?? 0);
    const { remoteAddress: address = "", localAddress } = socket;
    return { method, url: parsed, headers, bodyBytes, address, localAddress };
  } catch {
    return refusal("malformed", "the request's address or one of its headers makes no sense");
  }
}

/**
 * Why a body is not taken; null when it is.
 * @param bytes its length, as it is announced or as it came
 */
export function refuseBody({ headers }: RequestHead, bytes: number): Response | null {
  if (bytes > MAX_BODY_BYTES) return tooLarge();
  // What pages of others may send without asking is of another type.
  if (bytes === 0 || /^application\/json\s*(?:;|$)/i.test(headers.get("content-type") ?? "")) return null;
  return refusal("unsupported_media_type", 'a body needs the header "Content-Type: application/json"');
}

/** Of a body that goes on and on. */
export function tooLarge(): Response {
  return refusal("too_large", `the body is too large; ${MAX_BODY_BYTES} bytes are the most`);
}
