import { cpus, hostname, release } from "node:os";
import type { Environment } from "../../core/record.ts";
import { parseCpuMax, parseLimit } from "./cgroup_files.ts";
import { leastLimit } from "./binding_limit.ts";
import { readText } from "./kernel_file.ts";

/** The machine, and the limits of all cgroups above us: the least of each binds (cgroup-v2.rst). */
export function readEnvironment(): Environment {
  const processors = cpus();
  const model = processors[0]?.model.trim();
  const quota = leastLimit("cpu.max", parseCpuMax);
  const memoryLimit = leastLimit("memory.max", parseLimit);
  const memoryTotal = totalMemory();
  const limitBinds = memoryLimit < (memoryTotal ?? Infinity);
  return {
    host_name: hostname(),
    kernel: `Linux ${release()}`,
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
