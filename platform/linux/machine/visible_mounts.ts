import type { Mount } from "../proc/mountinfo.ts";

/**
 * The mounts that a path leads to, in the kernel's order; the others lie under another one, which may be at a directory
 * above and have come at any time.
 */
export function visibleMounts(mounts: readonly Mount[]): Mount[] {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const pointsOn = new Map<number, Set<string>>();
  for (const { id, parentId, point } of mounts) {
    if (id === parentId) continue;
    const points = pointsOn.get(parentId) ?? new Set();
    pointsOn.set(parentId, points.add(point));
  }
  const isReached = (mount: Mount): boolean => {
    // What lies on its own root.
    if (pointsOn.get(mount.id)?.has(mount.point)) return false;
    const seen = new Set<Mount>();
    for (let step: Mount | undefined = mount; step && !seen.has(step); step = byId.get(step.parentId)) {
      seen.add(step);
      const points = pointsOn.get(step.parentId);
      if (
        points && step.id !== step.parentId && directoriesAbove(step.point).some((one) => points.has(one))
      ) {
        return false;
      }
    }
    return true;
  };
  // At the same place on the same mount the later one is above.
  const last = new Map(mounts.map((mount) => [mount.point, mount]));
  return mounts.filter((mount) => last.get(mount.point) === mount && isReached(mount));
}

/** `/`, `/a` of `/a/b`. */
function directoriesAbove(path: string): string[] {
  if (path === "/") return [];
  const above = ["/"];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) above.push(path.slice(0, at));
  return above;
}
