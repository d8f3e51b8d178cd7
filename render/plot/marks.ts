import type { RecordedRun } from "../../records/recorded_run.ts";
import type { Mark } from "../page/payload.ts";
import { humanBytes, humanPercent } from "../words/units.ts";

/** What a run might use at most, and what it did by the kernel's own account, as lines across its charts. */
export function marksOf({ start, summary }: RecordedRun): Mark[] {
  const { environment, limits } = start;
  const marks: Mark[] = [];
  const quota = limits?.cpu_cores ?? environment.cpu_quota_cores;
  if (quota !== null && quota < environment.online_cpu_count) {
    marks.push({ panel: "cpu", value: quota * 100, label: `limit ${humanPercent(quota * 100)}` });
  } else {
    const cores = environment.online_cpu_count;
    marks.push({
      panel: "cpu",
      value: cores * 100,
      label: cores === 1 ? "the one core" : `all ${cores} cores`,
    });
  }
  const limit = limits?.memory_bytes ?? environment.memory_limit_bytes;
  if (limit !== null) marks.push({ panel: "memory", value: limit, label: `limit ${humanBytes(limit)}` });
  const peak = summary?.peak_memory_bytes;
  if (typeof peak === "number") {
    marks.push({ panel: "memory", value: peak, label: `peak ${humanBytes(peak)}` });
  }
  const processes = limits?.process_count;
  if (processes !== undefined) {
    marks.push({ panel: "processes", value: processes, label: `limit ${processes}` });
  }
  return marks;
}
