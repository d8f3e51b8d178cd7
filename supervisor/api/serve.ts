import type { AddressInfo, Socket } from "node:net";
import { rmSync } from "node:fs";
import { ProctorError, usageError } from "../../core/error.ts";
import { serveMessage } from "../../io/net/node_listener.ts";
import { removeQuietly } from "../../io/private_file.ts";
import { listenAtPort, whyDeaf } from "../../io/net/unix_socket.ts";
import { isStranger, listenLocally, loadPlatform } from "../../platform/mod.ts";
import type { SupervisorControl } from "../control.ts";
import { createApi } from "./app.ts";
import { Door } from "./door.ts";
import { guard } from "./guard.ts";
import type { Peer } from "./guard.ts";
import { makeToken } from "./token.ts";

/** Where the API is served. */
export interface ServeOptions {
  /** The path of a Unix socket, for our own user and root alone. */
  readonly socket?: string;
  readonly port?: {
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** 0 for any that is free. */
    readonly port: number;
    /**
     * What clients must send as a bearer. On the loopback one is made where none is given, and kept in the file
     * `api_token` of the supervisor's base directory; beyond it there must be one.
     */
    readonly token?: string;
  };
}

/** At the end, answers under way have so long to be read. */
const LAST_WORDS_MS = 500;
/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

/** An API that is served. */
export class ApiServer {
  readonly #doors: Door[] = [];
  readonly #ending = new AbortController();
  #tokenFile: string | null = null;
  /** Where it is served: paths, and `http://` addresses. */
  readonly addresses: string[] = [];

  private constructor(readonly control: SupervisorControl, readonly options: ServeOptions) {}

  /**
   * Serve the API of a supervisor.
   * @throws ProctorError when it may not, or cannot, be served there
   */
  static async open(control: SupervisorControl, options: ServeOptions): Promise<ApiServer> {
    const { socket, port } = options;
    if (port) checkPort(port);
    const api = new ApiServer(control, options);
    try {
      if (socket !== undefined) await api.#listenAtSocket(socket);
      if (port) await api.#listenAtPort(port);
    } catch (error) {
      await api.close();
      throw error;
    }
    return api;
  }

  /** The file with the token that was made for the port; null where one was given. */
  get tokenFile(): string | null {
    return this.#tokenFile;
  }

  /** End all streams, let answers under way be read, and let go of the sockets. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#doors.map((door) => door.close(LAST_WORDS_MS)));
    const { socket } = this.options;
    if (socket !== undefined && this.addresses.includes(socket)) removeQuietly(socket);
    if (this.#tokenFile !== null) rmSync(this.#tokenFile, { force: true });
  }

  async #listenAtSocket(path: string): Promise<void> {
    const { keepsPeersOut, peerUser } = await loadPlatform();
    const identify = keepsPeersOut ? () => "our own user" : ownUser(peerUser);
    const door = this.#door({ kind: "socket" }, identify);
    const other = { other: "another supervisor", howToEnd: "end it (proctor ctl shutdown)" };
    await listenLocally(door.server, path, { option: "socket", ...other }, true);
    this.addresses.push(path);
  }

  async #listenAtPort({ host = "127.0.0.1", port, token }: NonNullable<ServeOptions["port"]>): Promise<void> {
    const made = token === undefined ? makeToken(this.control.info().base_directory) : null;
    this.#tokenFile = made?.file ?? null;
    const { server } = this.#door(
      { kind: "port", token: token ?? made!.token },
      ({ remoteAddress }) => remoteAddress ?? null,
    );
    await listenAtPort(server, port, host).catch((error) => {
      const reason = whyDeaf(error);
      throw new ProctorError("system", `process_manager: port: cannot listen at ${host}:${port}: ${reason}`);
    });
    const address = server.address() as AddressInfo;
    const name = address.address.includes(":") ? `[${address.address}]` : address.address;
    this.addresses.push(`http://${name}:${address.port}`);
  }

  #door(peer: Peer, identify: (socket: Socket) => string | null): Door {
    const app = createApi(this.control);
    const ending = this.#ending.signal;
    const handling = {
      // Liveness is public.
      guard: ({ url, headers }: { url: URL; headers: Headers }) =>
        url.pathname === "/healthz" ? "open" as const : guard(headers, peer),
      handle: (request: Request) => app.fetch(request, { ending }),
    };
    const door = new Door({
      identify,
      listener: (message, response, admit) => void serveMessage(message, response, handling, admit),
    });
    this.#doors.push(door);
    return door;
  }
}

/**
 * Who has connected to the socket, where that is our own user or root. The rights of the file keep others out; should
 * they be changed, or the file be passed on, the kernel's note on the connection still does.
 */
function ownUser(peerUser: (descriptor: number) => number | null): (socket: Socket) => string | null {
  return (socket) => {
    // Both runtimes have the descriptor there, as Node has it.
    const descriptor = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
    if (typeof descriptor !== "number" || descriptor < 0) return null;
    const user = peerUser(descriptor);
    return user !== null && !isStranger(user) ? String(user) : null;
  };
}

/** @throws ProctorError of kind `usage` when a port may not be opened so */
function checkPort({ host, token }: NonNullable<ServeOptions["port"]>): void {
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    throw usageError(`token: it has less than ${SHORTEST_TOKEN} characters`);
  }
  if (token !== undefined || isLoopback(host)) return;
  throw usageError(
    `process_manager: bind_address: "${host}" lets other machines in: give a token, or bind to 127.0.0.1`,
  );
}

function isLoopback(host = "127.0.0.1"): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
