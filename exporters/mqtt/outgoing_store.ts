import { Readable } from "node:stream";
import type { IPublishPacket, IStore, Packet } from "mqtt";

type Stored = { readonly publish: IPublishPacket; released: boolean; brokenCount: number };

/** A packet that was the oldest on this many broken connections is the cause. */
const MOST_BROKEN = 3;

/**
 * The packets that the broker has not acknowledged yet, in order. It outlives a connection: on the next one the client
 * library sends again what is in it, one after another, before anything new.
 */
export class OutgoingStore implements IStore {
  readonly #packets = new Map<number, Stored>();
  /** Whether the broker remembers our session: then it knows what we send again, by its number. */
  isResumed = false;

  get size(): number {
    return this.#packets.size;
  }

  /** Of QoS 2, PUBREL takes the place of a packet that the broker has. */
  put(packet: Packet, done: (error?: Error) => void): this {
    const id = packet.messageId!;
    const before = this.#packets.get(id);
    if (packet.cmd === "publish") {
      this.#packets.set(id, { publish: packet, released: false, brokenCount: before?.brokenCount ?? 0 });
    } else if (before) before.released = true;
    done();
    return this;
  }

  /**
   * The broker has ended a connection that it had let us in by. It takes packets in order, and they are sent again
   * one by one: when the same is the oldest each time, it is that one, which is given up.
   * @returns the number of what is given up
   */
  blame(): number | undefined {
    const [oldest] = this.#packets;
    if (!oldest || ++oldest[1].brokenCount < MOST_BROKEN) return undefined;
    this.#packets.delete(oldest[0]);
    return oldest[0];
  }

  /** A packet is not to be sent again. */
  forget(messageId: number): void {
    this.#packets.delete(messageId);
  }

  /** What is to be sent again: without a session the broker knows of nothing, so everything is new to it. */
  createStream(): ReturnType<IStore["createStream"]> {
    const again = [...this.#packets.values()].map(({ publish, released }): Packet =>
      released && this.isResumed
        ? { cmd: "pubrel", messageId: publish.messageId }
        : { ...publish, dup: this.isResumed }
    );
    // The client library's own kind of stream, which it does not hand out, has the same methods.
    return Readable.from(again) as unknown as ReturnType<IStore["createStream"]>;
  }

  del({ messageId }: Pick<Packet, "messageId">, done: (error?: Error, packet?: Packet) => void): this {
    const stored = this.#packets.get(messageId!);
    this.#packets.delete(messageId!);
    if (stored) done(undefined, stored.publish);
    else done(new Error("missing packet"));
    return this;
  }

  get({ messageId }: Pick<Packet, "messageId">, done: (error?: Error, packet?: Packet) => void): this {
    const stored = this.#packets.get(messageId!);
    if (stored) done(undefined, stored.publish);
    else done(new Error("missing packet"));
    return this;
  }

  /** The client library closes it with each connection; its content stays. */
  close(done: (error?: Error) => void): void {
    done();
  }
}
