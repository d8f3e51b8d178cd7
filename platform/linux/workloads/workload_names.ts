import { ZodError } from "zod";
import { dockerListSchema } from "../../../core/schema/container_schema.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { getSocketJson } from "../../../io/net/socket_json.ts";
import type {
  CgroupLayer,
  ContainerNames,
  WorkloadKind,
  WorkloadNames,
  WorkloadRoots,
} from "../../contract/workloads.ts";
import { isStranger } from "../../posix/own_user.ts";
import {
  containerdNames,
  crioNames,
  dockerNames,
  kubeletContainers,
  kubeletPods,
  NO_NAMES,
  podmanNames,
} from "./name_files.ts";

/** Containers are renamed seldom; one that has just begun is named in a moment. */
const FOUND_FOR_MS = 30_000;
const MISSING_FOR_MS = 2_000;
const ASK_EVERY_MS = 5_000;
/** What is asked of Docker, and how long and how much it may answer. */
const LIST = "/containers/json";
const ANSWER = { withinMs: 2_000, mostBytes: 32 * 1_048_576 };
/** More containers than run on any machine: the rest is looked up anew. */
const MOST_REMEMBERED = 10_000;

const HELP: Partial<Record<WorkloadKind, string>> = {
  docker: "write the ID, or run as root or in the group docker",
};
const OTHER_HELP = "write the ID, or run as root";

interface Remembered {
  readonly names: ContainerNames;
  readonly untilMs: number;
}

/** Names of containers and pods by the files of their runtimes, and by Docker's socket where those are closed. */
export class LinuxWorkloadNames implements WorkloadNames {
  revision = 0;
  readonly #root: string;
  readonly #socket: string | null;
  readonly #remembered = new Map<string, Remembered>();
  readonly #problems = new Map<WorkloadKind, string>();
  #told = new Map<string, string>();
  #pods: { readonly byUid: ReadonlyMap<string, ContainerNames>; readonly untilMs: number } | undefined;
  #logs: { readonly byId: ReadonlyMap<string, ContainerNames>; readonly untilMs: number } | undefined;
  #wantsDocker = false;
  #askedMs = -Infinity;
  #asking: Promise<void> | undefined;
  /** Why Docker has not answered. */
  #silence: string | null = null;
  #byDocker: ReadonlyMap<string, string> = new Map();

  constructor({ root = "/", dockerSocket = dockerSocketOf(process.env) }: WorkloadRoots = {}) {
    this.#root = root;
    this.#socket = dockerSocket;
  }

  refresh(): void {
    if (!this.#wantsDocker || this.#asking || performance.now() - this.#askedMs < ASK_EVERY_MS) return;
    this.#wantsDocker = false;
    this.#askedMs = performance.now();
    this.#asking = this.#askDocker().finally(() => this.#asking = undefined);
  }

  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  async settled(): Promise<void> {
    await this.#asking;
  }

  ofContainer(layer: CgroupLayer): ContainerNames {
    const { containerId, podUid } = layer;
    if (containerId === null || !mayBeNamed(layer)) return NO_NAMES;
    const before = this.#remembered.get(containerId);
    if (before && performance.now() < before.untilMs) return before.names;
    let names = this.#read(layer);
    if (podUid !== null && names.pod === null) {
      const { pod, podNamespace } = this.ofPod(layer);
      names = { ...names, pod, podNamespace };
    }
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    const forMs = names.container === null ? MISSING_FOR_MS : FOUND_FOR_MS;
    this.#remembered.set(containerId, { names, untilMs: performance.now() + forMs });
    return names;
  }

  ofPod(layer: CgroupLayer): ContainerNames {
    if (layer.podUid === null || !mayBeNamed(layer)) return NO_NAMES;
    const now = performance.now();
    if (!this.#pods || now >= this.#pods.untilMs) {
      this.#pods = { byUid: kubeletPods(this.#root), untilMs: now + MISSING_FOR_MS };
    }
    return this.#pods.byUid.get(layer.podUid) ?? NO_NAMES;
  }

  problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  #read(layer: CgroupLayer): ContainerNames {
    const { kind, containerId } = layer;
    const id = containerId!;
    this.#told = new Map();
    const told = (file: string, reason: string) => void this.#told.set(file, reason);
    // Which runtime it is, a bare ID does not tell.
    const sources: Record<WorkloadKind, () => ContainerNames> = {
      docker: () => this.#ofDocker(id, told),
      podman: () => podmanNames(this.#root, layer, told),
      containerd: () => containerdNames(this.#root, id, told),
      crio: () => crioNames(this.#root, id, told),
      kubernetes: () => containerdNames(this.#root, id, told),
      systemd: () => NO_NAMES,
    };
    const byKubelet = layer.podUid === null ? undefined : this.#ofLogs(id);
    const names = byKubelet ?? sources[kind]();
    if (names.container !== null || this.#told.size === 0) this.#problems.delete(kind);
    else {
      const [[file, reason]] = this.#told;
      this.#problems.set(
        kind,
        `the names of ${kind}'s containers cannot be read (${file}: ${reason}); ${HELP[kind] ?? OTHER_HELP}`,
      );
    }
    return names;
  }

  #ofLogs(id: string): ContainerNames | undefined {
    const now = performance.now();
    if (!this.#logs || now >= this.#logs.untilMs) {
      this.#logs = { byId: kubeletContainers(this.#root), untilMs: now + MISSING_FOR_MS };
    }
    return this.#logs.byId.get(id);
  }

  #ofDocker(id: string, told: (file: string, reason: string) => void): ContainerNames {
    const names = dockerNames(this.#root, id, told);
    if (names.container !== null || this.#socket === null) return names;
    const container = this.#byDocker.get(id);
    if (container !== undefined) return { ...NO_NAMES, container };
    if (this.#silence !== null) told(this.#socket, this.#silence);
    this.#wantsDocker = true;
    return NO_NAMES;
  }

  /** Another data directory, or no right to look into it: whoever may talk to Docker is told by it. */
  async #askDocker(): Promise<void> {
    try {
      const found = nodeFs().statSync(this.#socket!, { throwIfNoEntry: false });
      if (!found?.isSocket() || isStranger(found.uid)) return;
      this.#silence = null;
      const answer = dockerListSchema.parse(await getSocketJson(this.#socket!, LIST, ANSWER));
      // A link from another container has a second slash.
      this.#byDocker = new Map(answer.flatMap(({ Id, Names }) => {
        const name = Names?.find((one) => /^\/[^/]+$/.test(one))?.slice(1);
        return name === undefined ? [] : [[Id, name] as const];
      }));
      for (const id of this.#byDocker.keys()) this.#remembered.delete(id);
      this.revision++;
    } catch (error) {
      this.#silence = error instanceof ZodError ? "its answer is another than Docker's" : reasonOf(error);
      for (const [id, { names }] of this.#remembered) {
        if (names.container === null) this.#remembered.delete(id);
      }
      this.revision++;
    }
  }
}

/**
 * Whether what our files say can be of this container. Users make cgroups below their own managers, and whoever is in a
 * container below that, by names that they choose.
 */
function mayBeNamed({ userId, outerContainerId }: CgroupLayer): boolean {
  return outerContainerId === null && (userId === null || userId === process.geteuid?.());
}

/** Where Docker listens, as its own client finds it; null when that is not a Unix socket. */
function dockerSocketOf({ DOCKER_HOST: host }: NodeJS.ProcessEnv): string | null {
  if (host === undefined || host === "") return "/run/docker.sock";
  return host.startsWith("unix://") ? host.slice("unix://".length) : null;
}
