import type { AddressInfo, Socket } from "node:net";
import { rmSync } from "node:fs";
import { ProctorError, usageError } from "../../core/error.ts";
import type { ListenAddress } from "../../exporters/settings.ts";
import { serveMessage } from "../../io/net/node_listener.ts";
import type { Handling } from "../../io/net/node_listener.ts";
import { isOfLoopback } from "../../io/net/loopback.ts";
import { removeQuietly } from "../../io/private_file.ts";
import { listenAtPort, whyDeaf } from "../../io/net/unix_socket.ts";
import { isStranger, listenLocally, loadPlatform } from "../../platform/mod.ts";
import type { SupervisorControl } from "../control.ts";
import { linkAt } from "../../io/net/page_entrance.ts";
import type { PageFiles } from "../../io/net/page_entrance.ts";
import { pageHandling } from "../page/page_door.ts";
import { PageFeed } from "../page/page_feed.ts";
import { PageSessions } from "../../io/net/page_sessions.ts";
import type { Api } from "./api.ts";
import { createApi } from "./app.ts";
import { Door } from "../../io/net/door.ts";
import { openPage, openPort } from "../config/open_to_all.ts";
import { guard } from "./guard.ts";
import type { Peer } from "./guard.ts";
import { makeToken } from "../../io/net/port_token.ts";
import { TOKEN_NAME } from "../kept/file_names.ts";

/** Where the API is served. */
export interface ServeOptions {
  /** The path of a Unix socket, for our own user and root alone. */
  readonly socket?: string;
  /** A TCP port, for clients that cannot use the socket; none when left out. */
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

/** A page over the API. */
export interface PageOptions {
  /** A port of the loopback, or a socket for a proxy of our own user. */
  readonly address: ListenAddress;
  readonly files: PageFiles;
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
  /** Where the page is served: a path, or an `http://` address. */
  pageAddress: string | null = null;
  #sessions: PageSessions | null = null;
  #feed: PageFeed | null = null;
  readonly #sockets: string[] = [];
  readonly #app: Api;

  private constructor(readonly control: SupervisorControl, readonly options: ServeOptions) {
    this.#app = createApi(control, () => this.makeLink());
  }

  /** Answers a request of ours, which has come by no door. */
  readonly answer = (request: Request): Response | Promise<Response> =>
    this.#app.fetch(request, { ending: this.#ending.signal });

  /**
   * Serve the API of a supervisor, and a page over it where there is to be one.
   * @throws ProctorError when it may not, or cannot, be served there
   */
  static async open(
    control: SupervisorControl,
    options: ServeOptions,
    page?: PageOptions,
  ): Promise<ApiServer> {
    const { socket, port } = options;
    if (port) checkPort(port);
    if (page) checkPage(page);
    const api = new ApiServer(control, options);
    try {
      if (socket !== undefined) await api.#listenAtSocket(socket);
      if (port) await api.#listenAtPort(port);
      if (page) await api.#servePage(page);
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

  /** A link to the page for one browser, once; null where a socket needs none, or there is no page. */
  readonly makeLink = (): string | null =>
    this.#sessions && this.pageAddress ? linkAt(this.pageAddress, this.#sessions.makeCode()) : null;

  /** End all streams, let answers under way be read, and let go of the sockets. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#feed?.close();
    await Promise.all(this.#doors.map((door) => door.close(LAST_WORDS_MS)));
    for (const path of this.#sockets) removeQuietly(path);
    if (this.#tokenFile !== null) rmSync(this.#tokenFile, { force: true });
  }

  async #listenAtSocket(path: string): Promise<void> {
    await this.#listenAt(path, this.#apiHandling({ kind: "socket" }), "socket");
    this.addresses.push(path);
  }

  async #listenAtPort({ host = "127.0.0.1", port, token }: NonNullable<ServeOptions["port"]>): Promise<void> {
    const made = token === undefined ? makeToken(this.control.info().base_directory, TOKEN_NAME) : null;
    this.#tokenFile = made?.file ?? null;
    const handling = this.#apiHandling({ kind: "port", token: token ?? made!.token });
    this.addresses.push(await this.#listenAt({ host, port }, handling, "process_manager: port"));
  }

  async #servePage({ address, files }: PageOptions): Promise<void> {
    const isAtSocket = "path" in address;
    this.#feed = new PageFeed(this.control);
    this.#sessions = isAtSocket ? null : new PageSessions();
    const handling = pageHandling({
      files,
      feed: this.#feed,
      api: this.answer,
      sessions: this.#sessions,
      host: isAtSocket ? undefined : address.host,
      ending: this.#ending.signal,
    });
    this.pageAddress = await this.#listenAt(isAtSocket ? address.path : address, handling, "web");
  }

  #apiHandling(peer: Peer): Handling {
    return {
      // Liveness is public.
      guard: ({ url, headers }) => url.pathname === "/healthz" ? "open" as const : guard(headers, peer),
      handle: this.answer,
    };
  }

  /** Listen at the path of a socket, or at a port; where that is. @param what names it in errors */
  async #listenAt(
    place: string | { readonly host: string; readonly port: number },
    handling: Handling,
    what: string,
  ): Promise<string> {
    const isSocket = typeof place === "string";
    const door = new Door({
      identify: isSocket ? await ownUser() : ({ remoteAddress }) => remoteAddress ?? null,
      listener: (message, response, admit) => void serveMessage(message, response, handling, admit),
    });
    this.#doors.push(door);
    if (isSocket) {
      const other = { other: "another supervisor", howToEnd: "end it (proctor ctl shutdown)" };
      await listenLocally(door.server, place, { option: what, ...other }, true);
      this.#sockets.push(place);
      return place;
    }
    const { host, port } = place;
    await listenAtPort(door.server, port, host).catch((error) => {
      throw new ProctorError("system", `${what}: cannot listen at ${host}:${port}: ${whyDeaf(error)}`);
    });
    const { address, port: taken } = door.server.address() as AddressInfo;
    return `http://${address.includes(":") ? `[${address}]` : address}:${taken}`;
  }
}

/**
 * Who has connected to the socket, where that is our own user or root. The rights of the file keep others out; should
 * they be changed, or the file be passed on, the kernel's note on the connection still does.
 */
async function ownUser(): Promise<(socket: Socket) => string | null> {
  const { keepsPeersOut, peerUser } = await loadPlatform();
  if (keepsPeersOut) return () => "our own user";
  return (socket) => {
    // Both runtimes have the descriptor there, as Node has it.
    const descriptor = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
    if (typeof descriptor !== "number" || descriptor < 0) return null;
    const user = peerUser(descriptor);
    return user !== null && !isStranger(user) ? String(user) : null;
  };
}

/** @throws ProctorError of kind `usage` when a port may not be opened so */
function checkPort({ host = "127.0.0.1", token }: NonNullable<ServeOptions["port"]>): void {
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    throw usageError(`token: it has less than ${SHORTEST_TOKEN} characters`);
  }
  if (token !== undefined || isOfLoopback(host)) return;
  throw usageError(`process_manager: bind_address: ${openPort(host)}`);
}

/** @throws ProctorError of kind `usage` when a page may not be served there */
function checkPage({ address }: PageOptions): void {
  if ("path" in address || isOfLoopback(address.host)) return;
  throw usageError(`web: ${openPage(address.host)}`);
}
