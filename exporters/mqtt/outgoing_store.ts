import { Readable } from "node:stream";
import type { IPublishPacket, IStore, Packet } from "mqtt";

type Stored = { readonly publish: IPublishPacket; released: boolean };

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
    if (packet.cmd === "publish") this.#packets.set(id, { publish: packet, released: false });
    else if (before) before.released = true;
    done();
    return this;
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

  /** The client library closes it with each connection; it stays as it is. */
  close(done: (error?: Error) => void): void {
    done();
  }
}
