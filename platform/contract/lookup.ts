/*
 * What processes can be looked up by: for finding those that nobody of ours has started.
 */

import type { CgroupPlace, LayeredCgroup } from "./workloads.ts";

/** What tells a process from any other, before and after: a PID alone is used again. */
export interface ProcessIdentity {
  /** The process id. */
  readonly pid: number;
  /** The kernel's own mark of its start (on Linux: clock ticks after boot); unique with the PID. */
  readonly birth: number;
}

/** A live process as it was when it was looked at; what is dearer than its identity is read when it is asked for. */
export interface ProcessEntry extends ProcessIdentity {
  /** The name the kernel knows it by: 15 bytes at most, invalid UTF-8 replaced. */
  readonly name: string;
  /** Whether a name is its, where names are not compared letter by letter. */
  isCalled?(name: string): boolean;
  /** The process id of its parent. */
  readonly parentPid: number;
  /** The id of its session. */
  readonly session: number;
  /** Start time in milliseconds since the epoch: a label, to about 10 ms. */
  readonly startTimeMs: number;
  /** The arguments; empty when there are none to be had. */
  arguments(): readonly string[];
  /** Effective user ID, or what stands for it here; NaN when it cannot be told. */
  userId(): number;
  /** Its cgroup's path in a hierarchy, or in every one, as `/proc/PID/cgroup` shows it to us. */
  cgroups(hierarchy: string | null): readonly string[];
  /** The same, with what their directories are for whoever has made them; of all hierarchies. */
  layeredCgroups(): readonly LayeredCgroup[];
  /** What tells its sockets (their inodes, or the process itself); null when its descriptors may not be looked at. */
  sockets(): ReadonlySet<number> | null;
}

/** Looks processes up; kernel threads, zombies and this process itself are never found. */
export interface ProcessLookup {
  /** PIDs of all there are, kernel threads and zombies among them. */
  pids(): number[];
  /**
   * PIDs of processes that have come since the last call; undefined when that cannot be told, as at the first call.
   * PIDs are given out in rising order, so that nothing else has to be looked at.
   */
  newPids(): ReadonlySet<number> | undefined;
  /**
   * A process by its PID; null when there is none that counts.
   * @param before what was found the last time: given back where it has not run since, and so is the same program still
   */
  find(pid: number, before?: ProcessEntry | null): ProcessEntry | null;
  /**
   * What tells the sockets that listen (TCP) or are bound (UDP) at a local port, by port, in our network namespace; see
   * {@link ProcessEntry.sockets}.
   */
  listeners(ports: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<number>>;
  /** The number of our own user; NaN where users have none. */
  readonly ownUserId: number;
  /** The number of a user by name; undefined when the system's list of users has none of that name. */
  userId(name: string): number | undefined;
  /** The cgroup that a path names: a directory where a hierarchy is mounted, or what `/proc/PID/cgroup` shows. */
  cgroupAt(path: string): CgroupPlace;
  /** Why no user is found by a number here; left out where they have such. */
  readonly hidesUserNumbers?: string;
  /** How processes of other users are hidden from us altogether; null where they are not. */
  readonly hidesOthers: string | null;
}
