/* Written by scripts/build_types.ts from the schemas. */

/** How good a figure is. */
export type Quality = "exact" | "sampled" | "upper_bound" | "lower_bound" | "unavailable";

/** Where a figure comes from, and how good it is. */
export type Account = {
  source: string;
  quality: Quality;
  /** Why it is not better, where that does not follow from the source alone. */
  note?: string | undefined;
};

/** Source and quality of every quantity. */
export type Accounting = {
  cpu: Account;
  memory: Account;
  peak_memory: Account;
  /** Left out by older versions. */
  peak_process_memory?: Account | undefined;
  /** Where it was asked for. */
  memory_pss?: Account | undefined;
  disk: Account;
  io: Account;
  network: Account;
  /** Where it was asked for. */
  network_loopback?: Account | undefined;
  faults: Account;
  context_switches: Account;
  threads: Account;
  file_descriptors: Account;
  /** Where it was asked for. */
  gpu?: Account | undefined;
  /** Where it was asked for. */
  gpu_memory?: Account | undefined;
  processes: Account;
  pressure?: Account | undefined;
  run_queue?: Account | undefined;
  block_io?: Account | undefined;
  memory_wait?: Account | undefined;
  throttling?: Account | undefined;
  steal?: Account | undefined;
  counters?: Account | undefined;
  hardware_counters?: Account | undefined;
  machine_energy?: Account | undefined;
};

/** What became of the messages that an exporter was handed. */
export type ExporterReport = {
  exporter: "mqtt" | "prometheus" | "prometheus_textfile" | "otlp";
  destination: string;
  /** Delivered: acknowledged where the protocol has it, served where it is asked for. */
  sent_count: number;
  /** Because the queue was full, or the time at the end too short. */
  dropped_count: number;
  /** Attempts that failed, each to be repeated. */
  failed_count: number;
  /** Waiting. */
  queued_count: number;
};
