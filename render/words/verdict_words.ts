import {
  boundCores,
  cpuWaitSeconds,
  diskWaitSeconds,
  memoryWaitSeconds,
} from "../../core/measure/verdict.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { humanCount, humanPercent, humanSeconds } from "./units.ts";

/** Why a run took as long as it did, and the figures that say so. */
export interface VerdictWords {
  readonly cause: string;
  readonly figures: string;
}

/** The verdict of a summary in words; null where there is none. */
export function verdictWords(summary: SummaryRecord): VerdictWords | null {
  const { waiting, wall_seconds: wall } = summary;
  if (!waiting || waiting.verdict === null) return null;
  const used = `it used ${ofCores(summary)} on average`;
  const steal = stolen(summary);
  switch (waiting.verdict) {
    case "cpu_bound": {
      const cores = boundCores(summary) ?? 1;
      return { cause: `CPU-bound on ${cores} ${cores === 1 ? "core" : "cores"}`, figures: `${used}${steal}` };
    }
    case "waited_for_cpu": {
      const waited = cpuWaitSeconds(summary);
      // What was seen of its threads may be less than the time in which some of them waited: then it tells nothing.
      const queue = waiting.run_queue_seconds ?? 0;
      const sum = queue > waited ? `; its threads waited ${humanSeconds(queue)} together` : "";
      return {
        cause: `waited ${humanSeconds(waited)} for CPU`,
        figures: `out of ${humanSeconds(wall)}${sum}; ${used}${steal}`,
      };
    }
    case "throttled": {
      const periods = waiting.throttled_period_count === null
        ? ""
        : ` in ${humanCount(waiting.throttled_period_count)} periods`;
      const stood = `its CPUs stood still for ${humanSeconds(waiting.throttled_seconds)} together${periods}`;
      return {
        cause: `throttled by a quota of ${cores(waiting.quota_cores)}`,
        figures: `${stood}, out of ${humanSeconds(wall)}; ${used}`,
      };
    }
    case "waited_for_disk":
      return {
        cause: `waited ${humanSeconds(diskWaitSeconds(summary))} for disk`,
        figures: `out of ${humanSeconds(wall)}; ${used}`,
      };
    case "memory_pressure": {
      const waited = memoryWaitSeconds(summary);
      const sum = waiting.memory_wait_seconds ?? 0;
      const together = sum > waited ? `; its threads waited ${humanSeconds(sum)} together` : "";
      return {
        cause: "memory pressure",
        figures: `some of it waited ${humanSeconds(waited)} for memory, out of ${
          humanSeconds(wall)
        }${together}; ${used}`,
      };
    }
    case "mostly_idle":
      return {
        cause: "mostly idle",
        figures: `${used}, and waited for something outside: a network, a timer, another process`,
      };
  }
}

/** What is more than this share of the time is worth a word. */
const NOTABLE_STEAL_SHARE = 0.05;

function stolen({ waiting, wall_seconds }: SummaryRecord): string {
  const steal = waiting?.steal_seconds ?? 0;
  if (!(steal > NOTABLE_STEAL_SHARE * wall_seconds)) return "";
  return `; the hypervisor took ${humanSeconds(steal)} of this machine's CPUs`;
}

/** `1.97 of 2 cores`; of little, `0.31% of a core`. */
function ofCores({ cpu_seconds, wall_seconds, waiting }: SummaryRecord): string {
  const used = typeof cpu_seconds === "number" ? cpu_seconds / wall_seconds : NaN;
  if (used < 0.1) return `${humanPercent(used * 100)} of a core`;
  return `${used.toFixed(2)} of ${cores(waiting?.available_cores ?? null)}`;
}

function cores(value: number | null): string {
  return value === null ? "the cores there are" : `${value} ${value === 1 ? "core" : "cores"}`;
}
