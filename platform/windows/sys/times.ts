import { kernel32 } from "./libraries.ts";
import { getU64, scratchMemory } from "./memory.ts";

/** FILETIME and the counters of CPU time are in 100 nanoseconds. */
const PER_SECOND = 1e7;
/** From 1601, where FILETIME begins, to 1970, in microseconds. */
const EPOCH_MICROSECONDS = 11_644_473_600_000_000n;

/** A span of CPU time in seconds. */
export function seconds(view: DataView, offset: number): number {
  return getU64(view, offset) / PER_SECOND;
}

/** A moment in microseconds since 1970: what is finer does not fit into a number, and tells no two processes apart. */
export function microseconds(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true) / 10n - EPOCH_MICROSECONDS);
}

/** The present moment by the clock that notes when processes begin. */
export function nowMicroseconds(): number {
  const { address, view } = scratchMemory();
  kernel32().GetSystemTimeAsFileTime(address);
  return microseconds(view, 0);
}
