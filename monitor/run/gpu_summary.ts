import type { GpuLedger } from "../../core/measure/gpu/ledger.ts";
import { count, percent, seconds } from "../../core/measure/numbers.ts";
import type { GpuSummary } from "../../core/schema/record.ts";

/** What a tree did with GPUs, for its summary. */
export function gpuSummary(ledger: GpuLedger): GpuSummary {
  return {
    avg_percent: percent(ledger.avgPercent),
    max_percent: percent(ledger.maxPercent),
    peak_memory_bytes: count(ledger.peakMemoryBytes),
    devices: ledger.devices.map((use) => {
      const engines = [...ledger.engineSeconds(use.device)];
      return {
        ...use.device,
        avg_percent: percent(use.avgPercent(ledger.observedSeconds)),
        max_percent: percent(use.maxPercent),
        peak_memory_bytes: count(use.peakMemoryBytes),
        peak_system_memory_bytes: count(use.peakSystemMemoryBytes),
        ...(engines.length > 0 && {
          engine_seconds: Object.fromEntries(engines.map(([name, used]) => [name, seconds(used)!])),
        }),
      };
    }),
  };
}
