import type { CgroupIdentity, CgroupLayer, WorkloadKind } from "../../contract/workloads.ts";

/*
 * What runtimes call their cgroups: with the driver `systemd` a scope, `docker-ID.scope`, with `cgroupfs` a plain
 * directory, `/docker/ID`. Kubernetes puts pods around them: `kubepods-burstable-podUID.slice`,
 * `/kubepods/burstable/podUID`.
 */

/** 64 hexadecimal digits: the ID of a container of any runtime here. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;
/** Names in front of the ID, and whose they are. `-conmon-` is what watches a container, outside of it. */
const PREFIXES: readonly (readonly [prefix: string, kind: WorkloadKind])[] = [
  ["docker-", "docker"],
  ["libpod-", "podman"],
  ["cri-containerd-", "containerd"],
  ["nerdctl-", "containerd"],
  ["crio-", "crio"],
];
/** Directories right above bare IDs: the namespaces of containerd. Docker's may be called anything. */
const CONTAINERD_PARENTS = new Set(["default", "k8s.io"]);
const POD_UID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/;
/** Podman's own pods, by either driver. */
const LIBPOD_POD = /^(?:machine-|user-)?libpod_pod_([0-9a-f]{64})(?:\.slice)?$/;
/** Units that have a cgroup (systemd.unit(5), systemd.resource-control(5)). */
const UNIT = /^[A-Za-z0-9:_.@\\-]+\.(?:service|scope|slice|socket|mount|swap)$/;
const USER_MANAGER = /^user@(\d{1,10})\.service$/;

/**
 * What the directories of a cgroup's path are, from the top down; those that nobody's conventions name are left out.
 * Takes any text, in time proportional to it.
 */
export function cgroupLayers(path: string): CgroupLayer[] {
  const layers: CgroupLayer[] = [];
  let above = "";
  let podUid: string | null = null;
  let userId: number | null = null;
  let outerContainerId: string | null = null;
  let end = -1;
  for (const name of path.split("/")) {
    end += name.length + 1;
    if (name === "" || name === ".." || name === ".") continue;
    const layer = recognise(name, above, podUid, userId);
    if (layer) layers.push({ ...layer, path: path.slice(0, end), outerContainerId });
    outerContainerId = layer?.containerId ?? outerContainerId;
    podUid = layer?.podUid ?? podUid;
    const manager = USER_MANAGER.exec(name)?.[1];
    if (manager !== undefined) userId = Number(manager);
    above = name;
  }
  return layers;
}

function recognise(
  name: string,
  above: string,
  podUid: string | null,
  userId: number | null,
): Omit<CgroupLayer, "path" | "outerContainerId"> | null {
  const unit = unitOf(name);
  const pod = podOf(name, above);
  if (pod) return { ...pod, containerId: null, unit, userId };
  // The kubelet with systemd, containerd without it: SLICE:cri-containerd:ID.
  const [slice, runtime, id] = name.split(":");
  const inSlice = id === undefined ? null : podOf(slice, "")?.podUid ?? null;
  const container = inSlice !== null && CONTAINER_ID.test(id)
    ? { kind: kindOf(`${runtime}-`) ?? "kubernetes" as const, containerId: id }
    : containerOf(name, above, podUid !== null);
  if (container) return { ...container, podUid: inSlice ?? podUid, unit, userId };
  return unit === null ? null : { kind: "systemd", containerId: null, podUid: null, unit, userId };
}

function containerOf(
  name: string,
  above: string,
  isInPod: boolean,
): { kind: WorkloadKind; containerId: string } | null {
  const bare = name.endsWith(".scope") ? name.slice(0, -".scope".length) : name;
  if (bare.length < 64) return null;
  const containerId = bare.slice(-64);
  if (!CONTAINER_ID.test(containerId)) return null;
  const prefix = bare.slice(0, -64);
  if (prefix !== "") {
    const kind = kindOf(prefix);
    return kind && { kind, containerId };
  }
  if (bare !== name) return null;
  const kind = isInPod ? "kubernetes" : CONTAINERD_PARENTS.has(above) ? "containerd" : "docker";
  return { kind, containerId };
}

function kindOf(prefix: string): WorkloadKind | null {
  return PREFIXES.find(([one]) => one === prefix)?.[1] ?? null;
}

function podOf(name: string, above: string): { kind: "kubernetes" | "podman"; podUid: string } | null {
  const libpod = LIBPOD_POD.exec(name)?.[1];
  if (libpod !== undefined) return { kind: "podman", podUid: libpod };
  let uid: string;
  if (name.endsWith(".slice")) {
    const at = name.lastIndexOf("-pod");
    if (at < 0 || !name.slice(0, at).split("-").includes("kubepods")) return null;
    // A hyphen in the name of a slice would be another slice above it.
    uid = name.slice(at + "-pod".length, -".slice".length).replaceAll("_", "-");
  } else {
    if (!name.startsWith("pod") || !["kubepods", "burstable", "besteffort", "guaranteed"].includes(above)) {
      return null;
    }
    uid = name.slice("pod".length);
  }
  return POD_UID.test(uid) ? { kind: "kubernetes", podUid: uid } : null;
}

/** systemd puts `_` in front of a name that is a file of cgroups (`cpu.service`), and of one that begins with it. */
function unitOf(name: string): string | null {
  const unit = name.startsWith("_") ? name.slice(1) : name;
  return UNIT.test(unit) && unit.length <= 255 ? unit : null;
}

/** What a path is all in all; null where nobody's conventions are recognised. Slices are none: they hold units. */
export function cgroupIdentity(path: string): CgroupIdentity | null {
  return identityOf(cgroupLayers(path));
}

/** What layers come to; see {@link cgroupIdentity}. */
export function identityOf(layers: readonly CgroupLayer[]): CgroupIdentity | null {
  const container = layers.findLast(({ containerId }) => containerId !== null);
  const pod = layers.findLast(({ podUid }) => podUid !== null);
  // A container that runs a systemd of its own has units that mean nothing outside.
  const unit = layers.findLast((layer) =>
    layer.unit !== null && !layer.unit.endsWith(".slice") && layer.outerContainerId === null
  );
  const inner = container ?? pod ?? unit;
  if (!inner) return null;
  return {
    // The ID of a pod of Podman is that of a container.
    kind: pod && !CONTAINER_ID.test(pod.podUid!) ? "kubernetes" : inner.kind,
    container: container ?? null,
    pod: pod ?? null,
    unit: unit?.unit ?? null,
    userId: unit?.userId ?? null,
  };
}
