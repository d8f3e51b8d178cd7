import type { WorkloadLabels } from "../core/schema/task_message.ts";
import type { Findings, FoundProcess } from "../monitor/discovery/discovery.ts";
import { meansWhole } from "../monitor/discovery/process_query.ts";
import { describeWorkload } from "../monitor/discovery/workload.ts";
import type { FoundWorkload } from "../monitor/discovery/workload.ts";
import { labelsOf } from "../monitor/discovery/workload_labels.ts";
import type { MonitorTarget } from "../monitor/targets/monitor_target.ts";
import type { ProcessLookup, WorkloadNames } from "../platform/mod.ts";
import { meantBy } from "./tree_roots.ts";
import type { WatchTarget } from "./watch_target.ts";

/** Something that a target means: a process, with its tree or alone, or a container, a pod or a unit as a whole. */
export interface Meant {
  /** Tells it from all others, before and after. */
  readonly key: string;
  /** The process itself, or the oldest. */
  readonly process: FoundProcess;
  readonly watched: MonitorTarget;
  /** What it is, in words. */
  readonly what: string;
  readonly workload: FoundWorkload | null;
  /** What it is in; only IDs without names. */
  labels(names: WorkloadNames | undefined): WorkloadLabels;
}

/** Of what a target has found that which it means. */
export function meantOf(
  target: Pick<WatchTarget, "tree" | "network" | "processes" | "query">,
  { processes, workloads = [] }: Findings,
  lookup: ProcessLookup,
): readonly Meant[] {
  if (meansWhole(target.query)) {
    return workloads.map((workload) => ({
      key: workload.key,
      process: workload.processes[0],
      watched: { cgroup: workload.places, network: target.network, processes: target.processes },
      what: describeWorkload(workload),
      workload,
      labels: () => workload.labels,
    }));
  }
  return meantBy(target, processes, lookup).map((process) => ({
    key: `${process.pid}:${process.birth}`,
    process,
    watched: {
      pid: process.pid,
      birth: process.birth,
      tree: target.tree,
      network: target.network,
      processes: target.processes,
    },
    what: `process ${process.pid} (${process.name})`,
    workload: null,
    labels: (names) => names ? labelsOf(lookup.find(process.pid)?.layeredCgroups() ?? [], names) : {},
  }));
}

/** The line for somebody who follows one of several. */
export function severalMatch(meant: readonly Meant[], current: Meant): string {
  const listed = meant.flatMap(({ workload, what }) => workload ? [what] : []);
  if (listed.length === 0) return `${meant.length} processes match; ${current.process.pid} is watched`;
  const most = 8;
  const more = listed.length > most ? `; and ${listed.length - most} more` : "";
  return `${listed.length} match: ${listed.slice(0, most).join("; ")}${more}; the one of process ` +
    `${current.process.pid} is watched, write more of it to mean another`;
}
