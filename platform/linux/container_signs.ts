import { join } from "node:path";
import type { ContainerReading, HostRoots } from "../host_types.ts";
import { parseCpuMax, parseLimit } from "./cgroup_files.ts";
import { leastLimit } from "./binding_limit.ts";
import { readText } from "./kernel_file.ts";
import { parseMeminfo } from "./proc_meminfo.ts";

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
  const quota = leastLimit("cpu.max", parseCpuMax, proc, sys);
  const limit = leastLimit("memory.max", parseLimit, proc, sys);
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
