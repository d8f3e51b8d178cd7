import type { WorkloadLabels } from "../../core/schema/task_message.ts";
import type { CgroupLayer, LayeredCgroup, WorkloadNames } from "../../platform/mod.ts";

/** What messages say of the container, the pod and the unit that a process is in; of what is not known, nothing. */
export function labelsOf(
  cgroups: readonly LayeredCgroup[],
  names: WorkloadNames,
  target?: CgroupLayer,
): WorkloadLabels {
  // The memory controller's may say more than v2 does, where there are both.
  const identities = cgroups.flatMap(({ identity }) => identity ?? []);
  const inContainer = identities.find(({ container }) => container !== null);
  const inPod = identities.find(({ pod }) => pod !== null);
  const inUnit = identities.find(({ unit }) => unit !== null);
  // A whole pod has many containers.
  const isWhole = target !== undefined && target.containerId === null && target.outerContainerId === null;
  const container = isWhole ? null : target?.containerId ? target : inContainer?.container ?? null;
  const named = container ? names.ofContainer(container) : null;
  const pod = isWhole ? target : container?.podUid ? container : inPod?.pod ?? null;
  const podUid = pod?.podUid ?? null;
  const inPodNames = pod !== null && named?.pod == null ? names.ofPod(pod) : named;
  const unit = isWhole ? target.unit : inUnit?.unit ?? null;
  return {
    ...(container && { container_id: container.containerId! }),
    ...(named?.container != null && { container_name: named.container }),
    ...(podUid !== null && { pod_uid: podUid }),
    ...(inPodNames?.pod != null && { pod_name: inPodNames.pod }),
    ...(inPodNames?.podNamespace != null && { pod_namespace: inPodNames.podNamespace }),
    ...(unit !== null && { unit }),
  };
}
