import { whyUnwritten } from "../logs/write_trouble.ts";
import type { KeptProcess, StateDirectory } from "./state_directory.ts";

/** Interval between two attempts to write. */
const RETRY_MS = 500;

/** Called with the reason why the state of a process cannot be written; with null when it can be again. */
export type OnTrouble = (reason: string | null) => void;

/** What the next supervisor has to know of one process: written, and where that fails, tried again until it is. */
export class KeptState {
  /** Why the last of it is not written yet; null when it is. */
  #trouble: string | null = null;
  #pending: KeptProcess | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly directory: StateDirectory, readonly onTrouble: OnTrouble) {}

  /** Write it down; false when that failed, and is tried again. */
  keep(kept: KeptProcess): boolean {
    clearTimeout(this.#timer);
    try {
      this.directory.keep(kept);
    } catch (error) {
      this.#pending = kept;
      this.#timer = setTimeout(() => this.#pending && this.keep(this.#pending), RETRY_MS);
      this.#keepDecisions(kept);
      this.#told(whyUnwritten(error));
      return false;
    }
    this.#pending = null;
    this.#told(null);
    return true;
  }

  /** What a person has decided needs no room, and is written over what is there. */
  #keepDecisions(kept: KeptProcess): void {
    try {
      this.directory.keepDecisions(kept);
    } catch { /* Then nothing new is known of it until the disk works again. */ }
  }

  /** Remove what is kept of it. */
  forget(id: string): void {
    this.#end();
    try {
      this.directory.forget(id);
    } catch (error) {
      // What is left names a process that is gone: the next supervisor clears it away.
      this.#told(whyUnwritten(error));
    }
  }

  /** Write what is not written yet a last time. */
  close(): void {
    if (this.#pending) this.keep(this.#pending);
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#pending = null;
  }

  #told(trouble: string | null): void {
    const before = this.#trouble;
    this.#trouble = trouble;
    if (trouble !== before) this.onTrouble(trouble);
  }
}
