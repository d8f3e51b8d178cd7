import { readFileSync } from "node:fs";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { RemoteAddress } from "./remote_address.ts";
import { codeOf, MOST_UNDER_WAY_BYTES } from "./under_way.ts";
import type { Transport } from "./under_way.ts";

const CONNECT_PATIENCE_MS = 10_000;

type StreamAddress = Extract<RemoteAddress, { kind: "tcp" | "tls" }>;

/**
 * A connection, plain or by TLS (RFC 5425), made anew when it is lost; what was on its way then is lost with it. By TLS
 * nothing is sent before the certificate has been found to be that of the host, signed by an authority that is trusted.
 */
export class StreamTransport implements Transport {
  #socket: Socket | undefined;
  #isConnected = false;
  #isClosed = false;
  #fault: string | null = null;

  constructor(readonly address: StreamAddress) {}

  get isIdle(): boolean {
    return !this.#isConnected || this.#socket!.writableLength === 0;
  }

  send(message: Uint8Array): string | null {
    const fault = this.#fault;
    this.#fault = null;
    if (fault !== null) return fault;
    if (!this.#socket) this.#connect();
    if (!this.#isConnected) return "EAGAIN";
    if (this.#socket!.writableLength + message.length > MOST_UNDER_WAY_BYTES) return "EAGAIN";
    this.#socket!.write(message);
    return null;
  }

  #connect(): void {
    if (this.#isClosed) return;
    let socket: Socket;
    try {
      socket = dial(this.address);
    } catch (error) {
      // A certificate cannot be read: it may be renewed just now.
      this.#fault = (error as Error).message;
      return;
    }
    this.#socket = socket;
    socket.unref();
    socket.setTimeout(CONNECT_PATIENCE_MS, () => {
      if (!this.#isConnected) socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" }));
    });
    socket.on(this.address.kind === "tls" ? "secureConnect" : "connect", () => this.#isConnected = true);
    // What it may answer is nothing to us.
    socket.on("data", () => {});
    socket.on("error", (error) => this.#fault = codeOf(error));
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#fault ??= this.#isConnected && !this.#isClosed ? "ECONNRESET" : null;
      this.#socket = undefined;
      this.#isConnected = false;
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.end();
  }
}

/** @throws where a file of a certificate cannot be read, or is none */
function dial(address: StreamAddress): Socket {
  const { host, port } = address;
  if (address.kind === "tcp") return connect({ host, port });
  const { caFile, certFile, keyFile } = address.files;
  const contentOf = (path: string | null) => path === null ? undefined : readFileSync(path);
  return connectSecurely({
    host,
    port,
    // Addresses are no names that a server could be asked for (RFC 6066, 3).
    servername: isIP(host) === 0 ? host : undefined,
    ca: contentOf(caFile),
    cert: contentOf(certFile),
    key: contentOf(keyFile),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  });
}
