/* What stands before a cluster: one address, behind which is the first of its nodes that lives. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Hands connections on to the first of some ports of this machine at which something listens. */
export class Balancer implements AsyncDisposable {
  /** Whether it lets anybody in. */
  isOpen = true;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket, 0));

  private constructor(readonly ports: readonly number[]) {}

  static async open(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    await new Promise<void>((resolve) => balancer.#server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** End all connections, and let nobody in until `isOpen`. */
  cut(): void {
    this.isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket, at: number): void {
    if (at === this.ports.length || !this.isOpen) return void socket.destroy();
    socket.pause().on("error", () => {});
    const node = connect(this.ports[at]!, "127.0.0.1");
    let isThere = false;
    node.on("connect", () => {
      isThere = true;
      for (const end of [socket, node]) this.#sockets.add(end);
      socket.on("close", () => node.destroy());
      node.on("close", () => socket.destroy());
      socket.pipe(node);
      node.pipe(socket);
    });
    node.on("error", () => !isThere && this.#serve(socket, at + 1));
  }
}
