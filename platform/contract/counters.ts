import type { Finding } from "./self.ts";

/** What a tree came to as the kernel and the processor count it; NaN where nobody does. */
export interface Counts {
  /** CPU time. */
  taskClockSeconds: number;
  contextSwitches: number;
  /** How often a thread went on on another CPU. */
  migrations: number;
  pageFaults: number;
  cycles: number;
  instructions: number;
  /** Of the last level of caches. */
  cacheReferences: number;
  cacheMisses: number;
  branches: number;
  branchMisses: number;
  /**
   * For which part of the time the processor's counters ran, 0 to 1: where others needed them, too, they took turns, and
   * their figures are scaled.
   */
  runningShare: number;
}

/** Where {@link Counts} come from. */
export type CounterSource = "perf_cgroup" | "perf_inherited" | "libproc";

/** Counts the events of a tree. Nothing of it outlives this process, whatever way that ends. */
export interface TreeCounters {
  /** null where nothing can be counted. */
  readonly source: CounterSource | null;
  /** Whether what the kernel does for the tree is counted, too. */
  readonly includesKernel: boolean;
  /** Why it is no better; null where it counts all. */
  readonly obstacle: string | null;
  /** Whether any of the processor's counters is there. */
  readonly hasHardware: boolean;
  /** Why the processor's counters, or some of them, are missing; null where they are there, or nobody has tried yet. */
  readonly hardwareObstacle: string | null;
  /** How to get more; null where there is no more. */
  readonly advice: string | null;
  /** Why not all was counted though it could have been; null where it was, as of the last {@link read}. */
  readonly gap: string | null;
  /** All that was counted so far. */
  read(): Counts;
}

/** The energy, in joules, that parts of the machine have used; NaN where nobody counts it. */
export interface EnergyReading {
  /** Processors, with their caches and built-in graphics. */
  packageJoules: number;
  /** Of that: the cores. */
  coreJoules: number;
  /** Of that: the built-in graphics. */
  graphicsJoules: number;
  memoryJoules: number;
  /** All that one power supply feeds, the processors included. */
  platformJoules: number;
}

/** Counts the energy that the whole machine uses, from the moment it was opened. */
export interface MachineEnergy {
  readonly source: string;
  /** It has to be {@link look}ed at as often as that, in milliseconds: its counters go round. */
  readonly patienceMs: number;
  look(): void;
  /** As of now. */
  read(): EnergyReading;
  close(): void;
}

/** Why energy cannot be told, and what would raise it. */
export interface NoMachineEnergy {
  readonly reason: string;
  readonly advice: string;
}

/** The energy of the machine. */
export interface EnergyMeters {
  machineEnergy(): Promise<MachineEnergy | NoMachineEnergy>;
  /** Whether it can be told, for `proctor doctor`. */
  machineEnergyFinding(): Promise<Finding>;
}

/** Counts that nobody has counted. */
export function unknownCounts(): Counts {
  return {
    taskClockSeconds: NaN,
    contextSwitches: NaN,
    migrations: NaN,
    pageFaults: NaN,
    cycles: NaN,
    instructions: NaN,
    cacheReferences: NaN,
    cacheMisses: NaN,
    branches: NaN,
    branchMisses: NaN,
    runningShare: NaN,
  };
}
