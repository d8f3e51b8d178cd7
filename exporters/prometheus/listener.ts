import { lookup } from "node:dns/promises";
import type { Server } from "node:http";
import { isIP } from "node:net";
import { Backoff } from "../../io/backoff.ts";
import { clearSocketPath, listenAtPort, listenPrivately, whyDeaf } from "../../io/net/unix_socket.ts";
import { makePrivately } from "../../platform/mod.ts";
import type { ListenAddress } from "../settings.ts";

/** While settings change, a new listener waits for an old one of ours: so often, and so long each time. */
const PATIENT_TRIES = 30;
const PATIENT_MS = 100;
const TAKEN = "another process listens there";
const NAMES = {
  EADDRINUSE: TAKEN,
  EAI_AGAIN: "the name cannot be resolved",
  EINVAL: "this machine has no such address",
  ENOTFOUND: "there is no host of that name",
};

/** The addresses where this process listens. */
const ours = new Set<string>();

/** Keeps a server listening at an address: a failure is reported once and retried. */
export class Listener {
  failedCount = 0;
  #server: Server | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #port: number | undefined;
  #told: string | undefined;
  #patientTries = 0;
  readonly #backoff = new Backoff(500, 10_000);

  /**
   * @param make gives a server that does not listen yet
   * @param notice gets a line for the user
   */
  constructor(
    readonly address: ListenAddress,
    readonly make: () => Server,
    readonly notice: (line: string) => void,
  ) {}

  /** Where it listens; before, where it wants to. */
  get place(): string {
    const { address } = this;
    if ("path" in address) return `unix:${address.path}`;
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return `http://${host}:${this.#port ?? address.port}/metrics`;
  }

  /** Try to listen; resolves when it does, or has failed for the first time. */
  async open(): Promise<void> {
    const reason = await this.#attempt();
    if (this.#closed) return;
    if (reason === undefined) {
      if (this.#told !== undefined) this.notice(`prometheus: listening at ${this.place} now`);
      else if ("port" in this.address && this.address.port === 0) {
        this.notice(`prometheus: listening at ${this.place}`);
      }
      return;
    }
    if (reason === TAKEN && ours.has(this.#key) && this.#patientTries++ < PATIENT_TRIES) {
      return this.#again(PATIENT_MS);
    }
    this.failedCount++;
    if (this.#told !== reason) {
      this.notice(`prometheus: cannot listen at ${this.place}: ${reason}; trying again`);
    }
    this.#told = reason;
    this.#again(this.#backoff.nextMs());
  }

  /** Listen no more; what is under way has until then to end. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const server = this.#server;
    if (!server) return;
    ours.delete(this.#key);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), withinMs);
    await closed;
    clearTimeout(late);
  }

  get #key(): string {
    return JSON.stringify(this.address);
  }

  #again(delayMs: number): void {
    this.#timer = setTimeout(() => void this.open(), delayMs);
    this.#timer.unref();
  }

  async #attempt(): Promise<string | undefined> {
    const { address } = this;
    try {
      const obstacle = "path" in address ? await clearSocketPath(address.path) : undefined;
      if (obstacle) return obstacle === "in use" ? TAKEN : "something is there that is not a socket";
      const server = this.make();
      await this.#listen(server, await resolved(address));
      if (this.#closed) server.close();
      else {
        this.#server = server;
        const bound = server.address();
        if (bound !== null && typeof bound === "object") this.#port = bound.port;
        ours.add(this.#key);
      }
      return undefined;
    } catch (error) {
      return whyDeaf(error, NAMES);
    }
  }

  async #listen(server: Server, address: ListenAddress): Promise<void> {
    if ("path" in address) await listenPrivately(server, address.path, makePrivately);
    else await listenAtPort(server, address.port, address.host);
    // Later errors belong to a connection and are handled there.
    server.on("error", () => {});
    server.unref();
  }
}

/** The runtimes look names up as well, but not all say what is wrong with them. */
async function resolved(address: ListenAddress): Promise<ListenAddress> {
  if ("path" in address || isIP(address.host) !== 0) return address;
  return { host: (await lookup(address.host)).address, port: address.port };
}
