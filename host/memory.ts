import type { MemoryInfo } from "../core/schema/host_schema.ts";
import type { MemoryReading } from "../platform/mod.ts";
import { share } from "./percent.ts";

/**
 * The answer of RPCGetMemoryInfo. Used is what is not available (as free(1) has it): caches that the kernel would give
 * up do not count.
 */
export function memoryInfo(reading: MemoryReading): MemoryInfo {
  const { totalBytes, availableBytes, swapTotalBytes, swapFreeBytes } = reading;
  const used = availableBytes === null ? null : Math.max(0, totalBytes - availableBytes);
  const swapUsed = Math.max(0, swapTotalBytes - swapFreeBytes);
  return {
    total: totalBytes,
    available: availableBytes,
    used,
    usage_percent: used === null ? null : share(used, totalBytes),
    buffers: reading.buffersBytes,
    cached: reading.cachedBytes,
    free: reading.freeBytes,
    swap_total: swapTotalBytes,
    swap_free: swapFreeBytes,
    swap_used: swapUsed,
    swap_usage_percent: share(swapUsed, swapTotalBytes),
  };
}
