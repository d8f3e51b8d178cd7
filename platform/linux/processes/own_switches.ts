import { systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { RU_NVCSW, RUSAGE_SIZE } from "./rusage.ts";

const RUSAGE_SELF = 0;

/**
 * Voluntary context switches of this process, all its threads, the ended ones included (getrusage(2)); NaN where that
 * is refused. /proc/self/status has those of the main thread alone.
 */
export function ownVoluntarySwitches(): number {
  // Seldom asked for: memory of its own need not stay.
  const usage = new ForeignMemory(RUSAGE_SIZE);
  try {
    return systemCall("getrusage", RUSAGE_SELF, usage.address) === 0 ? usage.getU64(RU_NVCSW) : NaN;
  } finally {
    usage.free();
  }
}
