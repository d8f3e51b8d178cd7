import { Raw, unknownRow } from "../../../core/measure/raw.ts";
import { nextInteger } from "../proc/bytes.ts";
import { listDirectory } from "../sys/directory.ts";
import { readFile, readPiece, text, textAsString } from "../proc/kernel_file.ts";
import { parseProcStatus } from "../proc/proc_status.ts";
import { TICKS_PER_SECOND } from "../proc/proc_stat.ts";
import type { ThreadReading } from "../../contract/processes.ts";

/**
 * The threads of a process. CPU is the first number of `/proc/PID/task/TID/schedstat` (nanoseconds on the
 * CPU, Documentation/scheduler/sched-stats.rst), or the 10 ms ticks of `stat` where the kernel has none.
 */
export function readThreads(pid: number): ThreadReading[] {
  const threads: ThreadReading[] = [];
  for (const { name: id } of listDirectory(`/proc/${pid}/task`)) {
    const directory = `/proc/${pid}/task/${id}`;
    if (!readFile(`${directory}/stat`)) continue;
    const stat = textAsString();
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    const ticks = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const exact = readFile(`${directory}/schedstat`) ? nextInteger(text.bytes, 0, text.length) / 1e9 : NaN;
    threads.push({
      threadId: Number(id),
      name: stat.slice(stat.indexOf("(") + 1, end),
      cpuSeconds: Number.isNaN(exact) ? ticks : exact,
    });
  }
  return threads;
}

const row = unknownRow();

/**
 * The context switches of all threads that a process has, as their status files count them; undefined when it is
 * gone.
 */
export function threadSwitches(pid: number): { voluntary: number; involuntary: number } | undefined {
  const sum = { voluntary: 0, involuntary: 0 };
  let count = 0;
  for (const { name } of listDirectory(`/proc/${pid}/task`)) {
    if (!readPiece(`/proc/${pid}/task/${name}/status`)) continue;
    if (!parseProcStatus(text.bytes, text.length, row)) continue;
    sum.voluntary += row[Raw.voluntarySwitches];
    sum.involuntary += row[Raw.involuntarySwitches];
    count++;
  }
  return count > 0 ? sum : undefined;
}
