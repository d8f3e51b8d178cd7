import type { WorkloadLabels } from "../../core/schema/task_message.ts";
import type { CgroupLayer, CgroupPlace, ProcessEntry } from "../../platform/mod.ts";

/** A container, a pod or a unit, which is watched as a whole. */
export interface Workload {
  /** Tells it from others that are there at the same time. */
  readonly key: string;
  /** Its cgroup, in each hierarchy that has it. */
  readonly places: readonly CgroupPlace[];
  /** What kind of workload it is, and what it is called. */
  readonly layer: CgroupLayer;
  /** Whether it was asked for by its name, not by the beginning of its ID. */
  readonly isByName: boolean;
  /** The names by which its metrics are labelled. */
  readonly labels: WorkloadLabels;
}

/** A workload, and who is in it. */
export interface FoundWorkload extends Workload {
  /** The oldest first. */
  readonly processes: readonly ProcessEntry[];
}

/** How a workload is called where several answer. */
export function describeWorkload({ layer, labels, processes }: FoundWorkload): string {
  const { container_id: id, container_name: name, pod_name: pod, pod_namespace: namespace } = labels;
  const inPod = pod === undefined ? layer.podUid : `${namespace}/${pod}`;
  const what = id !== undefined
    ? `${layer.kind} ${id.slice(0, 12)}${name === undefined ? "" : ` (${name})`}`
    : layer.podUid !== null
    ? `pod ${inPod}`
    : layer.unit ?? layer.path;
  const where = [
    id !== undefined && inPod !== null && inPod !== undefined && `pod ${inPod}`,
    layer.userId !== null && `user ${layer.userId}`,
    layer.outerContainerId !== null && `inside ${layer.outerContainerId.slice(0, 12)}`,
    `process ${processes[0].pid}`,
  ].filter((one) => one !== false);
  return `${what}, ${where.join(", ")}`;
}

/**
 * The workloads that processes are in. First stands what a query most likely means: what the machine runs rather than a
 * user or somebody in a container, what has the name rather than the beginning of an ID, the oldest.
 */
export function groupWorkloads(
  found: readonly { readonly entry: ProcessEntry; readonly workload: Workload }[],
): FoundWorkload[] {
  const byKey = new Map<string, { workload: Workload; processes: ProcessEntry[] }>();
  for (const { entry, workload } of found) {
    const known = byKey.get(workload.key);
    if (known) known.processes.push(entry);
    else byKey.set(workload.key, { workload, processes: [entry] });
  }
  const all = [...byKey.values()].map(({ workload, processes }) => ({ ...workload, processes }));
  const rank = ({ layer, isByName, processes }: FoundWorkload) => [
    Number(layer.outerContainerId !== null),
    Number(layer.userId !== null),
    Number(!isByName),
    processes[0].birth,
    processes[0].pid,
  ];
  all.sort((a, b) => {
    const [ours, others] = [rank(a), rank(b)];
    const at = ours.findIndex((value, index) => value !== others[index]);
    return at < 0 ? 0 : ours[at] - others[at];
  });
  // Docker prefers a name to the beginning of an ID, too.
  const isNamed = all.some(({ isByName }) => isByName);
  return isNamed ? all.filter(({ isByName }) => isByName) : all;
}
