import type { Counts } from "../../contract/counters.ts";
import type { PerfEvent } from "./perf_event.ts";

// perf_event_open(2): `type` and `config`.
const HARDWARE_TYPE = 0;
const SOFTWARE_TYPE = 1;

/** A figure of {@link Counts} that a counter gives. */
export type CountName = Exclude<keyof Counts, "runningShare">;

/** An event, and the figure it gives. */
export interface CountedEvent extends PerfEvent {
  readonly name: CountName;
  /** Whether it happens in the kernel alone: without the kernel it would count nothing, and say 0. */
  readonly isOfKernel?: boolean;
}

/** What the kernel itself counts, everywhere; the clock in nanoseconds. */
export const SOFTWARE_EVENTS: readonly CountedEvent[] = [
  { name: "taskClockSeconds", type: SOFTWARE_TYPE, config: 1 },
  { name: "contextSwitches", type: SOFTWARE_TYPE, config: 3, isOfKernel: true },
  { name: "migrations", type: SOFTWARE_TYPE, config: 4, isOfKernel: true },
  { name: "pageFaults", type: SOFTWARE_TYPE, config: 2 },
];

/** What the processor counts. Those of a pair run at the same times, so that what one is to the other is true. */
export const HARDWARE_PAIRS: readonly (readonly CountedEvent[])[] = [
  [
    { name: "cycles", type: HARDWARE_TYPE, config: 0 },
    { name: "instructions", type: HARDWARE_TYPE, config: 1 },
  ],
  [
    { name: "cacheReferences", type: HARDWARE_TYPE, config: 2 },
    { name: "cacheMisses", type: HARDWARE_TYPE, config: 3 },
  ],
  [
    { name: "branches", type: HARDWARE_TYPE, config: 4 },
    { name: "branchMisses", type: HARDWARE_TYPE, config: 5 },
  ],
];

/** The figures that {@link HARDWARE_PAIRS} give. */
export const HARDWARE_NAMES: readonly CountName[] = HARDWARE_PAIRS.flat().map(({ name }) => name);
