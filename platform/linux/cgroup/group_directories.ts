import { basename, dirname, join } from "../../../core/posix_path.ts";
import { readFile, readText, text } from "../proc/kernel_file.ts";
import { listDirectory, makeDirectory, removeDirectory } from "../sys/directory.ts";
import { isClaimed } from "../sys/directory_claim.ts";
import { EBUSY } from "../sys/errno.ts";
import { linkCount } from "../sys/statx.ts";
import { writeFile } from "../sys/write_file.ts";
import { forEachPid } from "./cgroup_files.ts";
import { PREFIX } from "./cgroup_home.ts";

/*
 * The directories of groups, in whichever hierarchy of cgroups.
 */

const OWNER = new RegExp(`^${PREFIX}(\\d+)-\\d+$`);
/** What was killed just now leaves its cgroup a moment later; what does not leave at all is not waited for long. */
const MOST_ATTEMPTS = 50;
/** Where so many of a program that is gone are in use, the rest are left for later: it may have made hundreds. */
const MOST_IN_USE = 8;
const PAUSE_MS = 1;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
/** Where no other program makes or removes directories, what a dead one has left is searched for this often. */
const SWEEP_EVERY_MS = 5_000;

/** When a place was searched for what is abandoned, and how many links it is to have since: one for each directory. */
const swept = new Map<string, { readonly atMs: number; links: number }>();

/** The PID of the program that made the directory of a group; null where its name does not say. */
export function ownerOf(directory: string): number | null {
  const pid = OWNER.exec(basename(directory))?.[1];
  return pid === undefined ? null : Number(pid);
}

/** Every directory below, parents before children; usually none. */
export function subdirectories(directory: string): string[] {
  return listDirectory(directory).filter((entry) => entry.isDirectory).flatMap(({ name }) => {
    const path = join(directory, name);
    return [path, ...subdirectories(path)];
  });
}

/** Make the directory of a group; 0, or -errno. */
export function makeGroup(directory: string): number {
  const made = makeDirectory(directory);
  if (made === 0) noteOwn(directory, 1);
  return made;
}

/** Remove the directory of a group in which nobody is; 0, or -errno. */
export function unmakeGroup(directory: string): number {
  const removed = removeDirectory(directory);
  if (removed === 0) noteOwn(directory, -1);
  return removed;
}

/** A group is given up, and its directory may be abandoned one day: the next one made searches for such. */
export function expectAbandoned(directory: string): void {
  swept.delete(dirname(directory));
}

/** What we do to a place ourselves is not a reason to search it. */
function noteOwn(directory: string, links: number): void {
  const place = swept.get(dirname(directory));
  if (place) place.links += links;
}

/**
 * Remove the directory of a group and all below it.
 * @param refuge where members go that outlive their group
 */
export function removeGroup(directory: string, refuge: string): void {
  for (const one of [...subdirectories(directory).reverse(), directory]) {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      moveMembers(one, refuge);
      if ((one === directory ? unmakeGroup(one) : removeDirectory(one)) !== -EBUSY) break;
      Atomics.wait(PAUSE, 0, 0, PAUSE_MS);
    }
  }
}

/** Members that outlive their container go on where they would have been without us. */
function moveMembers(from: string, to: string): void {
  if (!readFile(join(from, "cgroup.procs")) || text.length === 0) return;
  // One that ended meanwhile cannot be moved, and need not be.
  forEachPid(
    text.bytes.slice(0, text.length),
    text.length,
    (pid) => writeFile(join(to, "cgroup.procs"), String(pid)),
  );
}

/**
 * {@link removeAbandoned} where there may be any: another program has made or removed directories, as the number of
 * links tells, or the last search is long ago. Who makes hundreds of groups would else list all of them for each.
 */
export function removeAnyAbandoned(parent: string): string[] {
  const last = swept.get(parent);
  const now = performance.now();
  if (last && now - last.atMs < SWEEP_EVERY_MS && linkCount(parent) === last.links) return [];
  const names = removeAbandoned(parent);
  swept.set(parent, { atMs: now, links: linkCount(parent) });
  return names;
}

/**
 * Remove the directories of proctors that were killed before they could tidy up; one that is populated or claimed
 * stays.
 * @returns the names of those found
 */
export function removeAbandoned(parent: string): string[] {
  // One owner may have made hundreds.
  const alive = new Map([[String(process.pid), true]]);
  const isAlive = (pid: string) => {
    if (!alive.has(pid)) alive.set(pid, readText(`/proc/${pid}/stat`) !== undefined);
    return alive.get(pid)!;
  };
  const inUse = new Map<string, number>();
  return turned(listDirectory(parent)).flatMap(({ name }) => {
    const owner = OWNER.exec(name)?.[1];
    if (!owner || isAlive(owner)) return [];
    const count = inUse.get(owner) ?? 0;
    if (count >= MOST_IN_USE) return [];
    const directory = join(parent, name);
    const isTaken = isClaimed(directory);
    if (isTaken || !removeEmpty(directory)) inUse.set(owner, count + 1);
    return isTaken ? [] : [name];
  });
}

/** Each start begins elsewhere in the list: what stands behind those in use has its turn, too. */
function turned<T>(list: readonly T[]): T[] {
  const at = Math.floor(Math.random() * list.length);
  return [...list.slice(at), ...list.slice(0, at)];
}

/** Remove a directory and all below it where nobody is in them; whether it is gone. */
export function removeEmpty(directory: string): boolean {
  subdirectories(directory).reverse().forEach(removeDirectory);
  return removeDirectory(directory) === 0;
}
