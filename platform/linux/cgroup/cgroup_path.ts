import { dirname, join, relative } from "../../../core/posix_path.ts";
import { readText } from "../proc/kernel_file.ts";
import { unescapeOctal } from "../proc/mountinfo.ts";

/** Where our own cgroup v2 directory is, and the top of what we see of the hierarchy; or why it cannot be reached. */
export type OwnCgroup = { readonly directory: string; readonly mountPoint: string } | {
  readonly reason: string;
};

/** Our own cgroups, in every hierarchy. */
export interface OwnCgroups {
  /** That of the v2 hierarchy. */
  readonly v2: OwnCgroup;
  /** That of the v1 hierarchy of a controller; null where none has it. */
  v1(controller: string): OwnCgroup | null;
}

/**
 * Our own cgroups: /proc/self/cgroup (cgroups(7)) joined with the mounts that show them (proc_pid_mountinfo(5)), each
 * read once. On a hybrid host that of v2 is the unified hierarchy beside the v1 controllers.
 */
export function ownCgroups(root = "/proc"): OwnCgroups {
  const memberships = membershipsOf("self", root);
  const mounts = mountsOf(root);
  return { v2: v2Place(memberships, mounts), v1: (controller) => v1Place(controller, memberships, mounts) };
}

/** Our own cgroup in the v2 hierarchy. */
export function ownCgroup(root = "/proc"): OwnCgroup {
  return ownCgroups(root).v2;
}

/**
 * The cgroup of a process in the v1 hierarchy of a controller, as {@link ownCgroup}.
 *
 * @param pid ours when it is "self"
 * @returns null where no v1 hierarchy has the controller
 */
export function v1Cgroup(
  controller: string,
  pid: number | "self" = "self",
  root = "/proc",
): OwnCgroup | null {
  return v1Place(controller, membershipsOf(pid, root), mountsOf(root));
}

function membershipsOf(pid: number | "self", root: string): string {
  return readText(join(root, `${pid}/cgroup`)) ?? "";
}

function mountsOf(root: string): string {
  return readText(join(root, "self/mountinfo")) ?? "";
}

function v2Place(memberships: string, mounts: string): OwnCgroup {
  const path = parseMembership(memberships);
  if (path === undefined) return { reason: "the kernel has no cgroup v2" };
  const mount = parseMount(mounts, path);
  if (!mount) return { reason: "no cgroup v2 file system is mounted that shows our own cgroup" };
  return { directory: join(mount.point, relative(mount.root, path)), mountPoint: mount.point };
}

function v1Place(controller: string, memberships: string, mounts: string): OwnCgroup | null {
  const path = parseMembership(memberships, controller);
  if (path === undefined) return null;
  const mount = parseMount(mounts, path, controller);
  if (!mount) {
    return { reason: `no cgroup v1 file system is mounted that shows our own ${controller} cgroup` };
  }
  return { directory: join(mount.point, relative(mount.root, path)), mountPoint: mount.point };
}

/** A cgroup and those above it, as far up as we see; none where it cannot be reached. */
export function directoriesUpwards(place: OwnCgroup | null): string[] {
  if (place === null || "reason" in place) return [];
  const directories = [place.directory];
  for (let one = place.directory; one !== place.mountPoint && one !== "/"; directories.push(one)) {
    one = dirname(one);
  }
  return directories;
}

/** The path in the line `0::/path`, or, with a v1 controller, in `4:memory:/path`, `2:cpu,cpuacct:/path`. */
export function parseMembership(text: string, controller?: string): string | undefined {
  for (const [, id, controllers, path] of text.matchAll(/^(\d+):([^:\n]*):(\/.*)$/gm)) {
    if (
      controller === undefined
        ? id === "0" && controllers === ""
        : controllers.split(",").includes(controller)
    ) {
      return path;
    }
  }
  return undefined;
}

/**
 * The mount of /proc/PID/mountinfo that shows `path`: its root inside the hierarchy and its point. Of cgroup2, or with
 * a controller of the v1 hierarchy that has it: the super options, the last field, name them.
 */
export function parseMount(
  text: string,
  path: string,
  controller?: string,
): { root: string; point: string } | undefined {
  // Seen from a cgroup namespace, a process outside it is at `/..` or above.
  if (path === "/.." || path.startsWith("/../")) return undefined;
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    const [type, , options] = after?.split(" ") ?? [];
    const isIt = controller === undefined
      ? type === "cgroup2"
      : type === "cgroup" && options?.split(",").includes(controller);
    if (!isIt) continue;
    const [, , , root, point] = before.split(" ").map(unescapeOctal);
    if (point === undefined) continue;
    const below = relative(root, path);
    if (below !== ".." && !below.startsWith("../")) return { root, point };
  }
  return undefined;
}
