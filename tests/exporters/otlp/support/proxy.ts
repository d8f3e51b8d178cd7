/* A proxy over HTTP, which has its own idea of where hosts are; it takes the absolute form and CONNECT. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A proxy that leads everything to one port of this machine. */
export class Proxy {
  /** The heads of the requests it got. */
  readonly heads: string[] = [];
  /** What it says to CONNECT. */
  answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  readonly #sockets = new Set<Socket>();

  private constructor(readonly server: Server, readonly target: number) {
    server.on("connection", (socket: Socket) => this.#join(socket));
  }

  static async open(target: number): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Proxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    let heard = Buffer.alloc(0);
    const take = (piece: Uint8Array) => {
      heard = Buffer.concat([heard, piece]);
      const end = heard.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", take);
      const head = heard.subarray(0, end).toString();
      this.heads.push(head);
      const isTunnel = head.startsWith("CONNECT ");
      if (isTunnel && !this.answer.includes(" 200 ")) return void socket.end(this.answer);
      const target = connect(this.target, "127.0.0.1", () => {
        if (isTunnel) socket.write(this.answer);
        else target.write(heard);
        socket.pipe(target);
        target.pipe(socket);
      });
      this.#sockets.add(target);
      target.on("error", () => socket.destroy());
    };
    socket.on("data", take);
  }
}
