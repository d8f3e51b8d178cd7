import { nodeOs } from "../../../io/builtins.ts";
import type { Environment } from "../../../core/schema/record.ts";
import { SIGACTION_SIZE } from "../layout/file_status.ts";
import { LAST_SIGNAL, signalName } from "../layout/signals.ts";
import { parseRusage, RUSAGE_SIZE } from "../layout/waited.ts";
import type { WaitedUsage } from "../layout/waited.ts";
import { processWords } from "../processes/process_words.ts";
import { bsdInfo, rusageInfo } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { sysctlNumber, sysctlText } from "../sys/sysctl.ts";

const RUSAGE_SELF = 0;
const SIG_IGN = 1;

/** What this process has used, all its threads (getrusage(2)); null where that is refused. */
function ownUsage(system: LibSystem): WaitedUsage | null {
  const usage = system.scratch("rusage", RUSAGE_SIZE);
  return system.c.getrusage(RUSAGE_SELF, usage.address) === 0 ? parseRusage(usage.view) : null;
}

/** CPU seconds that this process has used. */
export function ownCpuSeconds(system: LibSystem): number {
  const usage = ownUsage(system);
  return usage ? usage.userSeconds + usage.systemSeconds : NaN;
}

/** How often threads of this process have gone to sleep. */
export const ownVoluntarySwitches = (system: LibSystem) => ownUsage(system)?.voluntarySwitches ?? NaN;

/** Resident memory of this process, and the most it ever had. */
export const ownMemoryBytes = (system: LibSystem) => rusageInfo(system, process.pid)?.residentBytes ?? null;
export const ownPeakMemoryBytes = (system: LibSystem) => ownUsage(system)?.peakResidentBytes ?? null;

/** Our arguments as the bytes they came in; the runtime's idea of them where the kernel does not tell. */
export function ownArguments(system: LibSystem): Uint8Array[] {
  const known = processWords(system, process.pid)?.args ?? [];
  return known.length > 0 ? [...known] : process.argv.map((word) => Buffer.from(word));
}

/** Our environment as we were given it. */
export function ownEnvironment(system: LibSystem): Uint8Array[] {
  const known = processWords(system, process.pid)?.env ?? [];
  return known.length > 0
    ? [...known]
    : Object.entries(process.env).map(([name, value]) => Buffer.from(`${name}=${value}`));
}

/** The signals that are ignored by now, as nohup(1) or a shell's `&` leave them (sigaction(2)). */
export function ignoredSignals(system: LibSystem): ReadonlySet<string> {
  const action = system.scratch("sigaction", SIGACTION_SIZE);
  const ignored = new Set<string>();
  for (let number = 1; number <= LAST_SIGNAL; number++) {
    if (system.c.sigaction(number, 0, action.address) === 0 && action.getU64(0) === SIG_IGN) {
      ignored.add(signalName(number));
    }
  }
  return ignored;
}

/** Whether our process group is the foreground group of our terminal: Ctrl-C then reaches our children without us. */
export function isInForeground(system: LibSystem): boolean {
  const own = bsdInfo(system, process.pid);
  return own !== null && own.groupId === own.terminalGroupId;
}

/** The machine; nothing limits what runs on it but the machine. */
export function readEnvironment(system: LibSystem): Environment {
  const memory = sysctlNumber(system, "hw.memsize");
  const processors = sysctlNumber(system, "hw.logicalcpu");
  return {
    host_name: nodeOs().hostname(),
    kernel: `Darwin ${sysctlText(system, "kern.osrelease") ?? nodeOs().release()}`,
    cpu_model: sysctlText(system, "machdep.cpu.brand_string"),
    online_cpu_count: processors > 0 ? processors : nodeOs().cpus().length,
    cpu_quota_cores: null,
    memory_total_bytes: memory > 0 ? memory : null,
    memory_limit_bytes: null,
  };
}
