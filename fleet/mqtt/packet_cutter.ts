import { MqttFault, REASON } from "./fault.ts";

/** Type of a packet: the upper half of its first byte. */
export const PUBLISH = 3;
/** Of an oversized message only its beginning is kept: enough for the longest topic and the packet ID. */
const BEGINNING_BYTES = 65_535 + 4;
/** No packet but PUBLISH has a reason to be longer. */
const MOST_OTHER_BYTES = 256 * 1024;

/** A packet as it came, without its length. */
export interface RawPacket {
  /** Type and flags. */
  readonly first: number;
  /** All after the length; the beginning of it where the packet is oversized. */
  readonly body: Uint8Array;
  /** Bytes of all after the length. */
  readonly length: number;
}

/**
 * Cuts a stream of bytes into packets, however they are split. A packet that lies in one chunk is not copied: its body
 * is a part of the chunk. A message over the bound is read past and handed on without its end, so that whoever sent it
 * does not cost us the connection, and with it every message behind.
 */
export class PacketCutter {
  /** The first byte of the packet that is being read; -1 between two packets. */
  #first = -1;
  #length = 0;
  #lengthBytes = 0;
  /** The body, while it is in more than one chunk. */
  #body: Uint8Array | undefined;
  #have = 0;
  /** Bytes of an oversized message that are yet to be read past. */
  #skip = 0;

  /** @param mostBytes that a message may have with its topic */
  constructor(readonly mostBytes: number) {}

  /**
   * Take the next bytes.
   * @param take called with each packet that is complete now
   * @throws MqttFault for what is not a packet; nothing more can be read then
   */
  push(chunk: Uint8Array, take: (packet: RawPacket) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        at += passed;
        this.#skip -= passed;
        if (this.#skip === 0) this.#done(take, this.#body!);
        continue;
      }
      if (this.#body === undefined) {
        at = this.#readHeader(chunk, at);
        if (this.#lengthBytes >= 0) return;
        const keep = this.#keptBytes();
        if (keep === this.#length && chunk.length - at >= keep) {
          this.#done(take, chunk.subarray(at, at += keep));
          continue;
        }
        this.#body = new Uint8Array(keep);
        this.#have = 0;
      }
      const part = Math.min(this.#body.length - this.#have, chunk.length - at);
      this.#body.set(chunk.subarray(at, at + part), this.#have);
      at += part;
      this.#have += part;
      if (this.#have < this.#body.length) return;
      this.#skip = this.#length - this.#body.length;
      if (this.#skip === 0) this.#done(take, this.#body);
    }
  }

  /** Read first byte and length; `#lengthBytes` is -1 when both are known. */
  #readHeader(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#first === -1) {
      this.#first = chunk[at++];
      this.#length = this.#lengthBytes = 0;
    }
    while (at < chunk.length && this.#lengthBytes >= 0) {
      const byte = chunk[at++];
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes++;
      if (byte < 0x80) this.#lengthBytes = -1;
      else if (this.#lengthBytes === 4) {
        throw new MqttFault("the length of a packet has more than four bytes");
      }
    }
    return at;
  }

  #keptBytes(): number {
    if (this.#first >> 4 === PUBLISH) {
      return this.#length <= this.mostBytes ? this.#length : Math.min(this.#length, BEGINNING_BYTES);
    }
    if (this.#length <= MOST_OTHER_BYTES) return this.#length;
    const what = `a packet of type ${this.#first >> 4} with ${this.#length} bytes`;
    throw new MqttFault(`it sends ${what}`, REASON.packetTooLarge);
  }

  #done(take: (packet: RawPacket) => void, body: Uint8Array): void {
    const packet = { first: this.#first, body, length: this.#length };
    this.#first = -1;
    this.#lengthBytes = 0;
    this.#body = undefined;
    take(packet);
  }
}
