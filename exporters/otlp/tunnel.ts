import { connect } from "node:net";
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Endpoint } from "./config.ts";
import { proxyAuthorization } from "./proxy.ts";

/** More of what comes back is not read. */
const MOST_BYTES = 131_072;

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Send one request over TLS through a proxy: CONNECT (RFC 9110, 9.3.6), then HTTP/1.1 by hand, since not every
 * runtime's own client takes a connection that was made before.
 * @param onSocket gets what is to be destroyed to give up
 * @throws Error with a `code`: the connection's, the certificate's, or `PROXY_STATUS`
 */
export async function postThroughTunnel(
  { url, tls, proxy }: Endpoint,
  headers: Readonly<Record<string, string>>,
  payload: Uint8Array,
  onSocket: (socket: Socket) => void,
): Promise<RawAnswer> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const authority = `${url.hostname}:${url.port || 443}`;
  const plain = connect(Number(proxy!.port || 80), proxy!.hostname.replace(/^\[(.*)\]$/, "$1"));
  onSocket(plain);
  const { status } = await asked(
    plain,
    head(`CONNECT ${authority}`, { host: authority, ...proxyAuthorization(proxy!) }),
    true,
  );
  if (status < 200 || status > 299) {
    plain.destroy();
    throw Object.assign(new Error(`the proxy answers ${status}`), { code: `PROXY_${status}` });
  }
  const secure = connectTls({ ...tls, socket: plain, host, servername: isIP(host) ? undefined : host });
  onSocket(secure);
  const start = head(`POST ${url.pathname}${url.search}`, {
    host: url.host,
    ...headers,
    connection: "close",
  });
  const answer = await asked(secure, Buffer.concat([start, payload]), false);
  secure.destroy();
  return answer;
}

function head(line: string, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`${line} HTTP/1.1`, ...lines, "", ""].join("\r\n"), "latin1");
}

/** Write, and read one answer. @param isHeadOnly what follows the head does not belong to it */
function asked(socket: Socket, bytes: Uint8Array, isHeadOnly: boolean): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    const settle = (finish: () => void) => {
      socket.off("data", take).off("end", end).off("close", end).off("error", reject);
      // Later errors no longer matter.
      socket.on("error", () => {});
      finish();
    };
    const take = (piece: Uint8Array) => {
      heard = Buffer.concat([heard, piece]);
      const answer = parseAnswer(heard, heard.length > MOST_BYTES, isHeadOnly);
      if (answer) settle(() => resolve(answer));
    };
    const end = () => {
      const answer = parseAnswer(heard, true, isHeadOnly);
      if (answer) settle(() => resolve(answer));
      else settle(() => reject(Object.assign(new Error("no answer"), { code: "ECONNRESET" })));
    };
    socket.on("data", take).on("end", end).on("close", end).on("error", reject);
    socket.write(bytes);
  });
}

/** @returns undefined while it is incomplete; `isEnd`: no more will come */
export function parseAnswer(heard: Buffer, isEnd: boolean, isHeadOnly: boolean): RawAnswer | undefined {
  const headEnd = heard.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [line, ...lines] = heard.subarray(0, headEnd).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(line)?.[1] ?? 0);
  const rest = heard.subarray(headEnd + 4);
  // "100 Continue" and the like come before the answer.
  if (status >= 100 && status < 200) return parseAnswer(rest, isEnd, isHeadOnly);
  const headers: Record<string, string> = {};
  for (const one of lines) {
    const at = one.indexOf(":");
    headers[one.slice(0, at).toLowerCase()] = one.slice(at + 1).trim();
  }
  const answer = (body: Uint8Array) => ({ status, headers, body });
  if (isHeadOnly) return answer(Buffer.alloc(0));
  if (/\bchunked\b/i.test(headers["transfer-encoding"] ?? "")) {
    const { body, isWhole } = unchunked(rest);
    return isWhole || isEnd ? answer(body) : undefined;
  }
  const length = Number(headers["content-length"] ?? (status === 204 || status === 304 ? 0 : NaN));
  if (rest.length >= length) return answer(rest.subarray(0, length));
  return isEnd ? answer(rest) : undefined;
}

/** The pieces of a chunked body (RFC 9112, 7.1). */
function unchunked(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const pieces: Buffer[] = [];
  for (let at = 0;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd < 0 ? NaN : parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    if (!(size > 0)) return { body: Buffer.concat(pieces), isWhole: size === 0 };
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
