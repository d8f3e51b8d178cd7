import type { Published } from "../ingest/reading.ts";
import type { Arrival } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import type { JournalEntry } from "../store/contract.ts";
import type { Taken } from "./committer.ts";

/** With so many bytes unread they are read before the rest comes: nobody else has a turn while they are. */
const MOST_UNREAD_BYTES = 256 << 10;
/**
 * A longer one is read as it comes, and so is all before it: what it costs is then part of the time that messages are
 * gathered, and not of that in which all of them wait to be acknowledged.
 */
const LARGE_BYTES = 8 << 10;

/** How deliveries are read. */
interface Reader<Delivery> {
  /** What a delivery tells. */
  readonly read: (delivery: Delivery) => readonly Arrival[];
  /** One could not be read: it tells nothing. */
  readonly failed: (delivery: Delivery, error: unknown) => void;
}

/** A delivery that is read when it is asked what it tells, and once. */
class Incoming<Delivery extends Published> implements Taken<Delivery>, JournalEntry {
  #arrivals: readonly Arrival[] | null = null;

  constructor(readonly delivery: Delivery, readonly reader: Reader<Delivery>) {}

  get isRead(): boolean {
    return this.#arrivals !== null;
  }

  get arrivals(): readonly Arrival[] {
    return this.#arrivals ??= this.#read();
  }

  get entry(): JournalEntry {
    return this;
  }

  get unit(): UnitKey {
    return this.arrivals[0]?.sender.unit ?? "/";
  }

  get topic(): string {
    return this.delivery.topic;
  }

  get payload(): Uint8Array {
    return this.delivery.payload;
  }

  get receivedAt(): number {
    return this.delivery.receivedAt;
  }

  get isRetained(): boolean {
    return this.delivery.isRetained;
  }

  /** Whoever asks reads others, too: one that cannot be read is passed over, and holds up none of them. */
  #read(): readonly Arrival[] {
    try {
      return this.reader.read(this.delivery);
    } catch (error) {
      this.reader.failed(this.delivery, error);
      return [];
    }
  }
}

/**
 * Lets deliveries lie until many are read one after another, as the journal's next write does: read one by one, as they
 * come, they cost twice as much, since code and data are in no cache then.
 */
export class Unread<Delivery extends Published> implements Reader<Delivery> {
  #unread: Incoming<Delivery>[] = [];
  #bytes = 0;

  /**
   * @param read what a delivery tells; it is called in the order in which they came
   * @param failed that one could not be read; it tells nothing then, and is acknowledged in its turn
   */
  constructor(
    readonly read: (delivery: Delivery) => readonly Arrival[],
    readonly failed: (delivery: Delivery, error: unknown) => void,
  ) {}

  /** A delivery has come. */
  take(delivery: Delivery): Taken<Delivery> {
    const incoming = new Incoming(delivery, this);
    // Whoever reads one reads all that have come by then.
    if (this.#unread[0]?.isRead) this.#clear();
    this.#unread.push(incoming);
    this.#bytes += delivery.payload.length;
    if (this.#bytes > MOST_UNREAD_BYTES || delivery.payload.length > LARGE_BYTES) this.#readAll();
    return incoming;
  }

  #readAll(): void {
    for (const incoming of this.#unread) void incoming.arrivals;
    this.#clear();
  }

  #clear(): void {
    this.#unread = [];
    this.#bytes = 0;
  }
}
