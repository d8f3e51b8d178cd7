/* A client of the API, as plain as can be. */
import { request } from "node:http";
import type { IncomingMessage } from "node:http";

/** Where and what to ask. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as it is; objects as JSON, and saying so. */
  readonly body?: string | Uint8Array | object;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** @param server the path of a socket, or `http://host:port` */
export function open(server: string, path: string, { method = "GET", headers = {}, body }: Ask = {}) {
  return new Promise<{ message: IncomingMessage; close: () => void }>((resolve, reject) => {
    const where = server.startsWith("http")
      ? { host: new URL(server).hostname.replace(/^\[|\]$/g, ""), port: new URL(server).port }
      : { socketPath: server };
    const isObject = typeof body === "object" && !(body instanceof Uint8Array);
    const all = isObject ? { "content-type": "application/json", ...headers } : headers;
    const asked = request({ ...where, path, method, headers: all, agent: false }, (message) => {
      message.on("error", () => {});
      resolve({ message, close: () => asked.destroy() });
    });
    asked.on("error", reject);
    asked.end(isObject ? JSON.stringify(body) : body);
  });
}

/** Ask, and read the whole answer. */
export async function ask(server: string, path: string, options: Ask = {}): Promise<Answer> {
  const { message } = await open(server, path, options);
  let text = "";
  message.setEncoding("utf8");
  for await (const piece of message) text += piece;
  const isJson = String(message.headers["content-type"]).startsWith("application/json");
  return {
    status: message.statusCode!,
    headers: message.headers as Record<string, string>,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : null,
  };
}

/** Read a stream until it has said something; then go on, or end it by returning. */
export async function* pieces(server: string, path: string, options: Ask = {}): AsyncGenerator<string> {
  const { message, close } = await open(server, path, options);
  message.setEncoding("utf8");
  try {
    for await (const piece of message) yield piece;
  } finally {
    close();
  }
}

/** A server-sent event. */
export interface Sent {
  readonly event: string;
  readonly id: string | undefined;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

/** Server-sent events as they come. */
export async function* sentEvents(server: string, path: string, options: Ask = {}): AsyncGenerator<Sent> {
  let text = "";
  for await (const piece of pieces(server, path, options)) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = new Map(
        text.slice(0, end).split("\n").map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      text = text.slice(end + 2);
      const data = fields.get("data");
      if (data !== undefined) {
        yield { event: fields.get("event")!, id: fields.get("id"), data: JSON.parse(data) };
      }
    }
  }
}
