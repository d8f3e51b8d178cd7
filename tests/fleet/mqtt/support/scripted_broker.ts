/* A broker that does what a test tells it to, right or wrong. */
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { MqttFault } from "../../../../fleet/mqtt/fault.ts";
import { PacketCutter } from "../../../../fleet/mqtt/packet_cutter.ts";
import { connack, suback } from "./made_packets.ts";

const PATIENCE_MS = 60_000;

/** A connection, as the broker sees it. */
export class Peer {
  /** First byte and body of each packet of the client. */
  readonly packets: (readonly [first: number, body: Buffer])[] = [];
  /** As they came. */
  readonly chunks: Buffer[] = [];
  isClosed = false;
  #changed: () => void = () => {};

  constructor(readonly socket: Socket) {
    const cutter = new PacketCutter(1_000_000);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      this.chunks.push(bytes);
      try {
        cutter.push(bytes, ({ first, body }) => this.packets.push([first, Buffer.from(body)]));
      } catch (error) {
        // The beginning of TLS.
        if (!(error instanceof MqttFault)) throw error;
      }
      this.#changed();
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#changed();
    });
  }

  send(...parts: Uint8Array[]): boolean {
    return this.socket.write(Buffer.concat(parts));
  }

  /** Let the client in, and take its subscription. */
  async welcome(version: 4 | 5, ...codes: number[]): Promise<void> {
    await this.until(() => this.packets.length >= 1);
    this.send(connack(version));
    await this.until(() => this.packets.length >= 2);
    this.send(suback(version, ...codes.length === 0 ? [1] : codes));
  }

  async until(holds: () => boolean): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the client did not: ${holds}`)), PATIENCE_MS);
    });
    try {
      while (!holds()) {
        await Promise.race([new Promise<void>((resolve) => this.#changed = resolve), patience]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Packets of this first byte. */
  of(first: number): Buffer[] {
    return this.packets.filter(([found]) => found === first).map(([, body]) => body);
  }
}

/** Waits for connections, and does nothing with them. */
export class ScriptedBroker implements AsyncDisposable {
  readonly peers: Peer[] = [];
  #taken = 0;
  #wake: () => void = () => {};

  private constructor(readonly server: Server) {
    server.on("connection", (socket) => {
      this.peers.push(new Peer(socket));
      this.#wake();
    });
  }

  static async open(): Promise<ScriptedBroker> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedBroker(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The next connection. */
  async next(): Promise<Peer> {
    while (this.peers.length === this.#taken) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.peers[this.#taken++];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
