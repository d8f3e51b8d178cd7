import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { removeQuietly } from "../../io/private_file.ts";
import { listenLocally } from "../../platform/mod.ts";
import { Connection } from "./connection.ts";
import { serviceEvent } from "./envelope.ts";
import { Outbox } from "../../io/lines/outbox.ts";
import { paused } from "../../io/lines/paused.ts";
import type { Service } from "./service.ts";
import { LAST_WORDS_MS } from "./serve_stdio.ts";
import { waitAtMost } from "../../io/deadline.ts";

/**
 * Serve a Unix socket until the signal comes.
 *
 * @param announce is handed events of the service's own: that it listens, and that it ends
 * @throws ProctorError when the path is unfit, or another process listens there
 */
export async function serveSocket(
  service: Service,
  path: string,
  signal: AbortSignal,
  announce: (line: string) => void,
): Promise<void> {
  const server = await SocketServer.open(service, path);
  announce(serviceEvent("subprocess_ready", { ...service.introduction, listen: `unix:${path}` }));
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
    if (signal.aborted) resolve();
  });
  await server.close();
  announce(serviceEvent("subprocess_shutdown", { pid: service.introduction.pid }));
}

/** Serves many clients at a Unix socket. */
class SocketServer {
  readonly #service: Service;
  readonly #server: Server;
  readonly #clients = new Map<Socket, Connection>();

  /** Use {@link SocketServer.open}. */
  private constructor(service: Service, readonly path: string) {
    this.#service = service;
    // A client may end its half first and still get its answers.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket));
  }

  /**
   * Begin to listen. A socket that nobody listens to any more is replaced.
   * @throws ProctorError when the path is unfit, or another process listens there
   */
  static async open(service: Service, path: string): Promise<SocketServer> {
    const server = new SocketServer(service, path);
    await listenLocally(server.#server, path, { option: "listen" });
    return server;
  }

  /** Answer what is under way, say goodbye to all clients, and let go of the socket. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const goodbyes = [...this.#clients].map(async ([socket, connection]) => {
      await connection.close();
      socket.end();
    });
    await waitAtMost(LAST_WORDS_MS, Promise.all(goodbyes).then(() => closed));
    for (const socket of this.#clients.keys()) socket.destroy();
    removeQuietly(this.path);
  }

  #welcome(socket: Socket): void {
    const outbox = new Outbox((bytes) => written(socket, bytes));
    const connection = new Connection(this.#service, outbox);
    this.#clients.set(socket, connection);
    socket.on("data", (chunk: Uint8Array) => {
      connection.receive(chunk);
      paused(socket, outbox);
    });
    socket.on("end", async () => {
      connection.endOfInput();
      await connection.close();
      socket.end();
    });
    // A client that went away without a word is told by "close".
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#clients.delete(socket);
      void connection.close();
    });
  }
}

function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(new Error("the client has gone"));
    const gone = () => reject(new Error("the client has gone"));
    socket.once("close", gone);
    socket.write(bytes, (error) => {
      socket.off("close", gone);
      if (error) reject(error);
      else resolve();
    });
  });
}
