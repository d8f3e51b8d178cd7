import { EXIT } from "../../../core/error.ts";
import type { Platform } from "../../../platform/mod.ts";

/** Signals that ask a series to end: between two runs nothing else listens. What was ignored at the start stays so. */
export class EndingSignals implements Disposable {
  received: string | undefined;
  readonly #stop: () => void;

  constructor(readonly platform: Platform) {
    this.#stop = platform.onSignals(platform.endingSignals, (name) => void (this.received ??= name));
  }

  /** 128+N. */
  get exitCode(): number {
    return EXIT.signalBase + (this.received === undefined ? 0 : this.platform.signalNumber(this.received));
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
