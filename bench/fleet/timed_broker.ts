import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { PacketCutter } from "../../fleet/mqtt/packet_cutter.ts";
import { READING } from "../../fleet/mqtt/reading.ts";
import { connack, publishPacket, suback } from "../../tests/fleet/mqtt/support/made_packets.ts";

const LAST_ID = 65_535;

/** A message for the one reader, and what is to be called once it has acknowledged it. */
export interface Timed {
  readonly topic: string;
  readonly payload: Uint8Array;
  acknowledged(): void;
}

/**
 * A broker for one reader by MQTT 5, as fast as can be: it hands on in order, as many at once as the reader takes, and
 * tells when each message is acknowledged. With a real one between, its own time would be in the delay.
 */
export class TimedBroker implements AsyncDisposable {
  readonly #server: Server;
  #socket: Socket | undefined;
  readonly #queue: Timed[] = [];
  #head = 0;
  readonly #inFlight = new Map<number, Timed>();
  #lastId = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async open(): Promise<TimedBroker> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TimedBroker(server);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Messages that are not acknowledged, or not even handed on. */
  get waiting(): number {
    return this.#queue.length - this.#head + this.#inFlight.size;
  }

  publish(message: Timed): void {
    this.#queue.push(message);
    this.#handOn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#socket = socket.setNoDelay(true);
    const cutter = new PacketCutter(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      cutter.push(chunk, ({ first, body }) => {
        if (first === 0x10) socket.write(connack(5));
        // Each filter that it subscribes to ends with its QoS.
        else if (first === 0x82) socket.write(suback(5, ...filtersIn(body).map(() => 1)));
        else if (first === 0xc0) socket.write(Buffer.of(0xd0, 0));
        else if (first === 0x40) this.#acknowledged(body[0] << 8 | body[1]);
      });
      this.#handOn();
    });
  }

  #acknowledged(packetId: number): void {
    this.#inFlight.get(packetId)?.acknowledged();
    this.#inFlight.delete(packetId);
  }

  #handOn(): void {
    while (this.#socket && this.#head < this.#queue.length && this.#inFlight.size < READING.receiveMaximum) {
      const message = this.#queue[this.#head++];
      do this.#lastId = this.#lastId % LAST_ID + 1; while (this.#inFlight.has(this.#lastId));
      this.#inFlight.set(this.#lastId, message);
      this.#socket.write(publishPacket({ ...message, qos: 1, packetId: this.#lastId }, Buffer.of()));
    }
  }
}

/** The filters of a SUBSCRIBE, after its packet ID and its properties, of which there are none. */
function filtersIn(body: Uint8Array): string[] {
  const filters: string[] = [];
  for (let at = 3; at < body.length;) {
    const length = body[at] << 8 | body[at + 1];
    filters.push(Buffer.from(body.subarray(at + 2, at + 2 + length)).toString());
    at += 2 + length + 1;
  }
  return filters;
}
