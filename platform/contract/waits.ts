import type { PressureReading } from "./host.ts";

/** What the machine has counted of waiting so far: what counts is how much more there is at the end of a run. */
export interface MachineWaits {
  /** null where it was not asked for, or the kernel does not keep it. */
  readonly pressure: PressureReading | null;
  /** CPU time in seconds, of all CPUs, that a hypervisor gave to other machines; NaN where it cannot be read. */
  readonly stealSeconds: number;
  /** For each quota on CPU around us, how long it has made CPUs stand still, in seconds; always in the same order. */
  readonly throttledSeconds: readonly number[];
}

/** Which of {@link MachineWaits} to read. */
export interface WantedWaits {
  readonly pressure: boolean;
  readonly quotas: boolean;
}

/** What keeps processes waiting that the machine, not they, tells. */
export interface Waits {
  /** Read the machine's counts of waiting. */
  machineWaits(wanted: WantedWaits): MachineWaits;
}
