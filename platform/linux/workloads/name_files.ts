import { homedir } from "node:os";
import { join } from "../../../core/posix_path.ts";
import {
  bundleSchema,
  dockerConfigSchema,
  nameAmong,
  storageListSchema,
} from "../../../core/schema/container_schema.ts";
import { nodeFs } from "../../../io/builtins.ts";
import type { CgroupLayer, ContainerNames } from "../../contract/workloads.ts";
import { readOwnFile } from "../../posix/own_file.ts";

/*
 * The files in which runtimes keep the names of their containers. They are read when they are root's or ours, no links
 * are followed to them, and no more of them is read than a runtime writes.
 */

/** A bundle lists its mounts, a container of Docker its environment: both are short of this by far. */
const MOST_BYTES = 4 * 1_048_576;
/** All containers of a machine stand in one list. */
const MOST_LIST_BYTES = 32 * 1_048_576;

/** Nothing is known. */
export const NO_NAMES: ContainerNames = { container: null, pod: null, podNamespace: null };

/** Told of each file that could not be read, but for those that are not there. */
export type ToldOf = (file: string, reason: string) => void;

/** Docker: `containers/ID/config.v2.json` in its data directory. */
export function dockerNames(root: string, id: string, told: ToldOf): ContainerNames {
  const file = join(root, `/var/lib/docker/containers/${id}/config.v2.json`);
  const found = dockerConfigSchema.safeParse(readJson(file, MOST_BYTES, told));
  if (!found.success) return NO_NAMES;
  const labels = found.data.Config?.Labels;
  return {
    container: nameAmong(labels, "io.kubernetes.container.name") ?? found.data.Name.replace(/^\//, ""),
    pod: nameAmong(labels, "io.kubernetes.pod.name"),
    podNamespace: nameAmong(labels, "io.kubernetes.pod.namespace"),
  };
}

/** Podman: the list of containers/storage (containers-storage.conf(5)), of the system or of our own user. */
export function podmanNames(
  root: string,
  { containerId, userId }: CgroupLayer,
  told: ToldOf,
): ContainerNames {
  const storage = join(
    root,
    userId === null ? "/var/lib/containers/storage" : join(homedir(), ".local/share/containers/storage"),
  );
  for (const directory of list(storage).filter((name) => name.endsWith("-containers"))) {
    for (const file of ["containers.json", "volatile-containers.json"]) {
      const path = join(storage, directory, file);
      const found = storageListSchema.safeParse(readJson(path, MOST_LIST_BYTES, told));
      const name = found.data?.find(({ id }) => id === containerId)?.names?.[0];
      if (name !== undefined) return { ...NO_NAMES, container: name };
    }
  }
  // A directory that may not be listed looks empty.
  if (userId === null) {
    readJson(join(storage, "overlay-containers/containers.json"), MOST_LIST_BYTES, told);
  }
  return NO_NAMES;
}

/** containerd: `config.json` of the bundle, in a directory for each of its namespaces. */
export function containerdNames(root: string, id: string, told: ToldOf): ContainerNames {
  const tasks = join(root, "/run/containerd/io.containerd.runtime.v2.task");
  for (const namespace of list(tasks)) {
    const names = bundleNames(join(tasks, namespace, id, "config.json"), told);
    if (names.container !== null || names.pod !== null) return names;
  }
  return NO_NAMES;
}

/** CRI-O: `config.json` of the bundle, where containers/storage has its running containers. */
export function crioNames(root: string, id: string, told: ToldOf): ContainerNames {
  return bundleNames(
    join(root, `/run/containers/storage/overlay-containers/${id}/userdata/config.json`),
    told,
  );
}

function bundleNames(file: string, told: ToldOf): ContainerNames {
  const annotations = bundleSchema.safeParse(readJson(file, MOST_BYTES, told)).data?.annotations;
  return {
    container: nameAmong(
      annotations,
      "io.kubernetes.cri.container-name",
      "io.kubernetes.container.name",
      "nerdctl/name",
    ),
    pod: nameAmong(annotations, "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"),
    podNamespace: nameAmong(
      annotations,
      "io.kubernetes.cri.sandbox-namespace",
      "io.kubernetes.pod.namespace",
    ),
  };
}

/**
 * Kubernetes: the kubelet names the logs of a container `POD_NAMESPACE_CONTAINER-ID.log`, of any runtime, where
 * everybody may look. Only names are read; the links lead nowhere for us.
 */
export function kubeletContainers(root: string): ReadonlyMap<string, ContainerNames> {
  const found = new Map<string, ContainerNames>();
  for (const file of list(join(root, "/var/log/containers"))) {
    const [, pod, podNamespace, container, id] = /^([^_]+)_([^_]+)_([^_]+)-([0-9a-f]{64})\.log$/.exec(file) ??
      [];
    if (id !== undefined) found.set(id, { container, pod, podNamespace });
  }
  return found;
}

/** Kubernetes: the kubelet keeps the logs of a pod in `NAMESPACE_POD_UID`. By UID. */
export function kubeletPods(root: string): ReadonlyMap<string, ContainerNames> {
  const found = new Map<string, ContainerNames>();
  for (const directory of list(join(root, "/var/log/pods"))) {
    const [, podNamespace, pod, uid] = /^([^_]+)_([^_]+)_([0-9a-f-]{32,36})$/.exec(directory) ?? [];
    if (uid !== undefined) found.set(uid, { container: null, pod, podNamespace });
  }
  return found;
}

function list(directory: string): string[] {
  try {
    return nodeFs().readdirSync(directory);
  } catch {
    return [];
  }
}

function readJson(file: string, mostBytes: number, told: ToldOf): unknown {
  try {
    const text = readOwnFile(file, mostBytes);
    return text === null ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) told(file, "it is not JSON");
    else {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOTDIR") told(file, code === "EACCES" ? "permission denied" : message);
    }
    return undefined;
  }
}
