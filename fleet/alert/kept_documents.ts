import type { Store } from "../store/contract.ts";

/** A collection of small documents in memory, whose changes are written in the order that they were made in. */
export class KeptDocuments {
  #waiting = new Map<string, unknown>();
  #work: Promise<void> | null = null;
  #isFailing = false;
  #changes = 0;

  /** @param say a line for people, where it cannot be written and when it can be again */
  constructor(
    readonly store: Pick<Store, "saveDocuments">,
    readonly collection: string,
    readonly say: (line: string) => void,
  ) {}

  /** Note a change, null for its end; {@link flush} writes it. */
  put(key: string, value: unknown): void {
    this.#waiting.set(key, value);
    this.#changes++;
  }

  /** How many changes were noted until now. */
  get changes(): number {
    return this.#changes;
  }

  /** Write what has changed, all of it or nothing. @returns whether it is written */
  async flush(): Promise<boolean> {
    while (this.#work) await this.#work;
    if (this.#waiting.size === 0) return true;
    const changes = this.#waiting;
    this.#waiting = new Map();
    let isWritten = true;
    this.#work = this.store.saveDocuments(this.collection, changes).then(() => {
      if (this.#isFailing) this.say(`${this.collection}: written again`);
      this.#isFailing = false;
    }, (error: Error) => {
      isWritten = false;
      if (!this.#isFailing) {
        this.say(`${this.collection} cannot be written: ${error.message}; it is tried again`);
      }
      this.#isFailing = true;
      // What has changed since goes before it.
      this.#waiting = new Map([...changes, ...this.#waiting]);
    }).finally(() => this.#work = null);
    await this.#work;
    return isWritten;
  }
}
