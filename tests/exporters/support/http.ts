import { request } from "node:http";
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";

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

/** A port that nobody listens at just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
