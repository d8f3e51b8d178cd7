import { BoundedQueue } from "../../io/bounded_queue.ts";
import type { Gathered } from "./gathering.ts";
import type { Journal } from "./journal.ts";
import type { Waiting } from "./waiting.ts";

/** Messages of one topic that leave together, the oldest first. */
export type Batch = readonly Waiting[];

/** What has not been delivered yet: what waits, bounded, and what is under way. Counts what becomes of all. */
export class Outbox {
  sentCount = 0;
  /** Dropped for other reasons than want of room. */
  lostCount = 0;
  readonly #queue: BoundedQueue<Waiting>;
  readonly #underWay = new Set<Batch>();
  #underWayCount = 0;
  #next = 0;

  /**
   * @param most of each that may wait
   * @param journal keeps a copy on disk
   * @param left what the journal was found with
   */
  constructor(
    most: { readonly count: number; readonly bytes: number },
    readonly journal?: Journal,
    left: readonly Waiting[] = [],
  ) {
    this.#queue = new BoundedQueue(most);
    for (const waiting of left) this.#queue.push(waiting, bytesOf(waiting));
    this.#forget();
  }

  get droppedCount(): number {
    return this.#queue.droppedCount + this.lostCount;
  }

  /** What waits, without what is under way. */
  get gathered(): Gathered {
    const { length: count, bytes } = this.#queue;
    // What an earlier run has left has waited for long enough.
    return { count, bytes, oldestMs: this.#queue.peek()[0]?.sinceMs ?? -Infinity };
  }

  /** How many are not delivered. */
  get queuedCount(): number {
    return this.#queue.length + this.#underWayCount;
  }

  /** Add a message; without room for it the oldest are dropped. */
  push(topic: string, payload: string): void {
    const sequence = this.journal?.next ?? this.#next++;
    const waiting = { sequence, topic, payload, sinceMs: performance.now() };
    this.journal?.append(waiting);
    const dropped = this.#queue.push(waiting, bytesOf(waiting));
    if (dropped.length > 0) this.#forget();
  }

  /** Remove the oldest of one topic, up to a count and a number of bytes, but at least one if there is any. */
  take(count: number, bytes: number): Batch {
    const first = this.#queue.shift();
    if (!first) return [];
    const batch = [first];
    let length = first.payload.length;
    while (batch.length < count) {
      const [next] = this.#queue.peek();
      if (!next || next.topic !== first.topic || length + next.payload.length > bytes) break;
      batch.push(this.#queue.shift()!);
      length += next.payload.length;
    }
    this.#underWay.add(batch);
    this.#underWayCount += batch.length;
    return batch;
  }

  /** The broker has them. */
  delivered(batch: Batch): void {
    this.sentCount += batch.length;
    this.#settle(batch);
  }

  /** They will never be delivered. */
  lost(batch: Batch): void {
    this.lostCount += batch.length;
    this.#settle(batch);
  }

  /** How many of the undelivered are on disk, once it has taken what it can. */
  async keptCount(): Promise<number> {
    if (!this.journal) return 0;
    await this.journal.flush();
    return this.queuedCount - Math.min(this.queuedCount, this.journal.unwrittenCount);
  }

  /** The end: what is not delivered stays on disk, or is dropped. */
  async close(): Promise<void> {
    if (this.journal) return await this.journal.close();
    this.lostCount += this.queuedCount;
    while (this.#queue.shift());
    this.#underWay.clear();
    this.#underWayCount = 0;
  }

  #settle(batch: Batch): void {
    if (this.#underWay.delete(batch)) this.#underWayCount -= batch.length;
    this.#forget();
  }

  /** Tell the journal of the oldest that is still to be delivered. */
  #forget(): void {
    if (!this.journal) return;
    const [oldest] = this.#underWay;
    const sequence = oldest?.[0].sequence ?? this.#queue.peek()[0]?.sequence;
    this.journal.forgetBefore(sequence ?? this.journal.next);
  }
}

/** What a message takes: texts in memory, and what holds them together. */
function bytesOf({ topic, payload }: Waiting): number {
  return payload.length + topic.length + 64;
}
