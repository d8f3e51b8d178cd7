import { createSocket } from "node:dgram";
import type { Socket as DatagramSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { openDatagramSender } from "../../../platform/mod.ts";
import type { RemoteAddress } from "./remote_address.ts";

/** What carries messages to a log. */
export interface Transport {
  /** Take a message over, or say by an error code why not: `EAGAIN` where there is just no room. Never waits. */
  send(message: Uint8Array): string | null;
  /** Whether all that was taken over has left. */
  readonly isIdle: boolean;
  close(): void;
}

/** What may be on its way within the runtime. */
const MOST_UNDER_WAY_BYTES = 262_144;
const CONNECT_PATIENCE_MS = 10_000;
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

/** Open the way to an address; a text says why there is none, and will be none. */
export async function openTransport(address: RemoteAddress): Promise<Transport | string> {
  if (address.kind === "tcp") return new TcpTransport(address.host, address.port);
  if (address.kind === "udp") return new UdpTransport(address.host, address.port);
  const sender = await openDatagramSender(address.path);
  return typeof sender === "string"
    ? sender
    : { send: (message) => sender.send(message), isIdle: true, close: () => sender.close() };
}

/** Datagrams over the network: whether they arrive nobody tells. */
class UdpTransport implements Transport {
  #socket: DatagramSocket | undefined;
  #address: string | undefined;
  #fault: string | null = null;
  #isLooking = false;
  readonly #underWay: Uint8Array[] = [];
  #underWayBytes = 0;

  constructor(readonly host: string, readonly port: number) {}

  get isIdle(): boolean {
    return this.#underWayBytes === 0;
  }

  send(message: Uint8Array): string | null {
    const fault = this.#fault;
    this.#fault = null;
    if (fault !== null) return fault;
    const socket = this.#socket;
    if (!socket) {
      void this.#open();
      return "EAGAIN";
    }
    if (this.#underWayBytes + message.length > MOST_UNDER_WAY_BYTES) return "EAGAIN";
    this.#underWayBytes += message.length;
    this.#underWay.push(message);
    if (this.#underWay.length === 1) this.#sendNext(socket);
    return null;
  }

  /** One after the other: runtimes promise no order of those that are sent at the same time. */
  #sendNext(socket: DatagramSocket): void {
    const [message] = this.#underWay;
    if (message === undefined || this.#socket !== socket) return;
    socket.send(message, this.port, this.#address!, (error) => {
      this.#underWay.shift();
      this.#underWayBytes -= message.length;
      // One that is refused is lost; the next tells why.
      if (error) this.#fault = codeOf(error);
      this.#sendNext(socket);
    });
  }

  /** The name is looked up once, so that no message waits for that. */
  async #open(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { address, family } = await lookup(this.host);
      const socket = createSocket(family === 6 ? "udp6" : "udp4");
      socket.on("error", (error) => this.#fault = codeOf(error));
      socket.unref();
      [this.#address, this.#socket] = [address, socket];
    } catch (error) {
      this.#fault = codeOf(error);
    } finally {
      this.#isLooking = false;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/** A connection, made anew when it is lost; what was on its way then is lost with it. */
class TcpTransport implements Transport {
  #socket: Socket | undefined;
  #isConnected = false;
  #isClosed = false;
  #fault: string | null = null;

  constructor(readonly host: string, readonly port: number) {}

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
    const socket = connect({ host: this.host, port: this.port });
    this.#socket = socket;
    socket.unref();
    socket.setTimeout(CONNECT_PATIENCE_MS, () => {
      if (!this.#isConnected) socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" }));
    });
    socket.on("connect", () => this.#isConnected = true);
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
