import { readdirSync, readFileSync } from "node:fs";
import { processCpuSeconds } from "../../platform/linux/processes/cpu_clock.ts";

/** What a program has used: CPU of its main thread and of all, in nanoseconds, and how often they were switched. */
export interface ThreadUse {
  readonly main: number;
  readonly all: number;
  readonly mainSwitches: number;
  readonly switches: number;
}

/** What a program has used so far, by schedstat of its threads (Documentation/scheduler/sched-stats.rst). */
export function usedBy(pid: number): ThreadUse {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => {
    const [ns, , switches] = readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ").map(Number);
    return { isMain: Number(id) === pid, ns, switches };
  });
  const { ns: main, switches: mainSwitches } = threads.find(({ isMain }) => isMain)!;
  const switches = threads.reduce((sum, one) => sum + one.switches, 0);
  // A thread that ends takes its own figures with it; the clock of the process keeps them.
  return { main, all: processCpuSeconds(pid) * 1e9, mainSwitches, switches };
}
