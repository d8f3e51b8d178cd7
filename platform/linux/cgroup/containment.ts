import { ProctorError } from "../../../core/error.ts";
import type { Container, ContainerRequest } from "../../contract/containment.ts";
import { cloneObstacle } from "../launch/clone3.ts";
import { DescentContainer } from "../processes/descent_container.ts";
import { howToGetLimits } from "./advice.ts";
import { CgroupContainer } from "./cgroup_container.ts";
import { enterHome } from "./cgroup_home.ts";
import type { CgroupHome, Controller } from "./cgroup_home.ts";
import { controllersOf, demandEnforceable } from "./cgroup_limits.ts";
import { isCountedInV1 } from "./perf_place.ts";
import { v1Obstacle } from "./v1_places.ts";
import type { V1Controller } from "./v1_places.ts";

/**
 * The strongest container this machine allows (the ladder of docs/accounting.md). Orphans of the tree become
 * our children on every rung, so that their final accounts reach us.
 * @throws ProctorError of kind `system` when a limit cannot be enforced, or an exact peak that is asked for not be had
 */
export function createContainer(request: ContainerRequest): Container {
  if (request.mechanism === "subreaper") return subreaper(request, "a cgroup was not asked for");
  const noClone = cloneObstacle();
  if (noClone !== null) return subreaper(request, noClone);
  const home = enterHome();
  if ("reason" in home) return subreaper(request, home.reason);
  let container: CgroupContainer;
  try {
    demandServed(request, (controller) => obstacle(home, controller));
  } catch (error) {
    home.leave();
    throw error;
  }
  try {
    container = CgroupContainer.create(home, request, servedByV1(home, request));
  } catch (error) {
    home.leave();
    if (!(error instanceof ProctorError)) throw error;
    return subreaper(request, `no cgroup can be made in ${home.directory}: ${error.message}`);
  }
  return demandPeak(container, request);
}

/** Why a controller serves no group made here, by neither version of cgroups; null when one does. */
export function obstacle(home: CgroupHome, controller: Controller): string | null {
  const v2 = home.obstacle(controller);
  return v2 === null ? null : v1Obstacle(controller, v2);
}

/**
 * The controllers a request needs that only cgroup v1 has. Others are left alone: joining v1 takes time at the start.
 */
function servedByV1(
  home: CgroupHome,
  { limits = {}, exactPeak, counters }: ContainerRequest,
): V1Controller[] {
  const needed = new Set(controllersOf(limits));
  if (exactPeak) needed.add("memory");
  const served: V1Controller[] = [...needed].filter((controller) => home.obstacle(controller) !== null);
  if (counters && isCountedInV1()) served.push("perf_event");
  return served;
}

function demandServed(
  { limits = {}, exactPeak }: ContainerRequest,
  why: (controller: Controller) => string | null,
): void {
  demandEnforceable(limits, why, howToGetLimits);
  const reason = exactPeak ? why("memory") : null;
  if (reason !== null) throw noExactPeak(`${reason}; for one, ${howToGetLimits()}`);
}

function demandPeak(container: CgroupContainer, { exactPeak }: ContainerRequest): CgroupContainer {
  if (!exactPeak || container.countsPeakMemory) return container;
  container.release();
  throw noExactPeak("the kernel does not keep it (memory.peak is there since Linux 5.19)");
}

function noExactPeak(reason: string): ProctorError {
  return new ProctorError("system", `an exact peak of memory cannot be had: ${reason}`);
}

/**
 * The rung below the cgroup, which nothing can refuse but limits and an exact peak.
 * @throws ProctorError of kind `system` when they are asked for
 */
export function subreaper(request: ContainerRequest, reason: string): Container {
  demandServed(request, () => reason);
  return new DescentContainer("subreaper", reason, request);
}

/**
 * The container that another process has made and abandoned.
 * @throws ProctorError of kind `system` when it is gone
 */
export function adoptContainer(request: ContainerRequest, directory: string | null): Container {
  return directory === null
    ? new DescentContainer("subreaper", "the group was made without a cgroup", request)
    : CgroupContainer.adopt(directory, request);
}

/** A container around a tree that already runs. */
export function observe(request: ContainerRequest): Container {
  return new DescentContainer("none", "the tree was running before it was watched", request);
}
