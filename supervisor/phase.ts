import { ControlError } from "./control.ts";
import type { SupervisorInfo } from "./control.ts";

/** The life of a supervisor: it starts, runs, and ends. */
export class Phase {
  #state: SupervisorInfo["state"] = "starting";
  /** Resolves when the start is over, however it went: nothing is ended in the midst of it. */
  readonly begun: Promise<void>;
  /** Resolves when the end begins. */
  readonly ending: Promise<void>;
  #haveBegun: () => void = () => {};
  #beginEnd: () => void = () => {};

  constructor() {
    this.begun = new Promise((resolve) => this.#haveBegun = resolve);
    this.ending = new Promise((resolve) => this.#beginEnd = resolve);
  }

  get state(): SupervisorInfo["state"] {
    return this.#state;
  }

  get isEnding(): boolean {
    return this.#state === "stopping";
  }

  /** Processes may be started now. */
  run(): void {
    this.#state = "running";
  }

  /** The start is over, however it went. */
  haveBegun(): void {
    this.#haveBegun();
  }

  /** The end begins. */
  end(): void {
    this.#state = "stopping";
    this.#beginEnd();
  }

  /** @throws ControlError `unavailable` when the end has begun */
  demandNotEnding(): void {
    if (this.isEnding) throw new ControlError("unavailable", "the supervisor is ending");
  }

  /**
   * Waits until the start is over.
   * @throws ControlError `unavailable` when it has failed, or the end has begun
   */
  async demandRunning(): Promise<void> {
    await Promise.race([this.begun, this.ending]);
    this.demandNotEnding();
    if (this.#state === "starting") throw new ControlError("unavailable", "the supervisor did not start");
  }
}
