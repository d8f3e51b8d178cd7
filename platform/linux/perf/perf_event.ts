import { systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";

// perf_event_open(2), include/uapi/linux/perf_event.h
const ATTRIBUTES_SIZE = 136;
const FORMAT_TOTAL_TIMES = 3; // PERF_FORMAT_TOTAL_TIME_ENABLED, PERF_FORMAT_TOTAL_TIME_RUNNING
const INHERIT = 1 << 1;
const EXCLUDE_KERNEL = 1 << 5;
const EXCLUDE_HYPERVISOR = 1 << 6;
const OF_CGROUP = 1 << 2; // PERF_FLAG_PID_CGROUP
const CLOSE_ON_EXEC = 1 << 3; // PERF_FLAG_FD_CLOEXEC
const NO_GROUP = -1;
const EVERYBODY = -1;
const ANY_CPU = -1;
/** value, time enabled, time running */
const READING_SIZE = 24;

/** What is counted: a kind of counters, and which of them. */
export interface PerfEvent {
  readonly type: number;
  readonly config: number;
}

/** Whose events are counted. */
export type PerfTarget =
  /** A cgroup's and those of all below it, on one CPU: a descriptor of its directory. */
  | { readonly cgroup: number; readonly cpu: number }
  /** A process's, and those of all it will start. */
  | { readonly pid: number; readonly withoutKernel: boolean }
  /** Of all that runs on a CPU. */
  | { readonly cpu: number };

/**
 * Begin to count; a descriptor, with which the counting ends, or -errno.
 * @param leader a counter with which it is to run at the same times
 */
export function openCounter({ type, config }: PerfEvent, target: PerfTarget, leader = NO_GROUP): number {
  const attributes = new ForeignMemory(ATTRIBUTES_SIZE);
  try {
    const { view } = attributes;
    view.setUint32(0, type, true);
    view.setUint32(4, ATTRIBUTES_SIZE, true);
    attributes.setU64(8, config);
    attributes.setU64(32, FORMAT_TOTAL_TIMES);
    if ("pid" in target) {
      view.setUint32(40, INHERIT | (target.withoutKernel ? EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR : 0), true);
    }
    const { address } = attributes;
    const open = (whose: number, cpu: number, flags: number) =>
      systemCall("perf_event_open", address, word(whose), word(cpu), word(leader), flags | CLOSE_ON_EXEC);
    if ("cgroup" in target) return open(target.cgroup, target.cpu, OF_CGROUP);
    return "pid" in target ? open(target.pid, ANY_CPU, 0) : open(EVERYBODY, target.cpu, 0);
  } finally {
    attributes.free();
  }
}

/** An int as the unsigned word that a system call takes. */
function word(value: number): number {
  return value >>> 0;
}

/** What a counter says; times in nanoseconds. */
export interface CounterReading {
  readonly value: number;
  /** For how long it should have counted. */
  readonly enabledNs: number;
  /** For how long it did: less, where others needed the processor's few counters, too. */
  readonly runningNs: number;
}

/** What a counter has counted so far; null when it cannot be read (any more). */
export function readCounter(descriptor: number): CounterReading | null {
  const length = systemCall("read", descriptor, reading.address, READING_SIZE);
  if (length !== READING_SIZE) return null;
  return { value: reading.getU64(0), enabledNs: reading.getU64(8), runningNs: reading.getU64(16) };
}

const reading = new ForeignMemory(READING_SIZE);
