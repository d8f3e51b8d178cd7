import { z } from "zod";
import { wideCount } from "./wide_count.ts";
export type {
  CriticalPathRecord,
  DearProcess,
  ParallelismRecord,
  ProcessTableRecord,
  ProgramRow,
} from "./types/processes.ts";

const count = z.int().min(0);
const seconds = z.number().min(0);

/** What processes used, their own alone; null where it is not known. */
export const processFigures = {
  cpu_seconds: seconds.nullable(),
  peak_memory_bytes: count.nullable().describe("the most that any one had resident"),
  disk_read_bytes: count.nullable(),
  disk_write_bytes: count.nullable(),
  io_read_bytes: count.nullable(),
  io_write_bytes: count.nullable(),
  minor_faults: count.nullable(),
  major_faults: count.nullable(),
  voluntary_context_switches: count.nullable(),
  involuntary_context_switches: count.nullable(),
};

/** All processes that ran one program. */
const programRowSchema = z.object({
  name: z.string().nullable().describe(
    "as the kernel knows it, 15 bytes at most; null where it was not seen",
  ),
  executable: z.string().nullable().describe("the path, as it was executed, or of one that was seen alive"),
  process_count: count,
  fork_only_count: count.describe("of these, copies of their parent that have executed nothing"),
  failed_count: count.describe("of these, those that a signal ended, or with an exit code that is not 0"),
  unaccounted_count: count.describe("of these, those whose use is not, or not all, in the sums"),
  cpu_share_percent: z.number().min(0).nullable().describe("of the CPU that all programs here used"),
  longest_seconds: seconds.nullable().describe("how long the one lived that lived longest"),
  ...processFigures,
});

const countedFrom = z.iso.datetime({ precision: 3 }).optional();

/** When a process lived, to the nanosecond. */
export const processTimes = {
  start_ns: wideCount.nullable().describe("on the monotonic clock of the machine"),
  end_ns: wideCount.nullable().describe("null when it lived on, or its end was not seen"),
  counted_from: countedFrom.describe(
    "of one that ran before it was watched: since when its use is counted, but for peak_memory_bytes",
  ),
};

/** One process of those that used most. */
const dearProcessSchema = z.object({
  pid: count,
  parent_pid: count.nullable(),
  start_time: z.iso.datetime({ precision: 3 }).nullable(),
  ...processTimes,
  name: z.string().nullable(),
  executable: z.string().nullable(),
  command: z.string().nullable().describe(
    "arguments joined by spaces, as of exec; null where the kernel does not report them, and it ended before they could be read",
  ),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  wall_seconds: seconds.nullable(),
  ...processFigures,
});

/** The chain of processes that set the wall time. */
const criticalPathSchema = z.object({
  wall_seconds: seconds.describe("from the birth of the command to the last end; all steps add up to it"),
  by_executable: z.array(z.object({
    name: z.string().nullable().describe("null: all others, or those whose name was not seen"),
    process_count: count.describe("its processes on the path"),
    wall_seconds: seconds.describe("how long the tree waited for them, while they waited for no child"),
    share_percent: z.number().min(0).nullable(),
  })).describe("the longest first"),
  longest: z.array(z.object({
    pid: count,
    name: z.string().nullable(),
    command: z.string().nullable(),
    start_seconds: seconds.describe("since the birth of the command"),
    wall_seconds: seconds,
  })).describe("the longest steps, in the order of time"),
});

/** How many processes were at work: those without a living child. */
const parallelismSchema = z.object({
  mean: z.number().min(0),
  peak: count,
  alone_seconds: seconds.describe("how long one alone was at work"),
  interval_seconds: seconds,
  over_time: z.array(z.number().min(0)).describe("the average in each interval"),
});

/** Every process of a run that asked for them. */
export const processTableSchema = z.object({
  source: z.string().describe("their source: bpf, connector, taskstats, samples"),
  quality: z.enum(["exact", "lower_bound"]).describe("of process_count"),
  note: z.string().optional().describe("why it is not better"),
  process_count: count,
  counted_from: countedFrom.describe("of a tree that ran before it was watched: since when all is counted"),
  earlier_count: count.optional().describe("of process_count, those that ran by then"),
  lost_event_count: count.nullable().describe("events that came too fast to be taken; null without events"),
  cpu_quality: z.enum(["exact", "sampled", "lower_bound"]).describe(
    "of cpu_seconds by program; exact: that of each process is known to the last slice of time; sampled: what the accounts of processes lack is shared out by ticks of the timer, so that all " +
      "add up to that of the run. That of a single process is a lower bound, by one tick for each of its threads",
  ),
  by_executable: z.array(programRowSchema).describe("the dearest first"),
  other_executables: programRowSchema.nullable().describe(
    "the sum of those that are not reported one by one",
  ),
  dearest: z.array(dearProcessSchema).describe("the processes that used most CPU"),
  critical_path: criticalPathSchema.nullable().describe(
    "the chain of processes that set the wall time: before an end came that of the last child, and so on; null without events",
  ),
  parallelism: parallelismSchema.nullable().describe(
    "processes at work over time: those without a living child; null without events",
  ),
});
