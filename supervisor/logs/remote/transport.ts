import { createSocket } from "node:dgram";
import type { Socket as DatagramSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { openDatagramSender } from "../../../platform/mod.ts";
import type { RemoteAddress } from "./remote_address.ts";
import { StreamTransport } from "./stream_transport.ts";
import { codeOf, MOST_UNDER_WAY_BYTES } from "./under_way.ts";
import type { Transport } from "./under_way.ts";

/** Open the way to an address; a text says why there is none, and will be none. */
export async function openTransport(address: RemoteAddress): Promise<Transport | string> {
  if (address.kind === "tcp" || address.kind === "tls") return new StreamTransport(address);
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
  #isClosed = false;
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
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    try {
      const { address, family } = await lookup(this.host);
      if (this.#isClosed) return;
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
    this.#isClosed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }
}
