import { request } from "node:http";
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { connect } from "node:net";

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request on a connection of its own. */
export function ask(options: RequestOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent: false, ...options }, (response) => {
      const pieces: Uint8Array[] = [];
      response.on("data", (piece: Uint8Array) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(pieces).toString(),
        }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Send bytes, and wait until the other side ends the connection; what it said meanwhile. */
export function untilHungUp(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let heard = "";
    socket.on("data", (piece: Uint8Array) => heard += new TextDecoder().decode(piece));
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}
