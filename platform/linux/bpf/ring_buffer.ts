import { PAGE_SIZE } from "../proc/page_size.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { Mapping } from "../sys/mapping.ts";
import { createRingBuffer } from "./bpf.ts";
import { ENOMEM } from "../sys/errno.ts";

/** Before each record: its length with two flags, and a word of the kernel's own. */
const HEADER_SIZE = 8;
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;

/** Gets a record. */
type TakeRecord = (bytes: Uint8Array, view: DataView, at: number, length: number) => void;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/**
 * A ring buffer that programs of eBPF write (Documentation/bpf/ringbuf.rst), read without a system call: a page has
 * how far we have read, the next one how far was written, and then come the records. The kernel would map them twice
 * in a row, so that none is broken at the end; one that is, is put together here, for half of the memory.
 */
export class RingBuffer {
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #read: BigUint64Array;
  readonly #written: BigUint64Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** For a record that begins at the end and goes on at the begin. */
  #whole = new Uint8Array(0);
  /** How far was read; exact for 285 years of a gigabyte a second. */
  #position = 0;

  private constructor(
    readonly descriptor: number,
    readonly size: number,
    consumer: Mapping,
    producer: Mapping,
  ) {
    this.#consumer = consumer;
    this.#producer = producer;
    this.#read = new BigUint64Array(consumer.bytes.buffer, consumer.bytes.byteOffset, 1);
    this.#written = new BigUint64Array(producer.bytes.buffer, producer.bytes.byteOffset, 1);
    this.#bytes = producer.bytes.subarray(PAGE_SIZE);
    this.#view = viewOf(this.#bytes);
  }

  /** One with room for at least so many bytes, or -errno. */
  static open(bytes: number): RingBuffer | number {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, PAGE_SIZE)));
    const descriptor = createRingBuffer(size);
    if (descriptor < 0) return descriptor;
    const consumer = Mapping.of(descriptor, 0, PAGE_SIZE, "write");
    const producer = Mapping.of(descriptor, PAGE_SIZE, PAGE_SIZE + size, "read");
    if (consumer && producer) return new RingBuffer(descriptor, size, consumer, producer);
    consumer?.close();
    producer?.close();
    closeFile(descriptor);
    return -ENOMEM;
  }

  /**
   * Hand over what was written, as `bytes[at, at + length)` and a view of the same, valid during the call only.
   * @param barrier a call out of the runtime: what was written is read after how far was, on processors that reorder;
   *   reading a clock does, since its time is read behind such a barrier (vDSO)
   */
  drain(barrier: () => void, take: TakeRecord): void {
    // Atomics.load would write to where only the kernel may, on processors that have no such load.
    const written = Number(this.#written[0]);
    barrier();
    while (this.#position < written) {
      const at = this.#position % this.size;
      const word = this.#view.getUint32(at, true);
      // Somebody is at it still; what comes after waits for the next time.
      if ((word & BUSY) !== 0) break;
      const length = word & ~(BUSY | DISCARDED);
      if ((word & DISCARDED) === 0) this.#hand(at + HEADER_SIZE, length, take);
      this.#position += (HEADER_SIZE + length + 7) & ~7;
    }
    Atomics.store(this.#read, 0, BigInt(this.#position));
  }

  #hand(at: number, length: number, take: TakeRecord): void {
    if (at + length <= this.size) return take(this.#bytes, this.#view, at, length);
    const bytes = this.#bytes;
    if (this.#whole.length < length) this.#whole = new Uint8Array(length);
    // Headers are never broken: a record begins at a multiple of their size.
    this.#whole.set(bytes.subarray(at));
    const before = Math.max(0, this.size - at);
    this.#whole.set(bytes.subarray(0, length - before), before);
    take(this.#whole, viewOf(this.#whole), 0, length);
  }

  /** Give its memory back; programs that write it hold on to theirs. */
  close(): void {
    this.#consumer.close();
    this.#producer.close();
    closeFile(this.descriptor);
  }
}
