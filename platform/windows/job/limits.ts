import { ProctorError } from "../../../core/error.ts";
import { limitNames } from "../../../core/measure/limits.ts";
import type { LimitName, Limits } from "../../../core/measure/limits.ts";
import { nodeOs } from "../../../io/builtins.ts";
import { errorWords } from "../sys/last_error.ts";
import type { Job } from "./job.ts";
import { cpuRateOf, KILL_ON_JOB_CLOSE, limitFlagsOf } from "./job_structures.ts";
import type { JobLimits } from "./job_structures.ts";

const WORDS: Readonly<Record<LimitName, string>> = {
  memoryBytes: "limit of memory",
  cpuCores: "limit of CPU",
  processes: "limit of processes",
};

/**
 * Have a job enforce limits: memory as what is committed, where an allocation fails and nobody is killed; processes
 * without their threads.
 * @param killOnClose whether all inside is killed when its last handle is closed
 * @throws ProctorError of kind `system` when one cannot be enforced, or the job not be made to kill
 */
export function imposeLimits(job: Job, limits: Limits, killOnClose: boolean): void {
  const wanted = jobLimits(limits);
  const error = job.setLimits(wanted, killOnClose);
  const names = limitNames(limits);
  if (error !== 0) {
    const what = names.length === 0
      ? "the job cannot be made to end with proctor"
      : `the ${listed(names)} cannot be enforced`;
    throw new ProctorError("system", `${what}: ${errorWords(error)}`);
  }
  if (names.length === 0) return;
  // A limit that was taken and is not there would be believed in.
  const expected = limitFlagsOf(wanted) | (killOnClose ? KILL_ON_JOB_CLOSE : 0);
  if (job.limitFlags() !== expected) {
    throw new ProctorError("system", `the ${listed(names)} cannot be enforced: Windows has not kept it`);
  }
}

/** Let all that is in a job go on as if it were in none. */
export function liftLimits(job: Job): void {
  job.setLimits({}, false);
  job.liftCpuRate();
}

function jobLimits({ memoryBytes, processes, cpuCores }: Limits): JobLimits {
  const cpuRate = cpuCores === undefined ? undefined : cpuRateOf(cpuCores, nodeOs().cpus().length);
  return { memoryBytes, processes, cpuRate };
}

function listed(names: readonly LimitName[]): string {
  return names.map((name) => WORDS[name]).join(" and the ");
}
