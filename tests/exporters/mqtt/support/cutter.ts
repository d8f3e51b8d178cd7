/* Stands between a client and a broker, and breaks what is between them. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A way to a port that can be cut, or hold everything back. */
export class Cutter {
  /** What the broker has sent. */
  answerBytes = 0;
  readonly #sockets = new Set<Socket>();
  #isHolding = false;

  private constructor(readonly server: Server, readonly port: number) {}

  /** @param target a port of this machine; without one nobody ever answers */
  static async open(target?: number): Promise<Cutter> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const cutter = new Cutter(server, (server.address() as AddressInfo).port);
    server.on("connection", (socket) => cutter.#join(socket, target));
    return cutter;
  }

  /** Break all connections that there are, whatever is under way. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** From now on answers get lost: the broker has what it was sent, and the client does not know. */
  holdAnswers(isHolding: boolean): void {
    this.#isHolding = isHolding;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(socket: Socket, target: number | undefined): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
    if (target === undefined) return;
    const broker = connect(target, "127.0.0.1");
    this.#sockets.add(broker);
    broker.on("error", () => socket.destroy());
    broker.on("close", () => socket.destroy());
    broker.on("data", (bytes) => {
      this.answerBytes += bytes.length;
      if (!this.#isHolding && !socket.destroyed) socket.write(bytes);
    });
    socket.on("data", (bytes) => broker.destroyed || broker.write(bytes));
    socket.on("close", () => broker.destroy());
  }
}
