import { nextInteger } from "./bytes.ts";
import { listDirectory } from "./directory.ts";
import { readFile, text, textAsString } from "./kernel_file.ts";
import { TICKS_PER_SECOND } from "./proc_stat.ts";
import type { ThreadReading } from "../types.ts";

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
