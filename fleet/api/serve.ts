import { rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { ProctorError } from "../../core/error.ts";
import { Door } from "../../io/net/door.ts";
import type { DoorRules } from "../../io/net/door.ts";
import { isOfLoopback } from "../../io/net/loopback.ts";
import { serveMessage } from "../../io/net/node_listener.ts";
import { linkAt } from "../../io/net/page_entrance.ts";
import type { PageFiles } from "../../io/net/page_entrance.ts";
import { PageSessions } from "../../io/net/page_sessions.ts";
import { makeToken } from "../../io/net/port_token.ts";
import { listenAtPort, whyDeaf } from "../../io/net/unix_socket.ts";
import { Access } from "./access/access.ts";
import type { FleetApiParts, OidcParts } from "./api.ts";
import { createFleetApi } from "./app.ts";
import { fleetHandling } from "./fleet_door.ts";
import { HostBoard } from "./stream/host_board.ts";
import { readTls, secretsToServe } from "./tls.ts";
import { TrustedProxies } from "./trusted_proxies.ts";
import type { ServeAccess, TlsSecrets } from "./tls.ts";

/** The token of this machine's own user, in the directory of the manager. */
const TOKEN_NAME = "api_token";
/** At the end, answers under way have so long to be read. */
const LAST_WORDS_MS = 500;

/** Where a manager's API is served, and to whom. */
export interface FleetServeOptions extends ServeAccess {
  /** 0 for any that is free. */
  readonly port: number;
  /** Where the token for this machine is put, for its user alone. */
  readonly directory: string;
  /** The page; null: there is none. */
  readonly files: PageFiles | null;
  /** The address that people use where that is another, as behind a proxy. */
  readonly url?: string;
  /** Proxies that are believed when they say who asks; without it none. */
  readonly trustedProxies?: readonly string[];
  /** Who else may log people in. */
  readonly providers?: OidcParts["providers"];
}

/** A manager's API that is served. */
export class FleetServer {
  readonly #ending = new AbortController();
  #door: Door | null = null;
  /** Where: an `http://` or `https://` address. */
  address = "";
  readonly #links: PageSessions | null;

  private constructor(
    readonly access: Access,
    readonly options: FleetServeOptions,
    /** The file with the token of this machine's own user. */
    readonly tokenFile: string,
  ) {
    this.#links = isOfLoopback(options.host) ? new PageSessions() : null;
  }

  /**
   * Serve it.
   * @throws ProctorError when it may not, or cannot, be served there
   */
  static async open(
    parts: Omit<FleetApiParts, "access" | "board" | "oidc">,
    options: FleetServeOptions,
  ): Promise<FleetServer> {
    const { host, port, tls, directory } = options;
    const secrets = secretsToServe(options);
    const { token, file } = makeToken(directory, TOKEN_NAME);
    const access = await Access.open(parts.store, {
      localToken: token,
      isSecure: tls !== null || options.url?.startsWith("https:") === true,
      now: parts.now,
    });
    const server = new FleetServer(access, options, file);
    try {
      await server.#listen(parts, secrets, host, port);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** A link to the page for one browser of this machine, once; null where other machines come, too. */
  makeLink(): string | null {
    return this.#links && linkAt(this.address, this.#links.makeCode());
  }

  /**
   * Read certificate and key again, for connections from now on.
   * @throws ProctorError when they cannot be read: those of before stay
   */
  renewTls(): void {
    const { tls } = this.options;
    if (tls) this.#door?.renew(readTls(tls));
  }

  /** End all streams, let answers under way be read, and let go of the port. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#door?.close(LAST_WORDS_MS);
    rmSync(this.tokenFile, { force: true });
  }

  async #listen(
    parts: Omit<FleetApiParts, "access" | "board" | "oidc">,
    secrets: TlsSecrets | null,
    host: string,
    port: number,
  ): Promise<void> {
    const { access, options } = this;
    const { providers = [], trustedProxies = [], url } = options;
    const oidc = { providers, address: () => url ?? this.address };
    const board = new HostBoard(parts.view, parts.now());
    const handling = fleetHandling({
      app: createFleetApi({ ...parts, access, board, oidc }),
      hosts: { given: options.host, known: options.url === undefined ? null : new URL(options.url).host },
      access,
      links: this.#links,
      files: options.files,
      proxies: new TrustedProxies(trustedProxies),
      ending: this.#ending.signal,
    });
    const rules: DoorRules = {
      identify: ({ remoteAddress }) => remoteAddress ?? null,
      listener: (message, response, admit) => void serveMessage(message, response, handling, admit),
      ...(secrets && { tls: secrets }),
    };
    const door = new Door(rules);
    this.#door = door;
    await listenAtPort(door.server, port, host).catch((error) => {
      throw new ProctorError("system", `http: cannot listen at ${host}:${port}: ${whyDeaf(error)}`);
    });
    const { address, port: taken } = door.server.address() as AddressInfo;
    const scheme = options.tls ? "https" : "http";
    this.address = `${scheme}://${address.includes(":") ? `[${address}]` : address}:${taken}`;
  }
}
