import { readText } from "../proc/kernel_file.ts";
import { isGroupName } from "./cgroup_home.ts";
import { parseMembership } from "./cgroup_path.ts";

/**
 * How long a path stands for its PID: far less than the kernel takes to come around to a PID again, which even 32,768
 * forks on many processors do not allow.
 */
const FRESH_MS = 100;

/** A process that a group has asked for its parent. */
interface Newborn {
  /** The path of its cgroup where that is a group's or lies inside one; null else. */
  readonly path: string | null;
  readonly parentPid: number;
  readonly birth: number;
}

/** Of children inside a group's cgroup, the path. Others may be of any group yet, and are read each time. */
const paths = new Map<number, string>();
const newborns = new Map<number, Newborn>();
let untilMs = 0;

function forgetOld(): void {
  const now = performance.now();
  if (now < untilMs) return;
  paths.clear();
  newborns.clear();
  untilMs = now + FRESH_MS;
}

/**
 * The path of a child's cgroup where that is a group's or lies inside one; null where it is not, or cannot be read.
 * Groups ask one after the other for the children of all of them: what one has read serves the others for a moment, so
 * that hundreds of groups do not read hundreds of children each. A cgroup says whose a child is, as a note of who waits
 * for it does not: such a note may outlast the process, and its PID then be another's.
 */
export function groupPathOf(pid: number): string | null {
  forgetOld();
  const known = paths.get(pid);
  if (known !== undefined) return known;
  const path = parseMembership(readText(`/proc/${pid}/cgroup`) ?? "");
  if (!path?.split("/").some(isGroupName)) return null;
  paths.set(pid, path);
  return path;
}

/** A group has read whose child a newborn is: the others, which all see the same ones, may do without for a moment. */
export function noteNewborn(pid: number, parentPid: number, birth: number): void {
  forgetOld();
  if (!newborns.has(pid)) newborns.set(pid, { path: groupPathOf(pid), parentPid, birth });
}

/** What was noted of a newborn a moment ago; undefined where it has to be read. */
export function notedNewborn(pid: number): Newborn | undefined {
  forgetOld();
  return newborns.get(pid);
}
