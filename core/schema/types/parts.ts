/* Written by scripts/build_types.ts from the schemas. */

/** Metrics that the watched program publishes itself, by name. */
export type AppValues = Record<string, number | null>;

/** How the program's metrics get here. */
export type AppSource = "statsd" | "scrape" | "otlp";

/** What one of the program's metrics came to. */
export type AppMetricRecord = {
  /** As in samples, without what they add for the single values. */
  name: string;
  kind: "counter" | "gauge" | "timer" | "distribution" | "set";
  source: AppSource;
  /** Of a counter; how many values a timer or distribution has had. */
  total?: number | null | undefined;
  /** While it was watched. */
  per_second?: number | null | undefined;
  last?: number | null | undefined;
  mean?: number | null | undefined;
  /** Within 1 %. */
  p95?: number | null | undefined;
  min?: number | null | undefined;
  max?: number | null | undefined;
};

/** All that the program has published. */
export type AppSummary = {
  metrics: Array<AppMetricRecord>;
  /** Lines of StatsD that were read. */
  line_count: number;
  /** Of these, those that made no sense, or another kind of a name known already. */
  malformed_line_count: number;
  /** Of these, those whose name was not asked for. */
  unselected_line_count: number;
  /** Names for which there was no room, at least. */
  omitted_name_count: number;
  /** Series of counters and gauges for which there was no room, at least; their values are in no total. */
  omitted_series_count: number;
  /** Datagrams that the kernel dropped because its buffer was full; null where there is no such endpoint. */
  dropped_datagram_count: number | null;
};

/** What the kernel and the processor have counted of a run. */
export type Counters = {
  /** Whether what the kernel does for the run is counted, too; null where nothing could be counted. */
  scope: "kernel_and_user" | "user" | null;
  /** CPU time. */
  task_clock_seconds: number | null;
  context_switch_count: number | null;
  /** How often a thread went on on another CPU. */
  migration_count: number | null;
  page_fault_count: number | null;
  /** Of the processor, while it worked for the run. */
  cycle_count: number | null;
  instruction_count: number | null;
  instructions_per_cycle: number | null;
  /** Of the last level of caches. */
  cache_reference_count: number | null;
  cache_miss_count: number | null;
  branch_count: number | null;
  /** The processor had guessed wrong. */
  branch_miss_count: number | null;
  /**
   * For how much of the time the processor's counters ran: they take turns where they are too few, and
   * are scaled.
   */
  running_percent: number | null;
  /** Of the whole machine, including all else that ran there. */
  machine_energy: {
    /** Processors, with their caches and built-in graphics. */
    package_joules: number | null;
    /** Of that: the cores. */
    core_joules: number | null;
    /** Of that: the built-in graphics. */
    graphics_joules: number | null;
    memory_joules: number | null;
    /** All that one power supply feeds, the processors included. */
    platform_joules: number | null;
  } | null;
};

/** What a tree did with GPUs. */
export type GpuSummary = {
  /** Over the time that was observed; 100 is one device busy. */
  avg_percent: number | null;
  max_percent: number | null;
  /** Of all devices at once. */
  peak_memory_bytes: number | null;
  /** Those that were used. */
  devices: Array<{
    /** Its address on the bus, or what its driver calls it. */
    id: string;
    name: string | null;
    driver: string;
    source: "nvml" | "fdinfo";
    avg_percent: number | null;
    max_percent: number | null;
    /** Its own memory, or the machine's where it has none. */
    peak_memory_bytes: number | null;
    /** The machine's memory that its driver holds for the tree. */
    peak_system_memory_bytes: number | null;
    /** By engine, where its driver separates them; as seen last, so at least. */
    engine_seconds?: Record<string, number> | undefined;
  }>;
};

/** What kept a run waiting. */
export type Waiting = {
  /** Why the run took as long as it did; null where the figures show no one cause. */
  verdict:
    | "cpu_bound"
    | "waited_for_cpu"
    | "throttled"
    | "waited_for_disk"
    | "memory_pressure"
    | "mostly_idle"
    | null;
  /** The CPUs of the machine, or the least quota. */
  available_cores: number | null;
  /** Whose pressure follows: the run's own, or that of all there is on the machine. */
  pressure_scope: "group" | "machine" | null;
  /** Some of it was ready to run and had no CPU. */
  cpu_some_seconds: number | null;
  /** It was ready to run and nothing of it had a CPU. */
  cpu_full_seconds: number | null;
  /** Some of it waited for memory to be freed, or read back. */
  memory_some_seconds: number | null;
  /** Nothing of it ran because it waited for memory. */
  memory_full_seconds: number | null;
  /** Some of it waited for storage. */
  io_some_seconds: number | null;
  /** Nothing of it ran because it waited for storage. */
  io_full_seconds: number | null;
  /** Its threads were ready to run and had no CPU, added up. */
  run_queue_seconds: number | null;
  /** Its threads waited for block devices, added up. */
  block_io_seconds: number | null;
  /**
   * Its threads waited for memory to be read back, freed or moved together, added up; left out by older
   * versions.
   */
  memory_wait_seconds?: number | null | undefined;
  /** A quota made its CPUs stand still, added up. */
  throttled_seconds: number | null;
  /** In so many periods the limit of the run was used up. */
  throttled_period_count: number | null;
  /** That quota; null: none. */
  quota_cores: number | null;
  /** The hypervisor gave CPUs of this machine to others, since the first sample. */
  steal_seconds: number | null;
};
