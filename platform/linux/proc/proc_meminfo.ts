import type { MemoryReading } from "../../contract/host.ts";
import { cursor, integerAfter, key } from "./bytes.ts";

const BYTES_PER_KB = 1_024; // The file says kB and means KiB.

const TOTAL = key("MemTotal:");
const FREE = key("MemFree:");
const AVAILABLE = key("MemAvailable:");
const BUFFERS = key("Buffers:");
const CACHED = key("Cached:");
const SWAP_TOTAL = key("SwapTotal:");
const SWAP_FREE = key("SwapFree:");

/**
 * Parse /proc/meminfo (proc_meminfo(5)), which is `bytes[0, length)`; null when it does not even tell the total.
 * Keys are looked for in the order the kernel writes them; one that is missing costs a look through the rest.
 */
export function parseMeminfo(bytes: Uint8Array, length: number): MemoryReading | null {
  cursor.at = 0;
  const next = (name: Uint8Array) => {
    const kilobytes = integerAfter(bytes, cursor.at, length, name);
    return Number.isNaN(kilobytes) ? null : kilobytes * BYTES_PER_KB;
  };
  const totalBytes = next(TOTAL);
  if (totalBytes === null) return null;
  const freeBytes = next(FREE);
  const availableBytes = next(AVAILABLE);
  const buffersBytes = next(BUFFERS);
  const cachedBytes = next(CACHED);
  // A kernel built without swap has neither line: there is none.
  const swapTotalBytes = next(SWAP_TOTAL) ?? 0;
  const swapFreeBytes = next(SWAP_FREE) ?? 0;
  return { totalBytes, freeBytes, availableBytes, buffersBytes, cachedBytes, swapTotalBytes, swapFreeBytes };
}
