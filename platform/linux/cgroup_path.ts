import { join, relative } from "node:path";
import { readText } from "./kernel_file.ts";
import { unescapeOctal } from "./mountinfo.ts";

/** Where our own cgroup v2 directory is, and the top of what we see of the hierarchy; or why it cannot be reached. */
export type OwnCgroup = { readonly directory: string; readonly mountPoint: string } | {
  readonly reason: string;
};

/**
 * Our own cgroup in the v2 hierarchy: /proc/self/cgroup (cgroups(7)) joined with the mount that shows it
 * (proc_pid_mountinfo(5)). On a hybrid host that is the unified hierarchy beside the v1 controllers.
 */
export function ownCgroup(root = "/proc"): OwnCgroup {
  const path = parseMembership(readText(join(root, "self/cgroup")) ?? "");
  if (path === undefined) return { reason: "the kernel has no cgroup v2" };
  const mount = parseMount(readText(join(root, "self/mountinfo")) ?? "", path);
  if (!mount) return { reason: "no cgroup v2 file system is mounted that shows our own cgroup" };
  return { directory: join(mount.point, relative(mount.root, path)), mountPoint: mount.point };
}

/** The path in the line `0::/path`. */
export function parseMembership(text: string): string | undefined {
  return /^0::(\/.*)$/m.exec(text)?.[1];
}

/** The cgroup2 mount of /proc/PID/mountinfo that shows `path`: its root inside the hierarchy and its point. */
export function parseMount(text: string, path: string): { root: string; point: string } | undefined {
  // Seen from a cgroup namespace, a process outside it is at `/..` or above.
  if (path === "/.." || path.startsWith("/../")) return undefined;
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    if (!after?.startsWith("cgroup2 ")) continue;
    const [, , , root, point] = before.split(" ").map(unescapeOctal);
    const below = relative(root, path);
    if (below !== ".." && !below.startsWith("../")) return { root, point };
  }
  return undefined;
}
