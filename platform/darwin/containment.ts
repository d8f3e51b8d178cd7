import { ProctorError } from "../../core/error.ts";
import { MARKER } from "../../core/schema/marker.ts";
import type { Container, ContainerRequest, Containment, MarkedProcess } from "../contract/containment.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../contract/launch.ts";
import { useReaper } from "../posix/reaper_command.ts";
import { guardMembers, NO_GUARD } from "./launch/guard.ts";
import { spawnSuspended } from "./launch/posix_spawn.ts";
import { reapMarked } from "./launch/reap.ts";
import { signalNumber } from "./layout/signals.ts";
import type { DarwinChildren } from "./processes/children.ts";
import type { ProcessWatch } from "./processes/process_watch.ts";
import { environmentOf } from "./processes/process_words.ts";
import { TreeContainer } from "./processes/tree_container.ts";
import type { Descriptors } from "./sys/descriptors.ts";
import { allPids, bsdInfo, isDead } from "./sys/libproc.ts";
import type { LibSystem } from "./sys/libsystem.ts";

/** Why nothing stronger than a process group is there. */
export const NO_CONTAINERS = "macOS has nothing that holds a tree of processes together";
const RUNNING_BEFORE = "the tree was running before it was watched";

/** How trees are held together: there is one rung. */
export class DarwinContainment implements Containment {
  readonly groupsOutliveOwner = true;
  readonly useReaper = useReaper;

  constructor(
    readonly system: LibSystem,
    readonly watch: ProcessWatch,
    readonly children: DarwinChildren,
    readonly descriptors: Descriptors,
  ) {}

  createContainer(request: ContainerRequest): Container {
    return this.fallbackContainer(request, NO_CONTAINERS);
  }

  /** @throws ProctorError of kind `system` when limits or an exact peak are asked for */
  fallbackContainer(request: ContainerRequest, reason: string): Container {
    const limits = Object.values(request.limits ?? {}).some((limit) => limit !== undefined);
    if (limits) throw new ProctorError("system", `limits cannot be enforced: ${NO_CONTAINERS}`);
    if (request.exactPeak) {
      throw new ProctorError(
        "system",
        `an exact peak of memory cannot be had: ${NO_CONTAINERS}; it is not counted for a tree`,
      );
    }
    return this.#container("process_group", reason, request);
  }

  adoptContainer(request: ContainerRequest, directory: string | null): Container {
    if (directory !== null) {
      throw new ProctorError("system", `${directory}: the group was made on a system with control groups`);
    }
    return this.fallbackContainer({ ...request, adopted: true }, NO_CONTAINERS);
  }

  ownerOf(): null {
    return null;
  }

  observeTree(request: ContainerRequest): Container {
    return this.#container("none", RUNNING_BEFORE, { ...request, guarded: false });
  }

  /** @throws ProctorError of kind `system`, always */
  observeCgroup(): Container {
    throw new ProctorError("system", "macOS has no control groups");
  }

  markedProcesses(label: string, isBeginning: boolean): MarkedProcess[] {
    const mark = new RegExp(`^${MARKER}=\\d+-[0-9a-f]+-${label}${isBeginning ? "[0-9A-Za-z]*" : ""}$`);
    return allPids(this.system).filter((pid) => pid !== process.pid).flatMap((pid) => {
      const marker = environmentOf(this.system, pid).find((one) => mark.test(one));
      const who = marker === undefined ? null : bsdInfo(this.system, pid);
      if (!who || isDead(who.status)) return [];
      const { name, startMicroseconds: birth } = who;
      return [{ pid, birth, name, marker: marker!, mechanism: "process_group" as const, directory: null }];
    });
  }

  carriesOtherMark(pid: number, marker: string): boolean {
    const own = environmentOf(this.system, pid).find((one) => one.startsWith(`${MARKER}=`));
    return own !== undefined && own !== marker;
  }

  reapMarked(marker: string): Promise<void> {
    return reapMarked(this.system, marker);
  }

  /** Start a command in a container, or by itself. */
  launch(spec: LaunchSpec, container: Container): Launched | LaunchFailure {
    if (container instanceof TreeContainer) return container.launch(spec);
    const launched = spawnSuspended(this.system, spec);
    if ("pid" in launched) this.system.c.kill(launched.pid, signalNumber("SIGCONT"));
    return launched;
  }

  #container(mechanism: "process_group" | "none", reason: string, request: ContainerRequest): Container {
    const { system, watch } = this;
    const guard = request.guarded ? guardMembers(this, request.marker) : NO_GUARD;
    const launchSuspended = (spec: LaunchSpec) => spawnSuspended(system, spec);
    return new TreeContainer(mechanism, reason, request, { system, watch, launchSuspended }, guard);
  }
}
