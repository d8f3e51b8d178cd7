import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { MOST_PEM_BYTES, readRegularFile } from "../../../io/regular_file.ts";
import type { ProbeTarget } from "../../definition.ts";
import { ABORTED, networkFault } from "./network_fault.ts";

const LONGEST_BODY = 2 ** 20;

/** Whether a URL answers as expected; what is wrong, or null. */
export function httpFault(
  target: NonNullable<ProbeTarget["http"]>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const { url, method, headers, tls, body } = target;
  const isTls = url.startsWith("https:");
  const options = {
    method,
    // A connection that is kept would hide a server that takes no new ones.
    agent: false as const,
    headers: { connection: "close", ...headers },
    ...(isTls && tls
      ? {
        ca: tls.ca_file === undefined
          ? undefined
          : Buffer.from(readRegularFile(tls.ca_file, MOST_PEM_BYTES).bytes),
        servername: tls.server_name,
        rejectUnauthorized: !tls.insecure,
      }
      : {}),
  };
  return new Promise((resolve) => {
    const call = (isTls ? httpsRequest : httpRequest)(url, options);
    const end = (fault: string | null) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      call.destroy();
      resolve(fault);
    };
    const timer = setTimeout(
      () => end(`${method} ${shown(url)}: no answer within ${timeoutMs} ms`),
      timeoutMs,
    );
    const abort = () => end(ABORTED);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) return abort();
    call.on("error", (error) => end(`${method} ${shown(url)}: ${networkFault(error)}`));
    call.on("response", (response) => {
      void judgeResponse(target, response).then(
        (fault) => end(fault === null ? null : `${method} ${shown(url)}: ${fault}`),
        (error) => end(`${method} ${shown(url)}: ${networkFault(error as Error)}`),
      );
    });
    call.end(body);
  });
}

async function judgeResponse(
  { expected_status, body_match }: NonNullable<ProbeTarget["http"]>,
  response: IncomingMessage,
): Promise<string | null> {
  const status = response.statusCode ?? 0;
  if (!isExpected(status, expected_status)) return `status ${status}, not ${expected_status}`;
  if (body_match === undefined) return null;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (length >= LONGEST_BODY) break;
  }
  const text = Buffer.concat(pieces).subarray(0, LONGEST_BODY).toString();
  return new RegExp(body_match, "u").test(text) ? null : `the body does not match ${body_match}`;
}

/** Whether a status lies in ranges such as `200-299,304`. */
export function isExpected(status: number, ranges: string): boolean {
  return ranges.split(",").some((range) => {
    const [from, to = from] = range.split("-").map(Number);
    return status >= from && status <= to;
  });
}

/** Without what may be a secret. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
