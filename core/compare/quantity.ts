import { byName, METRIC, TOTALS, unitOf } from "../measure/metrics.ts";
import type { Unit } from "../measure/metrics.ts";
import type { Accounting, SummaryRecord } from "../schema/record.ts";
import type { QuantityName } from "./quantity_name.ts";
export type { QuantityName } from "./quantity_name.ts";

/** A total of a summary that runs are compared by. */
interface Quantity {
  /** What accounts for it: by `clock` it is exact, by `samples` sampled. */
  readonly account: keyof Accounting | "clock" | "samples";
  /** How it is called wherever people read it. */
  readonly label: string;
}

/** All of them, in the order of the summary. */
export const QUANTITIES = {
  wall_seconds: { account: "clock", label: "wall" },
  cpu_seconds: { account: "cpu", label: METRIC.cpu_seconds.label },
  cpu_user_seconds: { account: "cpu", label: "CPU, user" },
  cpu_system_seconds: { account: "cpu", label: "CPU, system" },
  avg_cpu_percent: { account: "cpu", label: "CPU, average" },
  max_cpu_percent: { account: "samples", label: "CPU, highest" },
  peak_memory_bytes: { account: "peak_memory", label: "memory peak" },
  peak_process_memory_bytes: { account: "peak_process_memory", label: "memory peak, one process" },
  peak_resident_bytes: { account: "samples", label: "resident peak" },
  peak_memory_pss_bytes: { account: "memory_pss", label: "PSS peak" },
  avg_memory_bytes: { account: "memory", label: "memory average" },
  ...byName(TOTALS, ({ subject, label }): Quantity => ({ account: subject, label })),
  total_process_count: { account: "processes", label: "processes" },
  peak_process_count: { account: "processes", label: "processes at once" },
  peak_thread_count: { account: "threads", label: "threads at once" },
  cpu_throttled_seconds: { account: "clock", label: "CPU throttled" },
} as const satisfies Partial<Record<keyof SummaryRecord, Quantity>>;

/** The names of all of them. */
export const QUANTITY_NAMES = Object.keys(QUANTITIES) as readonly QuantityName[];

/** Those that are compared when nobody asks for others: each further one makes all tests stricter. */
export const DEFAULT_QUANTITIES: readonly QuantityName[] = [
  "wall_seconds",
  "cpu_seconds",
  "peak_memory_bytes",
  "disk_read_bytes",
  "disk_write_bytes",
  "io_read_bytes",
  "io_write_bytes",
  "total_process_count",
];

/** Whether there is a quantity of that name. */
export function isQuantity(name: string): name is QuantityName {
  return Object.hasOwn(QUANTITIES, name);
}

/** What figures of records are kept to (core/measure/numbers.ts); counts are whole, and nothing is lost of them. */
const RESOLUTIONS: Readonly<Record<Unit, number>> = {
  seconds: 1e-6,
  percent: 0.01,
  bytes: 1,
  count: 0,
};
/** Of processes, whatever the page of the machine: the least that one has. */
const MEMORY_RESOLUTION = 4_096;
const MEMORY = /^(peak|avg)_.*(memory|resident).*_bytes$/;
/** Of large numbers the arithmetic of doubles is coarser: what remains of 1.1 times a figure is not a difference. */
const ROUNDING = 1e-12;

/**
 * The least that two figures of a quantity can differ by; what is less comes from rounding, and is not a difference.
 *
 * @param size of the figures
 */
export function resolutionOf(name: QuantityName, size: number): number {
  const own = MEMORY.test(name) ? MEMORY_RESOLUTION : RESOLUTIONS[unitOf(name)];
  return Math.max(own, ROUNDING * Math.abs(size));
}
