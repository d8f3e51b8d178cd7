import type { GpuLook } from "../../core/measure/gpu/ledger.ts";
import type { Finding } from "./self.ts";

/** Looks at what processes do with GPUs. Times are on the monotonic clock. */
export interface GpuReader {
  /** Take what drivers have answered by now, and ask on; at once. */
  poll(nowMs: number): void;
  /** What these processes do with GPUs now, as far as it can be told at once. */
  look(pids: readonly number[], nowMs: number): GpuLook;
  /** The sources that have told anything, as records name them; empty as long as none has. */
  readonly sources: readonly string[];
  /** What is in the way of more; null where nothing is. */
  readonly obstacle: string | null;
}

/** Who tells what processes do with GPUs. */
export interface Gpus {
  /** A reader of its own for each tree; what is expensive to open they share. */
  openReader(): GpuReader;
  /** What can be told here, for `proctor doctor`; it waits for a driver to answer, but not for long. */
  finding(): Promise<Finding>;
}
