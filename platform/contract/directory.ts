/** What tells where a process belongs; null where it cannot be read. */
export interface ProcessOrigin {
  readonly userName: string | null;
  /** The path of its control group, from the root that we see. */
  readonly cgroup: string | null;
  /** The innermost group of proctor's that it belongs to, by what holds that or by the mark it carries. */
  readonly group: string | null;
  /** What a supervisor of proctor's calls it, or what has started it; null for all others. */
  readonly supervisedId: string | null;
  /** Whether it is the kernel's own; left out where that is told by its having no arguments. */
  readonly isKernelThread?: boolean;
}

/** All processes of the machine, whoever they belong to. */
export interface ProcessDirectory {
  /** The PIDs of all processes there are, zombies included; the array is used again by the next call. */
  pids(): readonly number[];
  /**
   * The processes that may have begun since the last call, and maybe others: all of them at first, and now and then.
   * The array is used again, too.
   */
  newcomers(): readonly number[];
  /** Where a process belongs: three files, to be read once for each process. */
  origin(pid: number): ProcessOrigin;
  /** CPU seconds of everything that ever ran in a control group, the ended included; NaN when it cannot be read. */
  cgroupCpuSeconds(cgroup: string): number;
  /** Let go of the files of control groups that are not among these. */
  keepCgroups(cgroups: ReadonlySet<string>): void;
}
