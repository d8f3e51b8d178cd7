import type { Socket } from "node:net";
import { printable } from "../../core/printable.ts";
import type { Broker } from "../../exporters/mqtt/broker.ts";
import { reasonOfCode, reasonOfError, SILENT } from "../../exporters/mqtt/failure.ts";
import { MqttFault, REASON } from "./fault.ts";
import { openSocket } from "./open_socket.ts";
import { PacketCutter } from "./packet_cutter.ts";
import { readPacket } from "./read_packet.ts";
import type { ConnackPacket, IncomingPacket, ProtocolVersion, PublishPacket } from "./read_packet.ts";
import { ANSWER, answers, connectPacket, disconnectPacket, PING, subscribePacket } from "./write_packet.ts";

/** Until CONNACK, from the first try to reach the broker; and from there until SUBACK. */
const SETUP_WITHIN_MS = 10_000;
/** A socket that is to end has so long for what is written to leave. */
const LINGER_MS = 1_000;
const SUBSCRIBE_ID = 1;
/** First byte of what a broker says first. */
const CONNACK = 0x20;
const CLOSED = "it closes the connection";
/** Characters of a broker's own words that are told. */
const MOST_SAID = 200;
/** The one reason code for which trying again soon would do harm (OASIS MQTT 5.0, 3.14.2.1). */
const TAKEN_OVER = 0x8e;

/** What a session asks of each of its connections. */
export interface ConnectionSettings {
  readonly broker: Broker;
  readonly clientId: string;
  /** Filters of topics; none: nothing is read, and to be let in is all. */
  readonly subscriptions: readonly string[];
  /** How long the broker keeps what is published while we are away; 0: not at all. */
  readonly sessionExpirySeconds: number;
  /** Messages that may wait for their acknowledgement. MQTT 3.1.1 does not tell the broker. */
  readonly receiveMaximum: number;
  /** What is longer is acknowledged and read past. */
  readonly maximumPacketBytes: number;
  readonly keepaliveSeconds: number;
  /** Until the broker has let us in, and again until it has taken the subscriptions. */
  readonly setupMs?: number;
}

/** Why a connection is over. */
export interface Ending {
  /** In words that go on after "the broker: ". */
  readonly reason: string;
  /** `taken over`: another client has our client ID. `sudden`: closed or broken off without a word. */
  readonly kind: "taken over" | "sudden" | "other";
}

/** What happens on a connection. */
export interface ConnectionHandlers {
  /** The broker has taken all subscriptions. */
  subscribed(isSessionPresent: boolean): void;
  message(message: PublishPacket): void;
  /** It is over, or was never established, not by `close`. Called once; nothing else is called after it. */
  over(ending: Ending): void;
}

