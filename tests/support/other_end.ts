import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { eventually } from "./eventually.ts";

/** The other end of TCP connections, which knows what it has received. */
export class OtherEnd implements AsyncDisposable {
  received = 0;
  readonly #connections: Socket[] = [];

  private constructor(readonly server: Server, greet: (connection: Socket) => void) {
    server.on("connection", (connection) => {
      this.#connections.push(connection);
      connection.on("data", (data) => this.received += data.length);
      connection.on("error", () => {});
      greet(connection);
    });
  }

  /** Listen at a free port of an address. */
  static async open(address: string, greet: (connection: Socket) => void = () => {}): Promise<OtherEnd> {
    const server = createServer();
    const end = new OtherEnd(server, greet);
    server.listen(0, address);
    await once(server, "listening");
    return end;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The connections, in the order in which they came, once there are so many. */
  async connected(count: number): Promise<readonly Socket[]> {
    await eventually(() => this.#connections.length >= count);
    return this.#connections;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connections.forEach((connection) => connection.destroy());
    return new Promise((closed) => void this.server.close(() => closed()));
  }
}
