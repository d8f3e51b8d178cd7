import { ProctorError } from "../../core/error.ts";
import type { Container, ContainerRequest } from "../types.ts";
import { CgroupContainer } from "./cgroup_container.ts";
import { ownCgroup } from "./cgroup_path.ts";
import { DescentContainer } from "./descent_container.ts";
import { machineCode, systemCall } from "./launch_code.ts";

const PR_SET_CHILD_SUBREAPER = 36;

/**
 * The strongest container this machine allows (the ladder of docs/accounting.md). Orphans of the tree become
 * our children on every rung, so that their final accounts reach us.
 */
export function createContainer(request: ContainerRequest): Container {
  systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
  if (request.mechanism === "subreaper") return subreaper(request, "a cgroup was not asked for");
  const own = ownCgroup();
  if ("reason" in own) return subreaper(request, own.reason);
  if (!machineCode()) {
    return subreaper(request, "no executable memory for clone3, which places a child in a cgroup");
  }
  try {
    return new CgroupContainer(own.directory, request.wanted, request.guarded);
  } catch (error) {
    if (!(error instanceof ProctorError)) throw error;
    return subreaper(request, `no cgroup can be made in ${own.directory}: ${error.message}`);
  }
}

/** The rung below the cgroup, which nothing can refuse. */
export function subreaper(request: ContainerRequest, reason: string): Container {
  systemCall("prctl", PR_SET_CHILD_SUBREAPER, 1);
  return new DescentContainer("subreaper", reason, request);
}

/** A container around a tree that already runs. */
export function observe(request: ContainerRequest): Container {
  return new DescentContainer("none", "the tree was running before it was watched", request);
}