/** One connection to a broker, from the first byte to the last. */
export class Connection {
  readonly #version: ProtocolVersion;
  readonly #socket: Socket;
  readonly #cutter: PacketCutter;
  /** Packet IDs of messages of QoS 2 that we have said we have. */
  readonly #received = new Set<number>();
  #stage: "connecting" | "subscribing" | "ready" | "over" = "connecting";
  #hasHeard = false;
  #isSessionPresent = false;
  #keepaliveMs: number;
  #heardAt = performance.now();
  #wroteAt = performance.now();
  #stageSince = performance.now();
  #isPaused = false;
  #unacknowledged = 0;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(readonly settings: ConnectionSettings, readonly handlers: ConnectionHandlers) {
    const { broker, maximumPacketBytes, keepaliveSeconds } = settings;
    this.#version = broker.protocolVersion === 5 ? 5 : 4;
    this.#cutter = new PacketCutter(maximumPacketBytes);
    this.#keepaliveMs = keepaliveSeconds * 1_000;
    const socket = this.#socket = openSocket(broker, () => this.#opened());
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("error", (error) => this.#end(reasonOfError(error), "sudden"));
    socket.on("close", () => this.#end(CLOSED, "sudden"));
    const shortest = Math.min(this.#keepaliveMs, settings.setupMs ?? SETUP_WITHIN_MS);
    this.#watch = setInterval(() => this.#look(), Math.min(1_000, shortest / 4));
  }

  /** Tell the broker that these are safe here, all in one write; the oldest first. */
  acknowledge(messages: readonly { readonly qos: 0 | 1 | 2; readonly packetId: number }[]): void {
    if (this.#stage === "over") return;
    const due: [first: number, packetId: number][] = [];
    for (const { qos, packetId } of messages) {
      if (qos === 1) due.push([ANSWER.puback, packetId]);
      else if (qos === 2) {
        this.#received.add(packetId);
        due.push([ANSWER.pubrec, packetId]);
      }
    }
    this.#unacknowledged -= due.length;
    if (due.length > 0) this.#write(answers(due));
  }

  /** Read no more for now; the broker keeps what it has for us. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** Read on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Whatever it has said since was not read.
    this.#heardAt = this.#stageSince = performance.now();
    this.#socket.resume();
  }

  /** Say goodbye; the broker keeps the session. Resolves when the connection is gone. */
  async close(): Promise<void> {
    if (this.#stage === "over") return;
    const gone = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    const last = this.#stage === "connecting" ? undefined : disconnectPacket(0, this.#version);
    this.#leave(last);
    await gone;
  }

  #opened(): void {
    const { clientId, sessionExpirySeconds, receiveMaximum, maximumPacketBytes, keepaliveSeconds } =
      this.settings;
    const { username, password } = this.settings.broker;
    this.#write(connectPacket({
      ...{ version: this.#version, clientId, username, password: password?.toString() },
      ...{ keepaliveSeconds, receiveMaximum, maximumPacketBytes },
      ...{ isClean: sessionExpirySeconds === 0, sessionExpirySeconds },
    }));
  }

  #take(chunk: Uint8Array): void {
    if (this.#isOver()) return;
    let fault: MqttFault | undefined;
    // Text of another protocol may look like the beginning of a long packet, of which the rest never comes.
    if (!this.#hasHeard && chunk[0] !== CONNACK) return this.#fail(new MqttFault("it does not speak MQTT"));
    this.#hasHeard = true;
    const packets: IncomingPacket[] = [];
    try {
      this.#cutter.push(chunk, (raw) => packets.push(readPacket(raw, this.#version)));
    } catch (error) {
      if (!(error instanceof MqttFault)) throw error;
      fault = error;
    }
    if (packets.length > 0) this.#heardAt = performance.now();
    // Packets before the fault are good.
    for (const packet of packets) {
      const breach = this.#handle(packet);
      if (breach) return this.#fail(breach);
      if (this.#isOver()) return;
    }
    if (fault) this.#fail(fault);
  }

  #isOver(): boolean {
    return this.#stage === "over";
  }

  #handle(packet: IncomingPacket): MqttFault | undefined {
    if ((this.#stage === "connecting") !== (packet.kind === "connack")) {
      return new MqttFault("it sends CONNACK where it may not", REASON.protocol);
    }
    switch (packet.kind) {
      case "connack":
        return this.#admitted(packet);
      case "publish":
        return this.#message(packet);
      case "suback":
        return this.#answered(packet.packetId, packet.codes);
      case "pubrel":
        this.#received.delete(packet.packetId);
        this.#write(answers([[ANSWER.pubcomp, packet.packetId]]));
        return undefined;
      case "disconnect":
        this.#end(
          packet.code === 0 ? CLOSED : told(reasonOfCode(packet.code), packet.reason),
          packet.code === TAKEN_OVER ? "taken over" : "other",
        );
        return undefined;
      case "pingresp":
        return undefined;
    }
  }

  #admitted({ code, reason, isSessionPresent, serverKeepAlive }: ConnackPacket): undefined {
    if (code !== 0) return this.#end(told(reasonOfCode(code), reason));
    this.#isSessionPresent = isSessionPresent;
    if (serverKeepAlive !== null && serverKeepAlive > 0) this.#keepaliveMs = serverKeepAlive * 1_000;
    if (this.settings.subscriptions.length === 0) {
      this.#stage = "ready";
      this.handlers.subscribed(isSessionPresent);
      return;
    }
    this.#stage = "subscribing";
    this.#stageSince = performance.now();
    // Also where there is a session: its subscriptions may be others.
    this.#write(subscribePacket(SUBSCRIBE_ID, this.settings.subscriptions, this.#version));
  }

