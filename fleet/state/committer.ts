import type { Arrival } from "../model/arrival.ts";
import type { JournalEntry, Store } from "../store/contract.ts";
import { Backoff } from "../../io/backoff.ts";
import { printable } from "../../core/printable.ts";
import { pause } from "../../io/deadline.ts";
import { applyEntry } from "./apply_entry.ts";
import type { FleetState } from "./fleet_state.ts";

/** What came waits for others so long, or until there is so much of it, and is written with them. */
const GATHER_MS = 100;
/** On a slow disk more is gathered: nothing else is done while it writes, which is to be a tenth of the time … */
const GATHER_PER_WRITE = 9;
/** … as long as nobody waits longer for it than that. */
const LONGEST_GATHER_MS = 1_000;
const GATHER_BYTES = 4 << 20;
/** A broker that stands still after so many messages waits for their acknowledgement. */
const LEAST_WINDOW = 8;
/** With so much unwritten no more is read from the broker, until half of it is written. */
const MOST_WAITING_BYTES = 16 << 20;
/** What a message takes besides its payload. */
const OVERHEAD_BYTES = 200;
const RETRY_MS = [500, 30_000] as const;

/** Something from the broker, and what it tells. */
export interface Taken<Delivery> {
  readonly delivery: Delivery;
  readonly entry: JournalEntry;
  readonly arrivals: readonly Arrival[];
}

/** Where deliveries come from. */
export interface DeliverySource<Delivery> {
  /** These are safe: the broker may forget them. */
  acknowledge(deliveries: readonly Delivery[]): void;
  pause(): void;
  resume(): void;
}

/** What has to be done before something is in the journal. */
export interface Preparation {
  /** @param count of the arrivals, whatever they are */
  ensure(count: number, arrivals: Iterable<Arrival>): Promise<void>;
}

/**
 * Writes what came into the journal, acknowledges it, and applies it, in this order: what the broker may forget is
 * never lost, and nothing is told of that could be.
 */
export class Committer<Delivery> {
  #waiting: Taken<Delivery>[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #work: Promise<void> | null = null;
  #fault: string | null = null;
  #sequence: number;
  /** Wakes the work before its time. */
  #hurry = new AbortController();
  /** So many messages the broker sends before it waits for their acknowledgement, as far as that has shown. */
  #window = Infinity;
  #lastAt = 0;
  #gatherMs = GATHER_MS;
  readonly #closing = new AbortController();

  /**
   * @param sequence the last entry that is in the state
   * @param say a line for people: that the journal cannot be written, and that it can be again
   * @param applied that all of these are in the state, and in the journal up to an entry
   */
  constructor(
    readonly state: Pick<FleetState, "apply">,
    readonly store: Pick<Store, "append">,
    readonly numbers: Preparation,
    readonly source: DeliverySource<Delivery>,
    sequence: number,
    readonly say: (level: "info" | "error", line: string) => void,
    readonly applied: (arrivals: Iterable<Arrival>, sequence: number) => void = () => {},
  ) {
    this.#sequence = sequence;
  }

  /** The last entry of the journal that is in the state. */
  get sequence(): number {
    return this.#sequence;
  }

  /** What came and is not in the journal yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Why nothing can be written at the moment; null where it can be. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Take something in; it is acknowledged when it is in the journal. */
  take(taken: Taken<Delivery>): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(taken);
    this.#waitingBytes += taken.entry.payload.length + OVERHEAD_BYTES;
    this.#lastAt = performance.now();
    if (this.#waitingBytes > GATHER_BYTES || this.#waiting.length >= this.#window) this.#hurry.abort();
    if (this.#waitingBytes > MOST_WAITING_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.source.pause();
    }
    this.#work ??= this.#run().finally(() => this.#work = null);
  }

  /** Write what is there; nothing more is taken in. What cannot be written stays with the broker. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#hurry.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(...RETRY_MS);
    while (this.#waiting.length > 0) {
      await pause(this.#gatherMs, this.#hurry.signal);
      if (!this.#closing.signal.aborted) this.#hurry = new AbortController();
      const batch = this.#waiting.splice(0);
      this.#learnWindow(batch.length);
      const last = await this.#append(batch);
      if (last !== null) {
        backoff.reset();
        this.#apply(batch, last);
      } else {
        this.#waiting = batch.concat(this.#waiting);
        if (this.#closing.signal.aborted) return;
        await pause(backoff.nextMs(), this.#closing.signal);
      }
    }
  }

  /** To gather on while the broker waits for us would bring its messages to a standstill. */
  #learnWindow(count: number): void {
    const stoodStill = performance.now() - this.#lastAt > this.#gatherMs / 2;
    if (count > this.#window) this.#window = Infinity;
    else if (stoodStill && count >= LEAST_WINDOW) this.#window = count;
  }

  /** Write the entries; the sequence number of the last, or null when they cannot be written now. */
  async #append(batch: readonly Taken<Delivery>[]): Promise<number | null> {
    try {
      const told = batch.filter(({ arrivals }) => arrivals.length > 0);
      await this.numbers.ensure(
        told.reduce((sum, { arrivals }) => sum + arrivals.length, 0),
        arrivalsOf(told),
      );
      if (told.length === 0) return this.#sequence;
      const began = performance.now();
      const last = await this.store.append(told.map(({ entry }) => entry));
      const wanted = GATHER_PER_WRITE * (performance.now() - began);
      this.#gatherMs = Math.min(LONGEST_GATHER_MS, Math.max(GATHER_MS, wanted));
      if (this.#fault !== null) this.say("info", "the store can be written again");
      this.#fault = null;
      return last;
    } catch (error) {
      const why = (error as Error).message;
      if (this.#fault === null) this.say("error", `${why}; what comes waits at the broker meanwhile`);
      this.#fault = why;
      return null;
    }
  }

  #apply(batch: readonly Taken<Delivery>[], last: number): void {
    this.source.acknowledge(batch.map(({ delivery }) => delivery));
    for (const { entry, arrivals } of batch) {
      applyEntry(this.state, entry, arrivals, (topic, error) => {
        this.say("error", `a message to ${printable(topic)} cannot be applied: ${(error as Error).message}`);
      });
      this.#waitingBytes -= entry.payload.length + OVERHEAD_BYTES;
    }
    this.#sequence = last;
    this.applied(arrivalsOf(batch), last);
    this.#resume();
  }

  #resume(): void {
    if (this.#isPaused && this.#waitingBytes < MOST_WAITING_BYTES / 2) {
      this.#isPaused = false;
      this.source.resume();
    }
  }
}

function* arrivalsOf(batch: readonly Taken<unknown>[]): Generator<Arrival> {
  for (const { arrivals } of batch) yield* arrivals;
}
