import type { IClientOptions, IClientPublishOptions, MqttClient, Packet } from "mqtt";
import { ITS_OWN_REASONS, reasonOfCode, reasonOfError, SILENT } from "./failure.ts";
import type { OutgoingStore } from "./outgoing_store.ts";

/**
 * Of MQTT 3.1.1, where a broker does not tell: Mosquitto confirms more than 20 of QoS 2 and loses them, and others take
 * fewer.
 */
const UNTOLD_IN_FLIGHT = 10;

/** The client library's way in; it is loaded only when it is needed. */
export type Connect = (options: IClientOptions) => MqttClient;

/** What a broker has said it takes. */
export interface BrokerLimits {
  /** Packets without an acknowledgement. */
  readonly inFlightCount: number;
  readonly packetBytes: number;
  readonly qos: 0 | 1 | 2;
}

/** The events of a connection. */
export interface ConnectionEvents {
  /** The broker has let us in, and has everything that was sent before. */
  onReady(limits: BrokerLimits): void;
  /** The broker has taken a packet; or has not, and why. */
  onAcknowledged(messageId: number, refusal?: string): void;
  /** Something was published where we have subscribed. */
  onMessage(topic: string, payload: Uint8Array): void;
  /**
   * It is over, or was never established; called once, with the reason.
   * @param isOurFault whether the broker may have ended it for what we have sent
   */
  onClosed(reason: string, isOurFault: boolean): void;
}

/** One connection to a broker, from the first packet to the last. */
export class Connection {
  isReady = false;
  readonly #client: MqttClient | undefined;
  /** The broker has let us in, and has not said that it goes for reasons of its own. */
  #isBlamable = false;
  #reason: string | undefined;
  #isEnding = false;
  #isOver = false;

  constructor(
    connect: Connect,
    options: IClientOptions,
    readonly store: OutgoingStore,
    readonly events: ConnectionEvents,
  ) {
    try {
      this.#client = connect({ ...options, outgoingStore: store });
    } catch (error) {
      queueMicrotask(() => this.#over(reasonOfError(error)));
      return;
    }
    // Errors without a code, such as an HTTP status in place of a WebSocket, are seen at the stream only.
    this.#client.stream.on("error", (error) => this.#reason ??= reasonOfError(error));
    this.#client.on("error", (error) => this.#fail(reasonOfError(error)));
    this.#client.on("disconnect", ({ reasonCode = 0x8b }) => {
      this.#reason ??= reasonOfCode(reasonCode);
      if (ITS_OWN_REASONS.has(reasonCode)) this.#isBlamable = false;
    });
    this.#client.on("close", () => this.#over(this.#reason ?? "it closes the connection"));
    this.#client.on("packetreceive", (packet) => this.#received(packet));
    this.#client.on("message", (topic, payload) => events.onMessage(topic, payload));
    this.#client.on("connect", ({ properties }) => {
      // It comes when all is sent again, and what was sent may have been the end already.
      if (this.#isEnding) return;
      this.isReady = true;
      events.onReady({
        inFlightCount: options.protocolVersion === 5
          ? properties?.receiveMaximum ?? 0xffff
          : UNTOLD_IN_FLIGHT,
        packetBytes: properties?.maximumPacketSize ?? Infinity,
        qos: (properties?.maximumQoS ?? 2) as 0 | 1 | 2,
      });
    });
  }

  /**
   * Hand a packet to the connection, which must be ready.
   * @param onWritten of QoS 0: it has left us, or not
   * @returns the number by which it will be acknowledged
   */
  publish(
    topic: string,
    payload: string | Buffer,
    options: IClientPublishOptions,
    onWritten: (error?: Error) => void = () => {},
  ): number {
    this.#client!.publish(topic, payload, options, options.qos === 0 ? onWritten : () => {});
    return options.qos === 0 ? 0 : this.#client!.getLastMessageId();
  }

  /**
   * Subscribe, at least once; the connection must be ready.
   * @param onRefused the broker does not allow us to
   */
  subscribe(topic: string, onRefused: (reason: string) => void): void {
    this.#client!.subscribe(topic, { qos: 1 }, (error) => {
      const code = (error as (Error & { readonly code?: number }) | null)?.code;
      // A connection that breaks is told as such, and the next one subscribes again.
      if (typeof code === "number") onRefused(reasonOfCode(code));
    });
  }

  /** Say goodbye: the broker forgets us, and publishes no last will. */
  end(): void {
    this.#leave();
    this.#client?.end(false, { reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
  }

  /** Break it off. */
  destroy(): void {
    this.#leave();
    this.#client?.end(true);
  }

  #leave(): void {
    this.#isEnding = true;
    this.isReady = this.#isBlamable = false;
  }

  #received(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        this.store.isResumed = packet.sessionPresent;
        this.#isBlamable = (packet.reasonCode ?? packet.returnCode ?? 0) === 0;
        return;
      case "puback":
      case "pubrec":
        if ((packet.reasonCode ?? 0) >= 0x80) {
          this.events.onAcknowledged(packet.messageId!, reasonOfCode(packet.reasonCode!));
        } else if (packet.cmd === "puback") this.events.onAcknowledged(packet.messageId!);
        return;
      case "pubcomp":
        this.events.onAcknowledged(packet.messageId!);
    }
  }

  /** A silence is not a refusal; everything else on an open connection is the broker's answer. */
  #fail(reason: string): void {
    const isBlamable = this.#isBlamable && reason !== SILENT;
    this.#reason ??= reason;
    this.destroy();
    this.#isBlamable = isBlamable;
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.isReady = false;
    this.events.onClosed(reason, this.#isBlamable);
  }
}
