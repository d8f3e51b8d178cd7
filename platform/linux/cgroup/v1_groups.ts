import { dirname, join } from "../../../core/posix_path.ts";
import { ProctorError } from "../../../core/error.ts";
import type { LimitEvents, Limits } from "../../../core/measure/limits.ts";
import { systemCall } from "../sys/machine_code.ts";
import { nextInteger } from "../proc/bytes.ts";
import { closeFile, pathAddress, readFile, text } from "../proc/kernel_file.ts";
import { openClaimed } from "../sys/directory_claim.ts";
import { describeErrno, EEXIST } from "../sys/errno.ts";
import { makeGroup, removeAnyAbandoned, removeGroup, unmakeGroup } from "./group_directories.ts";
import { imposeV1Limits, readV1LimitEvents } from "./v1_limits.ts";
import { unique } from "./v1_places.ts";
import type { V1Directories } from "./v1_places.ts";

const O_WRONLY_CLOEXEC = 0o2000001;

/**
 * What the controllers of cgroup v1 do for a group that a cgroup v2 directory holds together: hybrid hosts have them
 * there (Documentation/admin-guide/cgroup-v1). Membership is v2's: whoever is started joins both.
 */
export class V1Groups {
  /** Open `cgroup.procs` files: a process that writes `0` to each joins, and does so before its execve. */
  readonly joins: readonly number[];
  readonly #claims: readonly number[];

  private constructor(readonly directories: V1Directories) {
    const opened: number[] = [];
    const places = unique(directories);
    try {
      for (const directory of places) opened.push(openToJoin(directory));
    } catch (error) {
      opened.forEach(closeFile);
      throw error;
    }
    this.joins = opened;
    this.#claims = places.map(openClaimed).filter((descriptor) => descriptor >= 0);
  }

  /**
   * Make the directories, and write the limits into them.
   * @throws ProctorError of kind `system` when any of it is refused; nothing is left then
   */
  static make(directories: V1Directories, limits: Limits): V1Groups {
    const made: string[] = [];
    try {
      for (const directory of unique(directories)) {
        removeAnyAbandoned(dirname(directory));
        makeAnew(directory);
        made.push(directory);
      }
      imposeV1Limits(directories, limits);
      return new V1Groups(directories);
    } catch (error) {
      made.forEach(unmakeGroup);
      throw error;
    }
  }

  /**
   * Take over directories that another process has made.
   * @returns null when there are none
   * @throws ProctorError of kind `system` when they may not be joined
   */
  static adopt(directories: V1Directories): V1Groups | null {
    return directories.size === 0 ? null : new V1Groups(directories);
  }

  /** What running into limits came to, as far as the controllers here count it. */
  limitEvents(): Partial<LimitEvents> {
    return readV1LimitEvents(this.directories);
  }

  /**
   * Whether the limit on processes is reached. The kernel refuses a fork beyond it, but lets a process join: where v2
   * would refuse to start one, we have to.
   */
  isFull(): boolean {
    const directory = this.directories.get("pids");
    if (directory === undefined) return false;
    const value = (name: string) =>
      readFile(join(directory, name)) ? nextInteger(text.bytes, 0, text.length) : NaN;
    return value("pids.current") >= value("pids.max"); // NaN: "max"
  }

  /** Let members that are left go on where we are, and remove the directories. */
  release(): void {
    this.close();
    for (const directory of unique(this.directories)) removeGroup(directory, dirname(directory));
  }

  /** Give back the descriptors, and leave the directories. */
  close(): void {
    [...this.joins, ...this.#claims].forEach(closeFile);
  }
}

/**
 * Open the `cgroup.procs` of a cgroup, of either version: a process that writes `0` to it joins (cgroups(7)).
 * @throws ProctorError of kind `system`
 */
export function openToJoin(directory: string): number {
  const file = join(directory, "cgroup.procs");
  const descriptor = systemCall("openat", 0, pathAddress(file), O_WRONLY_CLOEXEC);
  if (descriptor >= 0) return descriptor;
  throw new ProctorError("system", `cannot open ${file}: ${describeErrno(-descriptor)}`);
}

/**
 * One that is there already is left over from a process that had our PID before us; a populated one cannot be
 * removed.
 */
function makeAnew(directory: string): void {
  let made = makeGroup(directory);
  if (made === -EEXIST && unmakeGroup(directory) === 0) made = makeGroup(directory);
  if (made < 0) throw new ProctorError("system", `cannot make ${directory}: ${describeErrno(-made)}`);
}

/** The files in which the memory controller of either version tells what it counts. */
export const MEMORY_FILES = {
  v1: { current: "memory.usage_in_bytes", peak: "memory.max_usage_in_bytes", events: "memory.oom_control" },
  v2: { current: "memory.current", peak: "memory.peak", events: "memory.events" },
} as const;
