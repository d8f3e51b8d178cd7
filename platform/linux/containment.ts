import { ProctorError } from "../../core/error.ts";
import type { Container, ContainerRequest } from "../types.ts";
import { howToGetControllers } from "./advice.ts";
import { CgroupContainer } from "./cgroup_container.ts";
import { enterHome } from "./cgroup_home.ts";
import { demandEnforceable } from "./cgroup_limits.ts";
import { DescentContainer } from "./descent_container.ts";
import { machineCode, systemCall } from "./launch_code.ts";

const PR_SET_CHILD_SUBREAPER = 36;

/**
 * The strongest container this machine allows (the ladder of docs/accounting.md). Orphans of the tree become
 * our children on every rung, so that their final accounts reach us.
 * @throws ProctorError of kind `system` when a limit cannot be enforced
 */
export function createContainer(request: ContainerRequest): Container {
  systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
  if (request.mechanism === "subreaper") return subreaper(request, "a cgroup was not asked for");
  if (!machineCode()) {
    return subreaper(request, "no executable memory for clone3, which places a child in a cgroup");
  }
  const home = enterHome();
  if ("reason" in home) return subreaper(request, home.reason);
  try {
    demandEnforceable(request.limits ?? {}, home.obstacle, howToGetControllers());
    return CgroupContainer.create(home, request);
  } catch (error) {
    home.leave();
    if (!(error instanceof ProctorError)) throw error;
    if (request.limits) throw error;
    return subreaper(request, `no cgroup can be made in ${home.directory}: ${error.message}`);
  }
}

/**
 * The rung below the cgroup, which nothing can refuse but limits.
 * @throws ProctorError of kind `system` when there are any
 */
export function subreaper(request: ContainerRequest, reason: string): Container {
  demandEnforceable(request.limits ?? {}, () => reason, howToGetControllers());
  systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
  return new DescentContainer("subreaper", reason, request);
}

/**
 * The container that another process has made and abandoned.
 * @throws ProctorError of kind `system` when it is gone
 */
export function adoptContainer(request: ContainerRequest, directory: string | null): Container {
  systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
  return directory === null
    ? new DescentContainer("subreaper", "the group was made without a cgroup", request)
    : CgroupContainer.adopt(directory, request);
}

/** A container around a tree that already runs. */
export function observe(request: ContainerRequest): Container {
  return new DescentContainer("none", "the tree was running before it was watched", request);
}
