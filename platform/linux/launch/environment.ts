import { nodeOs } from "../../../io/builtins.ts";
import type { Environment } from "../../../core/schema/record.ts";
import { leastCpuLimit, leastMemoryLimit } from "../cgroup/binding_limit.ts";
import { ownCgroups } from "../cgroup/cgroup_path.ts";
import { readText } from "../proc/kernel_file.ts";

/** The machine, and the limits of all cgroups above us: the least of each binds (cgroup-v2.rst). */
export function readEnvironment(): Environment {
  const processors = nodeOs().cpus();
  const model = processors[0]?.model.trim();
  const own = ownCgroups();
  const quota = leastCpuLimit(own);
  const memoryLimit = leastMemoryLimit(own);
  const memoryTotal = totalMemory();
  const limitBinds = memoryLimit < (memoryTotal ?? Infinity);
  return {
    host_name: nodeOs().hostname(),
    kernel: `Linux ${nodeOs().release()}`,
    cpu_model: model && model !== "unknown" ? model : null,
    online_cpu_count: processors.length,
    cpu_quota_cores: Number.isFinite(quota) ? quota : null,
    memory_total_bytes: memoryTotal,
    memory_limit_bytes: limitBinds ? memoryLimit : null,
  };
}

/** MemTotal of /proc/meminfo (proc_meminfo(5)) in bytes. */
function totalMemory(): number | null {
  const match = /^MemTotal:\s+(\d+) kB$/m.exec(readText("/proc/meminfo") ?? "");
  return match ? Number(match[1]) * 1_024 : null;
}
