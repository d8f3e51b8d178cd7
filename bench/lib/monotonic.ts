import { libc } from "../../platform/linux/sys/libc.ts";
import { ForeignMemory } from "../../platform/linux/sys/memory.ts";

const CLOCK_MONOTONIC = 1;
const timespec = new ForeignMemory(16);

/** CLOCK_MONOTONIC in milliseconds, the same clock that C programs read. */
export function monotonicMs(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, timespec.address);
  return timespec.getU64(0) * 1e3 + timespec.getU64(8) / 1e6;
}
