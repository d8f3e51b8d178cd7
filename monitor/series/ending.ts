import type { SummaryRecord } from "../../core/schema/record.ts";

/** How a run ended, behind the name of it. */
export function ending({ outcome, exit_code, signal }: SummaryRecord): string {
  if (outcome === "timed_out") return "timed out";
  if (outcome === "oom_killed") return "ran out of memory";
  return signal === null ? `ended with exit code ${exit_code}` : `was ended by ${signal}`;
}
