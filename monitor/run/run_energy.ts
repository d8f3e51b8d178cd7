import { openMachineEnergy } from "../../platform/mod.ts";
import type { EnergyReading, MachineEnergy, NoMachineEnergy } from "../../platform/mod.ts";

const STANDSTILL = "the counters of energy stand still, as in virtual machines";

/** The energy that the machine uses during a run. */
export class RunEnergy {
  readonly #energy: MachineEnergy | null;
  readonly #refusal: NoMachineEnergy | null;
  #dueMs = Infinity;
  #isClosed = false;

  private constructor(energy: MachineEnergy | NoMachineEnergy) {
    this.#energy = "read" in energy ? energy : null;
    this.#refusal = "read" in energy ? null : energy;
  }

  /** Begin to count. */
  static async open(): Promise<RunEnergy> {
    const energy = new RunEnergy(await openMachineEnergy());
    energy.#schedule(performance.now());
    return energy;
  }

  /** What counts, as records name it. */
  get source(): string {
    return this.#energy?.source ?? "none";
  }

  /** Why it cannot be told. */
  get obstacle(): string {
    return this.#refusal?.reason ?? STANDSTILL;
  }

  /** How long the loop may sleep from now on. */
  sleepMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** Look at the counters, when it is time. */
  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    this.#energy!.look();
    this.#schedule(nowMs);
  }

  /** What was used so far; null where nothing is known. */
  read(): EnergyReading | null {
    const reading = this.#energy?.read();
    return reading && Object.values(reading).some((joules) => !Number.isNaN(joules)) ? reading : null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#energy?.close();
  }

  #schedule(nowMs: number): void {
    this.#dueMs = nowMs + (this.#energy?.patienceMs ?? Infinity);
  }
}
