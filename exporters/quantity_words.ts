import type { Difference, Measurement } from "../core/comparison_schema.ts";
import { unitOf } from "../core/quantity.ts";
import type { QuantityName } from "../core/quantity.ts";
import { humanBytes, humanCount, humanPercent, humanSeconds } from "./units.ts";

/** Quantities as people call them; the others go by their names. */
const WORDS: Partial<Record<QuantityName, string>> = {
  wall_seconds: "wall",
  cpu_seconds: "CPU",
  cpu_user_seconds: "CPU, user",
  cpu_system_seconds: "CPU, system",
  avg_cpu_percent: "CPU, average",
  max_cpu_percent: "CPU, highest",
  peak_memory_bytes: "memory peak",
  peak_resident_bytes: "resident peak",
  peak_memory_pss_bytes: "PSS peak",
  avg_memory_bytes: "memory average",
  disk_read_bytes: "disk read",
  disk_write_bytes: "disk written",
  io_read_bytes: "calls read",
  io_write_bytes: "calls written",
  network_rx_bytes: "received",
  network_tx_bytes: "sent",
  minor_faults: "minor faults",
  major_faults: "major faults",
  voluntary_context_switches: "switches",
  involuntary_context_switches: "forced switches",
  total_process_count: "processes",
  peak_process_count: "processes at once",
  peak_thread_count: "threads at once",
  cpu_throttled_seconds: "CPU throttled",
};

/** A quantity as people call it. */
export function quantityWord(name: string): string {
  return WORDS[name as QuantityName] ?? name;
}

/** A figure of a quantity, in its unit. */
export function humanFigure(name: string, value: number | null): string {
  switch (unitOf(name as QuantityName)) {
    case "seconds":
      return value === 0 ? "0s" : humanSeconds(value);
    case "bytes":
      return humanBytes(value === null ? null : Math.round(value));
    case "percent":
      return humanPercent(value);
    case "count":
      return humanCount(
        value === null || Number.isInteger(value) ? value : Number(value.toFixed(value < 100 ? 1 : 0)),
      );
  }
}

/** `1.43s ± 20ms`, with a mark before what is only a bound. */
export function meanAndDeviation(name: string, { mean, deviation, quality, count }: Measurement): string {
  if (mean === null) return "unknown";
  const mark = quality === "lower_bound" ? "≥ " : quality === "upper_bound" ? "≤ " : "";
  const figure = `${mark}${humanFigure(name, mean)}`;
  return count > 1 && deviation !== 0 ? `${figure} ± ${humanFigure(name, deviation)}` : figure;
}

/** `1.40s … 1.47s`; empty where all are the same. */
export function range(name: string, { min, max }: Measurement): string {
  return min === max ? "" : `${humanFigure(name, min)} … ${humanFigure(name, max)}`;
}

/** `+5.6%`, `−0.03%`, with a true minus. */
export function signedPercent(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  const text = size.toFixed(digits);
  return `${value > 0 ? "+" : value < 0 && Number(text) !== 0 ? "−" : "±"}${text}%`;
}

/** How the runs of two sets differ in the mean: `+5.6%`, from nothing `+1.2 MiB`, `the same`; empty where nothing is known. */
export function change(name: string, { difference, difference_percent }: Difference): string {
  if (difference === null) return "";
  if (difference === 0) return "the same";
  if (difference_percent !== null) return signedPercent(difference_percent);
  return `${difference > 0 ? "+" : "−"}${humanFigure(name, Math.abs(difference))}`;
}
