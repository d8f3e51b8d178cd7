import { nodeFs } from "../builtins.ts";

/** Bytes that a terminal does not take now are offered again after this. */
const AGAIN_MS = 20;

type Done = (error?: Error | null) => void;

/**
 * A terminal that is not waited for, opened anew: a write to a terminal that stands still (Ctrl-S, a connection that
 * hangs) waits, and with it everything else that we do. The flag that prevents it would hold for everybody who has the
 * same descriptor, the shell first of all.
 */
export class UnwaitedTerminal {
  readonly isTTY = true;
  readonly #descriptor: number;
  readonly #waiting: { readonly bytes: Uint8Array; readonly done: Done }[] = [];
  #at = 0;
  #isWriting = false;
  #idle: (() => void)[] = [];

  /** @param descriptor opened for writes that do not wait */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Write bytes after all that wait. @param done called when they are written, or cannot be */
  write(bytes: Uint8Array, done: Done): void {
    this.#waiting.push({ bytes, done });
    this.#go();
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #go(): void {
    const [first] = this.#waiting;
    if (!first) return this.#idle.splice(0).forEach((resolve) => resolve());
    if (this.#isWriting) return;
    this.#isWriting = true;
    const { bytes } = first;
    nodeFs().write(this.#descriptor, bytes, this.#at, bytes.length - this.#at, null, (error, written) => {
      this.#isWriting = false;
      if (error?.code === "EAGAIN") return void setTimeout(() => this.#go(), AGAIN_MS).unref?.();
      this.#at += written ?? 0;
      if (error || this.#at >= bytes.length) {
        this.#at = 0;
        this.#waiting.shift();
        first.done(error);
      }
      this.#go();
    });
  }
}
