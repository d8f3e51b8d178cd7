import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { acceptedFormat } from "./accept.ts";
import { CONTENT_TYPES } from "./exposition.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { isOwnHost } from "../../io/net/own_host.ts";
import { namesOfLoopback } from "../../platform/mod.ts";

/** A client has so long to send its request, and so long to take the answer. */
const PATIENCE_MS = 10_000;
const MOST_CONNECTIONS = 64;
const LARGEST_HEADERS_BYTES = 8_192;

/** What the server gives out, and whom it tells what has become of it. */
export interface MetricsSource {
  /** The text, and what to do once it has arrived. */
  render(format: ExpositionFormat): Promise<{ text: string; arrived: () => void }>;
  /** An answer did not arrive. */
  lost(): void;
}

const PAGE = `<!DOCTYPE html>
<html lang="en"><title>proctor</title><h1>proctor</h1><p><a href="metrics">Metrics</a></p></html>
`;

/**
 * A server of `/metrics` that does not listen yet. Clients that are slow, many or mad cost little.
 * @param patienceMs how long a client has to send its request, and again to take the answer
 * @param given the host that is listened at, by which it may be asked
 */
export function metricsServer(source: MetricsSource, patienceMs = PATIENCE_MS, given?: string): Server {
  const broken = new WeakSet<object>();
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADERS_BYTES,
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: Math.min(1_000, patienceMs / 2),
    },
    (request, response) => {
      const { socket } = request;
      const late = setTimeout(() => socket.destroy(), patienceMs);
      late.unref();
      response.once("close", () => clearTimeout(late));
      response.on("error", () => broken.add(socket));
      if (!isOwnHost(request.headers.host, socket.localAddress, given, namesOfLoopback)) {
        return misdirected(request, response);
      }
      void answer(source, request, response, broken);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on("clientError", (_error: Error, socket: Socket) => {
    broken.add(socket);
    socket.destroy();
  });
  return server;
}

function misdirected(request: IncomingMessage, response: ServerResponse): void {
  const { host } = request.headers;
  request.resume();
  const text = `these metrics are served at localhost, and not at ${host}\n`;
  say(request, response, 421, text, { connection: "close" });
}

async function answer(
  source: MetricsSource,
  request: IncomingMessage,
  response: ServerResponse,
  broken: WeakSet<object>,
): Promise<void> {
  const { method, headers, socket } = request;
  const path = pathOf(request.url ?? "/");
  // No request carries a body.
  request.on("error", () => {});
  request.resume();
  if (method !== "GET" && method !== "HEAD") {
    return say(request, response, 405, "only GET and HEAD are answered\n", {
      allow: "GET, HEAD",
      // What else it wants to send is not waited for.
      connection: "close",
    });
  }
  if (path === "/") return say(request, response, 200, PAGE, { "content-type": "text/html; charset=utf-8" });
  if (path !== "/metrics") return say(request, response, 404, "not found; metrics are at /metrics\n");

  const format = acceptedFormat(headers.accept);
  try {
    const { text, arrived } = await source.render(format);
    if (method === "GET") {
      let finished = false;
      response.once("finish", () => finished = true);
      // Only now is it known whether the connection broke with the end of the answer.
      response.once("close", () => finished && !broken.has(socket) ? arrived() : source.lost());
    }
    say(request, response, 200, text, { "content-type": CONTENT_TYPES[format] });
  } catch (error) {
    source.lost();
    say(request, response, 500, `${String(error)}\n`);
  }
}

/** The path of a request; a server accepts the absolute form as well, as sent to proxies (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/\?.*$/s, "") || "/";
}

function say(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  const body = new TextEncoder().encode(text);
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
    vary: "accept",
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