  #answered(packetId: number, codes: Uint8Array): MqttFault | undefined {
    const { subscriptions } = this.settings;
    if (packetId !== SUBSCRIBE_ID || codes.length !== subscriptions.length || this.#stage !== "subscribing") {
      return new MqttFault("it answers a subscription that there is not", REASON.protocol);
    }
    for (const [index, code] of codes.entries()) {
      // Without acknowledgements a message is lost with whoever has just received it.
      if (code === 1 || code === 2) continue;
      const why = code === 0 ? "it takes it with QoS 0 only" : reasonOfCode(code);
      this.#leave(disconnectPacket(0, this.#version));
      this.handlers.over({
        reason: `no subscription to ${subscriptions[index]}: ${why}`,
        kind: "other",
      });
      return undefined;
    }
    this.#stage = "ready";
    this.handlers.subscribed(this.#isSessionPresent);
    return undefined;
  }

  #message(message: PublishPacket): MqttFault | undefined {
    const { qos, packetId } = message;
    if (qos === 2 && this.#received.has(packetId)) {
      this.#write(answers([[ANSWER.pubrec, packetId]]));
      return undefined;
    }
    if (qos > 0 && ++this.#unacknowledged > this.settings.receiveMaximum && this.#version === 5) {
      return new MqttFault("it sends more messages at once than we take", REASON.receiveMaximum);
    }
    this.handlers.message(message);
    return undefined;
  }

  /** Looks after what is due: a sign of life of ours, an answer of the broker's. */
  #look(): void {
    const now = performance.now();
    if (this.#isSettingUp()) {
      if (this.#isPaused || now - this.#stageSince < (this.settings.setupMs ?? SETUP_WITHIN_MS)) return;
      this.#end(this.#stage === "connecting" ? "it does not answer" : "it does not answer the subscription");
      return;
    }
    if (now - this.#wroteAt >= this.#keepaliveMs * 0.75) this.#write(PING);
    // Only whole packets count: a broker that sends byte by byte stands still, too.
    if (!this.#isPaused && now - this.#heardAt >= this.#keepaliveMs * 1.5) this.#end(SILENT);
  }

  #isSettingUp(): boolean {
    return this.#stage === "connecting" || this.#stage === "subscribing";
  }

  #write(bytes: Uint8Array): void {
    this.#wroteAt = performance.now();
    this.#socket.write(bytes);
  }

  #fail(fault: MqttFault): void {
    // The fault of what is no broker at all is of no interest.
    const reason = this.#stage === "connecting" ? "it does not speak MQTT" : fault.message;
    this.#leave(this.#version === 5 ? disconnectPacket(fault.code, 5) : undefined);
    this.handlers.over({ reason, kind: "other" });
  }

  #end(reason: string, kind: Ending["kind"] = "other"): undefined {
    if (this.#isOver()) return;
    this.#leave(undefined);
    this.handlers.over({ reason, kind });
  }

  /** @param last leaves before the connection is closed */
  #leave(last: Uint8Array | undefined): void {
    this.#stage = "over";
    clearInterval(this.#watch);
    if (last === undefined) {
      this.#socket.destroy();
      return;
    }
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => clearTimeout(linger));
    this.#socket.end(last);
    // One that is paused would not see its end.
    this.#socket.resume();
  }
}

/** What a code means, and what the broker says beside it. */
function told(meaning: string, said: string | null): string {
  return said === null ? meaning : `${meaning} (${printable(said.slice(0, MOST_SAID))})`;
}
