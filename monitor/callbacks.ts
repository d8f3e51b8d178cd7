import type { ProctorRecord } from "../core/schema/record.ts";
import type { WatchOptions } from "./options.ts";

/**
 * The callbacks of one run, which are somebody else's code: the first that throws, or whose promise is rejected, ends
 * the run in order, and its error is kept for whoever awaits it. None is called afterwards.
 */
export class Callbacks {
  #failure: { readonly error: unknown } | undefined;
  readonly #pending = new Set<Promise<void>>();

  /** @param failed called when one has failed */
  constructor(readonly options: WatchOptions, readonly failed: () => void = () => {}) {}

  readonly onRecord = (record: ProctorRecord): void => this.#call(() => this.options.onRecord?.(record));
  readonly onNotice = (line: string): void => this.#call(() => this.options.onNotice?.(line));

  /** Whether one has failed. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Wait for the promises that they have given.
   * @throws the error of the one that has failed
   */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure) throw this.#failure.error;
  }

  #call(callback: () => unknown): void {
    if (this.#failure) return;
    try {
      const given = callback();
      if (typeof (given as Promise<unknown> | undefined)?.then !== "function") return;
      const pending = Promise.resolve(given).then(() => {}, (error) => this.#fail(error));
      this.#pending.add(pending);
      pending.then(() => this.#pending.delete(pending));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.failed();
  }
}
