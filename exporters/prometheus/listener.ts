import { chmodSync } from "node:fs";
import { lookup } from "node:dns/promises";
import type { Server } from "node:http";
import { isIP } from "node:net";
import process from "node:process";
import { Backoff } from "../backoff.ts";
import type { ListenAddress } from "../settings.ts";
import { clearSocketPath } from "./socket_path.ts";

/** Only our own user may connect to the socket. */
const MASK = 0o177;
const MODE = 0o600;

/** While settings change, a new listener waits for an old one of ours: so often, and so long each time. */
const PATIENT_TRIES = 30;
const PATIENT_MS = 100;
const TAKEN = "another process listens there";

/** The addresses where this process listens. */
const ours = new Set<string>();

/** Keeps a server listening at an address: where that cannot be had, it is told once and tried again. */
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
      const taken = "path" in address ? await clearSocketPath(address.path) : undefined;
      if (taken !== undefined) return taken;
      const server = this.make();
      await listening(server, await resolved(address));
      if (this.#closed) server.close();
      else {
        this.#server = server;
        const bound = server.address();
        if (bound !== null && typeof bound === "object") this.#port = bound.port;
        ours.add(this.#key);
      }
      return undefined;
    } catch (error) {
      return reasonOf(error as NodeJS.ErrnoException);
    }
  }
}

/** The runtimes look names up as well, but not all say what is wrong with them. */
async function resolved(address: ListenAddress): Promise<ListenAddress> {
  if ("path" in address || isIP(address.host) !== 0) return address;
  return { host: (await lookup(address.host)).address, port: address.port };
}

function listening(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const done = () => {
      server.off("error", reject);
      // What goes wrong later is the connection's, and told there.
      server.on("error", () => {});
      server.unref();
      resolve();
    };
    if ("port" in address) {
      server.listen(address.port, address.host, done);
      return;
    }
    // The socket is made with these rights; changing them later would leave a moment for others.
    const before = process.umask(MASK);
    try {
      server.listen(address.path, () => {
        chmodSync(address.path, MODE);
        done();
      });
    } finally {
      process.umask(before);
    }
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const words: Record<string, string> = {
    EACCES: "permission denied",
    EADDRINUSE: TAKEN,
    EADDRNOTAVAIL: "this machine has no such address",
    EAI_AGAIN: "the name cannot be looked up",
    EINVAL: "this machine has no such address",
    ENOTFOUND: "there is no host of that name",
    ENOENT: "there is no such directory",
    ENOTDIR: "a part of the path is no directory",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
  };
  return words[code ?? ""] ?? message;
}
