import type { Finding } from "../contract/self.ts";
import { NO_TRAFFIC } from "./job/uncounted.ts";

const LINUX = "run on Linux, whose cgroups count storage and traffic of a tree, and each process of it";

/** What can be had of Windows, and what not. */
export function readFindings(): Finding[] {
  const none = (topic: string, detail: string): Finding => ({ topic, ok: false, detail, advice: LINUX });
  return [
    {
      topic: "containment",
      ok: true,
      detail:
        "a job object holds each process of a tree from its first instruction on, and counts the CPU time of all",
      advice: null,
    },
    {
      topic: "limits",
      ok: true,
      detail: "the job enforces them: what is committed, a share of all processors, the number of processes",
      advice: null,
    },
    none("accounts", "a process that comes and goes between two samples leaves none but its CPU time"),
    none("disk", "storage is not counted apart from what goes through files, pipes and devices"),
    none("network", NO_TRAFFIC),
    {
      topic: "platform",
      ok: false,
      detail: "a tree ends with the proctor that holds it; none can be left running for another",
      advice: null,
    },
  ];
}
