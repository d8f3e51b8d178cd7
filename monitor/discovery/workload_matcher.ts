import type { CgroupLayer, LayeredCgroup, ProcessEntry, WorkloadNames } from "../../platform/mod.ts";
import { labelsOf } from "./workload_labels.ts";
import type { ProcessQuery } from "./process_query.ts";
import type { Workload } from "./workload.ts";

/** Shorter beginnings of an ID would mean anything. */
const SHORTEST_ID = 4;
const UNIT_KINDS = /\.(?:service|scope|slice|socket|mount|swap)$/;

type WorkloadQuery = Pick<ProcessQuery, "container" | "pod" | "unit">;

/** Says which container, pod or unit that a query asks for a process is in. */
export class WorkloadMatcher {
  readonly #found = new WeakMap<ProcessEntry, Workload | null>();
  /** Whether there were containers, and pods, that the query may mean, but their names are not known. */
  hasNameless = false;

  /** @param ownUserId whose units need not be named by their manager */
  constructor(
    readonly query: WorkloadQuery,
    readonly names: WorkloadNames,
    readonly ownUserId: number,
  ) {}

  /** What the process is in; null when it is in nothing that the query asks for. Asked once of each entry. */
  find(entry: ProcessEntry): Workload | null {
    let found = this.#found.get(entry);
    if (found === undefined) this.#found.set(entry, found = this.#match(entry));
    return found;
  }

  #match(entry: ProcessEntry): Workload | null {
    const cgroups = entry.layeredCgroups();
    let first:
      | { readonly cgroup: LayeredCgroup; readonly layer: CgroupLayer; readonly isByName: boolean }
      | null = null;
    const places: { hierarchy: string; path: string }[] = [];
    // Where there is v2, it says how many processes there are, and what they use.
    for (
      const cgroup of [...cgroups].sort((a, b) => Number(a.hierarchy !== "") - Number(b.hierarchy !== ""))
    ) {
      const match = this.#matchIn(cgroup.layers);
      if (!match) continue;
      first ??= { cgroup, ...match };
      places.push({ hierarchy: cgroup.hierarchy, path: match.layer.path });
    }
    if (!first) return null;
    const { cgroup, layer, isByName } = first;
    return {
      key: `${cgroup.hierarchy}:${layer.path}`,
      places,
      layer,
      isByName,
      labels: labelsOf(cgroups, this.names, layer),
    };
  }

  /** The innermost of the layers that are asked for; null unless all are. */
  #matchIn(
    layers: readonly CgroupLayer[],
  ): { readonly layer: CgroupLayer; readonly isByName: boolean } | null {
    const { container, pod, unit } = this.query;
    let isByName = true;
    const wanted: CgroupLayer[] = [];
    if (pod !== undefined) {
      const found = layers.findLast((layer) =>
        layer.podUid !== null && this.#isPod(layer, pod) &&
        (layer.containerId === null || layers.every((one) => one.containerId !== null || one.podUid === null))
      );
      if (!found) return null;
      wanted.push(found);
    }
    if (container !== undefined) {
      const found = layers.find((layer) => layer.containerId !== null && this.#isContainer(layer, container));
      if (!found) return null;
      isByName = !isBeginning(container, found.containerId!);
      wanted.push(found);
    }
    if (unit !== undefined) {
      const found = findUnit(layers, unit, this.ownUserId, container !== undefined);
      if (!found) return null;
      wanted.push(found);
    }
    const layer = wanted.reduce((inner, one) => one.path.length > inner.path.length ? one : inner);
    return { layer, isByName };
  }

  #isContainer(layer: CgroupLayer, wanted: string): boolean {
    if (isBeginning(wanted, layer.containerId!)) return true;
    const { container } = this.names.ofContainer(layer);
    if (container === null) this.hasNameless = true;
    return container === wanted;
  }

  #isPod(layer: CgroupLayer, wanted: string): boolean {
    if (layer.podUid === wanted.toLowerCase()) return true;
    const { pod, podNamespace } = this.names.ofPod(layer);
    if (pod === null) this.hasNameless = true;
    return pod !== null && (pod === wanted || `${podNamespace}/${pod}` === wanted);
  }
}

function isBeginning(wanted: string, containerId: string): boolean {
  return wanted.length >= SHORTEST_ID && containerId.startsWith(wanted.toLowerCase());
}

/**
 * The unit of a name; one that a user's manager runs is named by that as well (`user@1000.service/app.service`), but
 * for our own: anybody may give a unit of his a name of the system's.
 */
function findUnit(
  layers: readonly CgroupLayer[],
  wanted: string,
  ownUserId: number,
  isInContainer: boolean,
): CgroupLayer | undefined {
  const names = wanted.split("/").map((name) => UNIT_KINDS.test(name) ? name : `${name}.service`);
  const last = names.pop()!;
  return layers.findLast((layer, at) => {
    const { unit, userId, outerContainerId } = layer;
    if (unit === null || (unit !== last && unescaped(unit) !== last)) return false;
    if (outerContainerId !== null && !isInContainer) return false;
    const above = layers.slice(0, at).map((one) => one.unit);
    if (!names.every((name) => above.includes(name))) return false;
    const isOurs = userId === null || userId === ownUserId;
    return isOurs || names.includes(`user@${userId}.service`);
  });
}

/** As people would write it: `\x2d` is a hyphen (systemd-escape(1)). */
function unescaped(unit: string): string {
  return unit.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
