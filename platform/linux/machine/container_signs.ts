import { join } from "../../../core/posix_path.ts";
import type { ContainerReading, HostRoots } from "../../contract/host.ts";
import { leastCpuLimit, leastMemoryLimit } from "../cgroup/binding_limit.ts";
import { ownCgroups } from "../cgroup/cgroup_path.ts";
import { readText } from "../proc/kernel_file.ts";
import { parseMeminfo } from "../proc/proc_meminfo.ts";

/** Files that container runtimes leave, and whose they are. */
const MARKS: readonly (readonly [path: string, runtime: string])[] = [
  ["run/.containerenv", "podman"],
  [".dockerenv", "docker"],
  ["run/secrets/kubernetes.io/serviceaccount/namespace", "kubernetes"],
];

/**
 * What says that we are in a container, or limited by cgroups as if in one; null when nothing does.
 *
 * The runtime by what systemd's convention says (/run/systemd/container, and `container=` in the environment of PID 1,
 * which only root can read; https://systemd.io/CONTAINER_INTERFACE), or else by its marks; lxcfs by its mounts.
 */
export function readContainer({ proc, sys, files }: HostRoots): ContainerReading | null {
  const runtime = readRuntime(proc, files);
  const isLxcfs = / - fuse\.lxcfs /.test(readText(join(proc, "self/mountinfo")) ?? "");
  const own = ownCgroups(proc);
  const quota = leastCpuLimit(own, sys);
  const limit = leastMemoryLimit(own, sys);
  const total = totalBytes(join(proc, "meminfo"));
  const cpuQuotaCores = Number.isFinite(quota) ? quota : null;
  const memoryLimitBytes = limit < total ? limit : null;
  if (runtime === null && !isLxcfs && cpuQuotaCores === null && memoryLimitBytes === null) return null;
  return { runtime, isLxcfs, cpuQuotaCores, memoryLimitBytes };
}

function readRuntime(proc: string, files: string): string | null {
  const said = readText(join(files, "/run/systemd/container"))?.trim() ||
    /(?:^|\0)container=([^\0]+)/.exec(readText(join(proc, "1/environ")) ?? "")?.[1];
  if (said) return said;
  return MARKS.find(([path]) => readText(join(files, "/", path)) !== undefined)?.[1] ?? null;
}

function totalBytes(path: string): number {
  const bytes = new TextEncoder().encode(readText(path) ?? "");
  return parseMeminfo(bytes, bytes.length)?.totalBytes ?? Infinity;
}
