import { percent, seconds } from "../core/measure/numbers.ts";
import type { ProcessCourse } from "../core/measure/process_course.ts";
import type { CriticalPathRecord, ParallelismRecord } from "../core/schema/process_table_schema.ts";

/**
 * How the tree went over time, as a record has it; null where nothing is known of it.
 * @param isOver whether there is an end that a path leads to
 */
export function courseRecord(course: ProcessCourse, isOver: boolean): {
  critical_path: CriticalPathRecord | null;
  parallelism: ParallelismRecord | null;
} {
  return { critical_path: isOver ? pathRecord(course) : null, parallelism: parallelismRecord(course) };
}

function pathRecord({ path }: ProcessCourse): CriticalPathRecord | null {
  const summary = path.summary();
  if (!summary) return null;
  return {
    wall_seconds: seconds(summary.seconds)!,
    by_executable: summary.programs.map(({ name, processCount, seconds: wall }) => ({
      name,
      process_count: processCount,
      wall_seconds: seconds(wall)!,
      share_percent: summary.seconds > 0 ? percent((wall / summary.seconds) * 100) : null,
    })),
    longest: summary.longest.map(({ life, fromNs, toNs }) => ({
      pid: life.pid,
      name: life.name,
      command: life.command,
      start_seconds: seconds(Math.max(0, fromNs - summary.startNs) / 1e9)!,
      wall_seconds: seconds((toNs - fromNs) / 1e9)!,
    })),
  };
}

function parallelismRecord({ parallelism }: ProcessCourse): ParallelismRecord | null {
  const summary = parallelism.summary();
  return summary && {
    mean: rounded(summary.mean),
    peak: summary.peak,
    alone_seconds: seconds(summary.aloneSeconds)!,
    interval_seconds: seconds(summary.intervalSeconds)!,
    over_time: summary.overTime.map(rounded),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
