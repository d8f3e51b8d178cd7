import type { Account } from "../../core/schema/record.ts";

/** What a line of the summary is about. */
export type SummaryRowId =
  | "wall"
  | "cpu"
  | "cpu_sampled"
  | "memory_peak"
  | "memory_peak_process"
  | "memory_pss"
  | PairedSubject
  | "processes"
  | "left"
  | "limits"
  | "waiting"
  | "counters"
  | "energy"
  | "gpu"
  | "gpu_device"
  | "proctor"
  | "why";

/** A line of the summary: what, how much, remarks, and how good the figure is. */
export interface SummaryRow {
  readonly id: SummaryRowId;
  readonly label: string;
  /** What it is of that which the label says. */
  readonly part?: string;
  readonly value: string;
  readonly detail: string;
  readonly account: Account | null;
}

/** Subjects with two counters, which share a line. */
export type PairedSubject = "disk" | "io" | "network" | "network_loopback" | "faults" | "context_switches";
