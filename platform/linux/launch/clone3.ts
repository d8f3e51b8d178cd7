import { describeErrno, EINVAL, ENOSYS } from "../sys/errno.ts";
import { machineCode, systemCall } from "../sys/machine_code.ts";

let obstacle: string | null | undefined;

/** Why no child can be started inside of a cgroup (clone3(2)), tried once; null when one can. */
export function cloneObstacle(): string | null {
  if (obstacle === undefined) obstacle = findObstacle();
  return obstacle;
}

function findObstacle(): string | null {
  if (!machineCode()) return "no executable memory for clone3, which places a child in a cgroup";
  // Whoever knows the call refuses a size of 0; nothing is cloned.
  const answer = -systemCall("clone3", 0, 0);
  if (answer === EINVAL) return null;
  const why = answer === ENOSYS ? "it is not there" : describeErrno(answer);
  return `no clone3, which places a child in a cgroup: ${why}`;
}
