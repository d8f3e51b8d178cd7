import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ProctorError, usageError } from "../../core/error.ts";
import type { SupervisorControl } from "../control.ts";
import { createApi } from "./app.ts";
import type { Peer } from "./guard.ts";
import { nodeListener } from "./node_listener.ts";
import { isOwnUser } from "./peer_user.ts";
import { listenAtPath, removeSocket } from "./unix_socket.ts";

/** Where the API is served. */
export interface ServeOptions {
  /** The path of a Unix socket, for our own user alone. */
  readonly socket?: string;
  readonly port?: {
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** 0 for any that is free. */
    readonly port: number;
    /** What clients must send as a bearer; beyond the loopback there must be one. */
    readonly token?: string;
  };
}

/** So many clients at once are enough for anybody. */
const MAX_CLIENTS = 256;
/** At the end, answers under way have so long to be read. */
const LAST_WORDS_MS = 500;

/** An API that is served. */
export class ApiServer {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #ending = new AbortController();
  readonly #users = new WeakMap<Socket, boolean>();
  /** Where it is served: paths, and `http://` addresses. */
  readonly addresses: string[] = [];

  private constructor(readonly control: SupervisorControl, readonly options: ServeOptions) {}

  /**
   * Serve the API of a supervisor.
   * @throws ProctorError when it may not, or cannot, be served there
   */
  static async open(control: SupervisorControl, options: ServeOptions): Promise<ApiServer> {
    const { socket, port } = options;
    if (port && port.token === undefined && !isLoopback(port.host)) {
      throw usageError(
        `process_manager: bind_address: "${port.host}" lets other machines in: give a token, or bind to 127.0.0.1`,
      );
    }
    const api = new ApiServer(control, options);
    try {
      if (socket !== undefined) {
        const server = api.#server(() => ({ kind: "socket" }));
        await listenAtPath(server, socket);
        api.#servers.push(server);
        api.addresses.push(socket);
      }
      if (port) await api.#listenAtPort(port);
    } catch (error) {
      await api.close();
      throw error;
    }
    return api;
  }

  /** End all streams, let answers under way be read, and let go of the sockets. */
  async close(): Promise<void> {
    this.#ending.abort();
    const closed = Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
    for (const server of this.#servers) server.closeIdleConnections?.();
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([closed, new Promise((resolve) => timer = setTimeout(resolve, LAST_WORDS_MS))]);
    clearTimeout(timer);
    for (const server of this.#servers) server.closeAllConnections?.();
    for (const socket of this.#sockets) socket.destroy();
    if (this.options.socket !== undefined && this.addresses.includes(this.options.socket)) {
      removeSocket(this.options.socket);
    }
  }

  async #listenAtPort({ host = "127.0.0.1", port, token }: NonNullable<ServeOptions["port"]>): Promise<void> {
    const server = this.#server((message) => ({
      kind: "port",
      token: token ?? null,
      isOwnUser: () => this.#isOwnUser(message.socket),
    }));
    await new Promise<void>((resolve, reject) => {
      server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
        const reason = code === "EADDRINUSE"
          ? "somebody listens there"
          : code === "EACCES"
          ? "permission denied"
          : message;
        reject(
          new ProctorError("system", `process_manager: port: cannot listen at ${host}:${port}: ${reason}`),
        );
      });
      server.listen(port, host, () => resolve());
    });
    this.#servers.push(server);
    const address = server.address() as AddressInfo;
    const name = address.address.includes(":") ? `[${address.address}]` : address.address;
    this.addresses.push(`http://${name}:${address.port}`);
  }

  #server(peerOf: (message: IncomingMessage) => Peer): Server {
    const app = createApi(this.control);
    const listener = nodeListener((request, message) =>
      app.fetch(request, { peer: peerOf(message), ending: this.#ending.signal })
    );
    const server = createServer(listener);
    server.on("connection", (socket: Socket) => {
      if (this.#sockets.size >= MAX_CLIENTS) return void socket.destroy();
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {}); // Told by "close".
    });
    return server;
  }

  /** Asked once for a connection: the kernel's table is long on a busy machine. */
  #isOwnUser(socket: Socket): boolean {
    let known = this.#users.get(socket);
    if (known === undefined) this.#users.set(socket, known = isOwnUser(socket));
    return known;
  }
}

function isLoopback(host = "127.0.0.1"): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
