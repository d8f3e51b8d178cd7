import type { Socket } from "node:net";
import type { Broker } from "../../../exporters/mqtt/broker.ts";
import { reasonOfCode } from "../../../exporters/mqtt/failure.ts";
import { openSocket } from "../../../fleet/mqtt/open_socket.ts";
import { PacketCutter } from "../../../fleet/mqtt/packet_cutter.ts";
import { readPacket } from "../../../fleet/mqtt/read_packet.ts";
import { connectPacket, disconnectPacket, packet, PING } from "../../../fleet/mqtt/write_packet.ts";

/** Messages that wait for their acknowledgement at most. */
const MOST_IN_FLIGHT = 500;
const PING_MS = 20_000;

type Message = { readonly topic: string; readonly payload: Uint8Array; readonly isRetained: boolean };

function counted(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** Publishes with QoS 1 by MQTT 3.1.1 over one connection, and costs little. */
export class Publisher {
  /** Messages that the broker has not acknowledged. */
  inFlight = 0;
  #lastId = 0;
  #waiting: (() => void)[] = [];
  #failure: Error | undefined;
  readonly #socket: Socket;
  readonly #ping: ReturnType<typeof setInterval>;
  #admitted: (() => void) | undefined;

  private constructor(broker: Broker, clientId: string) {
    const { username, password } = broker;
    const request = {
      ...{ version: 4 as const, clientId, username, password: password?.toString() },
      ...{ keepaliveSeconds: 60, isClean: true, sessionExpirySeconds: 0 },
      ...{ receiveMaximum: 0, maximumPacketBytes: 0 },
    };
    this.#socket = openSocket(broker, () => this.#socket.write(connectPacket(request)));
    const cutter = new PacketCutter(0);
    this.#socket.on("data", (chunk: Uint8Array) => {
      cutter.push(chunk, (raw) => {
        if (raw.first === 0x40) this.inFlight--;
        else if (raw.first === 0x20) {
          const connack = readPacket(raw, 4);
          if (connack.kind === "connack" && connack.code !== 0) {
            this.#fail(new Error(reasonOfCode(connack.code)));
          } else this.#admitted?.();
        }
      });
      this.#wake();
    });
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the broker closes the connection")));
    this.#ping = setInterval(() => this.#socket.write(PING), PING_MS);
  }

  /** Connect. @throws Error when the broker cannot be reached, or does not let us in */
  static async open(broker: Broker, clientId: string): Promise<Publisher> {
    const publisher = new Publisher(broker, clientId);
    let isAdmitted = false;
    publisher.#admitted = () => isAdmitted = true;
    await publisher.#until(() => isAdmitted);
    return publisher;
  }

  /** Publish as soon as there is room; resolves once it is on its way. @throws Error when the connection is gone */
  async publish(message: Message): Promise<void> {
    if (this.inFlight >= MOST_IN_FLIGHT || this.#failure) {
      await this.#until(() => this.inFlight < MOST_IN_FLIGHT);
    }
    this.inFlight++;
    this.#lastId = this.#lastId % 65_535 + 1;
    this.#socket.write(packet(
      0x32 | (message.isRetained ? 1 : 0),
      counted(Buffer.from(message.topic)),
      Buffer.of(this.#lastId >> 8, this.#lastId & 0xff),
      message.payload,
    ));
  }

  /** Resolves once the broker has all. @throws Error when the connection is gone before */
  drained(): Promise<void> {
    return this.#until(() => this.inFlight === 0);
  }

  /** Say goodbye. */
  async close(): Promise<void> {
    clearInterval(this.#ping);
    if (this.#failure) return;
    const gone = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.end(disconnectPacket(0, 4));
    await gone;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure) throw this.#failure;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    clearInterval(this.#ping);
    this.#socket.destroy();
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
