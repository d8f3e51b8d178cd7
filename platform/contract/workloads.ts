/*
 * What a cgroup holds for whoever made it: a container, a pod, a unit. All of it is read out of the path, which the
 * runtime has chosen; names stand in files of the runtime.
 */

/** A cgroup. */
export interface CgroupPlace {
  /** Its hierarchy: controllers of v1 (`cpu,cpuacct`), or none for v2; null where it may be any. */
  readonly hierarchy: string | null;
  /** Its path there: absolute, without a slash at the end. */
  readonly path: string;
}

/** Who has made a cgroup. */
export type WorkloadKind = "docker" | "podman" | "containerd" | "crio" | "kubernetes" | "systemd";

/** One directory on the way to a cgroup that somebody's conventions give a meaning. */
export interface CgroupLayer {
  /** `kubernetes` is a pod, or a container of a pod whose runtime the path does not tell. */
  readonly kind: WorkloadKind;
  /** The path to it, as `/proc/PID/cgroup` begins. */
  readonly path: string;
  /** 64 hexadecimal digits. */
  readonly containerId: string | null;
  /** Of Kubernetes as its API writes it, with hyphens; of Podman the ID of the pod. */
  readonly podUid: string | null;
  /** As systemd calls it: `nginx.service`, `dev-disk\x2d1.swap`. */
  readonly unit: string | null;
  /** The user whose manager runs the unit; null for one of the system. */
  readonly userId: number | null;
  /** The ID of the container that this is inside of: whoever is in there has chosen all that follows. */
  readonly outerContainerId: string | null;
}

/** What a cgroup is all in all: of each thing the innermost. */
export interface CgroupIdentity {
  /** The kind of the innermost layer. */
  readonly kind: WorkloadKind;
  /** The layer that is a container. */
  readonly container: CgroupLayer | null;
  /** The layer that is a pod, or a container of one. */
  readonly pod: CgroupLayer | null;
  /** Of the machine, not of a container. */
  readonly unit: string | null;
  /** The user whose manager runs the unit; null for one of the system. */
  readonly userId: number | null;
}

/** A cgroup and what it is, in one hierarchy. */
export interface LayeredCgroup extends CgroupPlace {
  /** Controllers of v1, `name=systemd`, or nothing for v2. */
  readonly hierarchy: string;
  /** From the top down; empty where nobody's conventions are recognised. */
  readonly layers: readonly CgroupLayer[];
  /** What its layers are all in all; null where none is recognised. */
  readonly identity: CgroupIdentity | null;
}

/** What its own runtime calls a container and the pod around it; null where it is not known. */
export interface ContainerNames {
  readonly container: string | null;
  readonly pod: string | null;
  readonly podNamespace: string | null;
}

/** Names of containers and pods, by the files and sockets of their runtimes. */
export interface WorkloadNames {
  /** Why there are no containers, pods and units here; left out where there may be some. */
  readonly absence?: string;
  /** Changes whenever names may have. */
  readonly revision: number;
  /** Look again at what may have changed since; never waits. */
  refresh(): void;
  /** Whether something of {@link refresh} is under way. */
  readonly isAsking: boolean;
  /** What is running of {@link refresh}, at an end; bounded in time. */
  settled(): Promise<void>;
  /** The names of a container. */
  ofContainer(layer: CgroupLayer): ContainerNames;
  /** The names of the pod that a layer is, or is of. */
  ofPod(layer: CgroupLayer): ContainerNames;
  /** Why names are missing, and what would help; a line each. */
  problems(): readonly string[];
}

/** Where names are read, for captured trees; what is left out is where runtimes have it. */
export interface WorkloadRoots {
  /** The directory that stands for `/`. */
  readonly root?: string;
  /** The socket of Docker; null asks none. */
  readonly dockerSocket?: string | null;
}
