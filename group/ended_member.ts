import type { ChildExit, ProcessIdentity } from "../platform/mod.ts";

/** A member of the tree that has ended, and what is known of it. */
export interface EndedMember extends ProcessIdentity {
  /** Start time in milliseconds since the epoch. */
  readonly startTimeMs: number;
  readonly parentPid: number;
  readonly name: string;
  readonly args: readonly string[] | null;
  /** How it ended, with the kernel's final accounts; null when somebody else had waited for it. */
  readonly exit: ChildExit | null;
  /** Whether the kernel killed it for want of memory, as far as can be told. */
  readonly oomKilled: boolean;
  /** Own CPU seconds, without its children's: the final ones when `exit` is known, else the last seen. */
  readonly cpuSeconds: number;
  /** The highest resident memory seen, in bytes; NaN when none was. */
  readonly peakMemoryBytes: number;
}
