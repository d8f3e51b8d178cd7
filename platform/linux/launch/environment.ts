import { nodeOs } from "../../../io/builtins.ts";
import type { Environment } from "../../../core/schema/record.ts";
import { leastCpuLimit, leastMemoryLimit } from "../cgroup/binding_limit.ts";
import { ownCgroups } from "../cgroup/cgroup_path.ts";
import { readPiece, readText, textAsString } from "../proc/kernel_file.ts";

/** The machine, and the limits of all cgroups above us: the least of each binds (cgroup-v2.rst). */
export function readEnvironment(): Environment {
  const own = ownCgroups();
  const quota = leastCpuLimit(own);
  const memoryLimit = leastMemoryLimit(own);
  const memoryTotal = totalMemory();
  const limitBinds = memoryLimit < (memoryTotal ?? Infinity);
  return {
    host_name: line("/proc/sys/kernel/hostname") ?? nodeOs().hostname(),
    kernel: `Linux ${line("/proc/sys/kernel/osrelease") ?? nodeOs().release()}`,
    cpu_model: cpuModel(),
    online_cpu_count: onlineCpuCount() ?? nodeOs().cpus().length,
    cpu_quota_cores: Number.isFinite(quota) ? quota : null,
    memory_total_bytes: memoryTotal,
    memory_limit_bytes: limitBinds ? memoryLimit : null,
  };
}

/** A file of one line: what uname(2) says is in those of /proc/sys/kernel, without a module of the runtime for it. */
function line(path: string): string | null {
  return readPiece(path) ? textAsString().trimEnd() || null : null;
}

/** The first processor's, as x86 tells it (proc_cpuinfo(5)); what stands of the others is neither read nor made. */
function cpuModel(): string | null {
  const match = readPiece("/proc/cpuinfo") ? /^model name\s*: (.*)$/m.exec(textAsString()) : null;
  return match?.[1].trim() || null;
}

/** The lines of single processors in /proc/stat (proc_stat(5)); null where there are none. */
function onlineCpuCount(): number | null {
  const lines = readPiece("/proc/stat") ? textAsString().match(/^cpu\d+ /gm) : null;
  return lines && lines.length;
}

/** MemTotal of /proc/meminfo (proc_meminfo(5)) in bytes. */
function totalMemory(): number | null {
  const match = /^MemTotal:\s+(\d+) kB$/m.exec(readText("/proc/meminfo") ?? "");
  return match ? Number(match[1]) * 1_024 : null;
}
