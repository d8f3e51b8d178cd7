/* Written by scripts/build_types.ts from the schemas. */

/** All processes that ran one program. */
export type ProgramRow = {
  /** As the kernel knows it, 15 bytes at most; null where it was not seen. */
  name: string | null;
  /** The path, as it was executed, or of one that was seen alive. */
  executable: string | null;
  process_count: number;
  /** Of these, copies of their parent that have executed nothing. */
  fork_only_count: number;
  /** Of these, those that a signal ended, or with an exit code that is not 0. */
  failed_count: number;
  /** Of these, those whose use is not, or not all, in the sums. */
  unaccounted_count: number;
  /** Of the CPU that all programs here used. */
  cpu_share_percent: number | null;
  /** How long the one lived that lived longest. */
  longest_seconds: number | null;
  cpu_seconds: number | null;
  /** The most that any one had resident. */
  peak_memory_bytes: number | null;
  disk_read_bytes: number | null;
  disk_write_bytes: number | null;
  io_read_bytes: number | null;
  io_write_bytes: number | null;
  minor_faults: number | null;
  major_faults: number | null;
  voluntary_context_switches: number | null;
  involuntary_context_switches: number | null;
};

/** One process of those that used most. */
export type DearProcess = {
  pid: number;
  parent_pid: number | null;
  start_time: string | null;
  /** On the monotonic clock of the machine. */
  start_ns: number | null;
  /** Null when it lived on, or its end was not seen. */
  end_ns: number | null;
  /** Of one that ran before it was watched: since when its use is counted, but for peak_memory_bytes. */
  counted_from?: string | undefined;
  name: string | null;
  executable: string | null;
  /**
   * Arguments joined by spaces, as of exec; null where the kernel does not report them, and it ended
   * before they could be read.
   */
  command: string | null;
  exit_code: number | null;
  signal: string | null;
  wall_seconds: number | null;
  cpu_seconds: number | null;
  /** The most that any one had resident. */
  peak_memory_bytes: number | null;
  disk_read_bytes: number | null;
  disk_write_bytes: number | null;
  io_read_bytes: number | null;
  io_write_bytes: number | null;
  minor_faults: number | null;
  major_faults: number | null;
  voluntary_context_switches: number | null;
  involuntary_context_switches: number | null;
};

/** The chain of processes that set the wall time. */
export type CriticalPathRecord = {
  /** From the birth of the command to the last end; all steps add up to it. */
  wall_seconds: number;
  /** The longest first. */
  by_executable: Array<{
    /** Null: all others, or those whose name was not seen. */
    name: string | null;
    /** Its processes on the path. */
    process_count: number;
    /** How long the tree waited for them, while they waited for no child. */
    wall_seconds: number;
    share_percent: number | null;
  }>;
  /** The longest steps, in the order of time. */
  longest: Array<{
    pid: number;
    name: string | null;
    command: string | null;
    /** Since the birth of the command. */
    start_seconds: number;
    wall_seconds: number;
  }>;
};

/** How many processes were at work. */
export type ParallelismRecord = {
  mean: number;
  peak: number;
  /** How long one alone was at work. */
  alone_seconds: number;
  interval_seconds: number;
  /** The average in each interval. */
  over_time: Array<number>;
};

/** Every process of a run that asked for them. */
export type ProcessTableRecord = {
  /** Their source: bpf, connector, taskstats, samples. */
  source: string;
  /** Of process_count. */
  quality: "exact" | "lower_bound";
  /** Why it is not better. */
  note?: string | undefined;
  process_count: number;
  /** Of a tree that ran before it was watched: since when all is counted. */
  counted_from?: string | undefined;
  /** Of process_count, those that ran by then. */
  earlier_count?: number | undefined;
  /** Events that came too fast to be taken; null without events. */
  lost_event_count: number | null;
  /**
   * Of cpu_seconds by program; exact: that of each process is known to the last slice of time; sampled:
   * what the accounts of processes lack is shared out by ticks of the timer, so that all add up to that
   * of the run. That of a single process is a lower bound, by one tick for each of its threads.
   */
  cpu_quality: "exact" | "sampled" | "lower_bound";
  /** The dearest first. */
  by_executable: Array<ProgramRow>;
  /** The sum of those that are not reported one by one. */
  other_executables: ProgramRow | null;
  /** The processes that used most CPU. */
  dearest: Array<DearProcess>;
  /**
   * The chain of processes that set the wall time: before an end came that of the last child, and so on;
   * null without events.
   */
  critical_path: CriticalPathRecord | null;
  /** Processes at work over time: those without a living child; null without events. */
  parallelism: ParallelismRecord | null;
};
