import { isPrivateVariable } from "../../core/private_variables.ts";
import type { Environment } from "../../core/schema/record.ts";
import { nodeOs } from "../../io/builtins.ts";
import { kernel32 } from "./sys/libraries.ts";
import { bytesAt } from "../../ffi/mod.ts";
import { variableName, variablesIn } from "./text/environment_block.ts";
import { foldCase } from "./text/wide.ts";

/** CPU seconds of this process. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The working set of this process, and the largest it ever had, in bytes. */
export const ownMemoryBytes = (): number => process.memoryUsage().rss;
export const ownPeakMemoryBytes = (): number => process.resourceUsage().maxRSS * 1_024;

const THIS_PROCESS = -1;
/** The runtimes end with the lowest eight bits of what they are given, so that 256 would be a success. */
const MOST_KEPT = 255;

/** Have this program end with an exit code of 32 bits, when everything else that is to be done at its end is done. */
export function keepExitCode(code: number): void {
  if (code > MOST_KEPT) process.on("exit", () => void kernel32().TerminateProcess(THIS_PROCESS, code));
}

/** Where a program that Bun has compiled has its own modules; the runtime puts such a path among the arguments. */
const INSIDE = /^[A-Z]:[\\/]~BUN[\\/]/;

/** Our arguments: UTF-16 by birth, nothing of which a runtime's strings lose. */
export function ownArguments(): Uint8Array[] {
  const [program, script, ...words] = process.argv;
  const own = script !== undefined && !INSIDE.test(script) ? [script] : [];
  return [program, ...own, ...words].map((word) => Buffer.from(word));
}

/** Our environment with what the runtimes hide, such as the current directories of drives. */
export function ownEnvironment(): Uint8Array[] {
  const address = kernel32().GetEnvironmentStringsW();
  if (address === 0) return [];
  let length = 0;
  for (let units = 1; units > 0;) {
    units = kernel32().lstrlenW(address + length);
    length += (units + 1) * 2;
  }
  // The last of them was the empty one; of none at all, both zeros are to be there.
  const variables = variablesIn(bytesAt(address, length).slice());
  kernel32().FreeEnvironmentStringsW(address);
  return variables.map((entry) => Buffer.from(withSecretsInCapitals(entry)));
}

/** Names have no case here: what proctor alone is to know is told by its name in capitals. */
export function withSecretsInCapitals(entry: string): string {
  const name = variableName(entry);
  const capitals = foldCase(name);
  return isPrivateVariable(capitals) ? capitals + entry.slice(name.length) : entry;
}

/** The machine as it stands in records. */
export function readEnvironment(): Environment {
  const processors = nodeOs().cpus();
  return {
    host_name: nodeOs().hostname(),
    kernel: `Windows ${nodeOs().release()}`,
    cpu_model: processors[0]?.model.trim() || null,
    online_cpu_count: processors.length,
    cpu_quota_cores: null,
    memory_total_bytes: nodeOs().totalmem(),
    memory_limit_bytes: null,
  };
}
