import { listDirectory, listNumbers } from "../sys/directory.ts";
import { readLink } from "../sys/read_link.ts";
import { fileInode } from "../sys/statx.ts";
import type { KnownSocket } from "./known_socket.ts";

/**
 * Which sockets are a tree's, at one moment. A cgroup has those that were made in it, wherever they are now; without
 * one, those are a tree's which a member has among its descriptors. Both are found out when somebody asks.
 */
export class MemberSockets {
  #inodes: Set<number> | undefined;
  #cgroups: Set<number> | undefined;

  /** @param directory of the tree's cgroup in the hierarchy of version 2, or null */
  constructor(readonly pids: Iterable<number>, readonly directory: string | null) {}

  /** Whether this one is. */
  has(socket: KnownSocket): boolean {
    if (this.directory !== null && !Number.isNaN(socket.cgroup)) {
      this.#cgroups ??= cgroupsBelow(this.directory);
      return this.#cgroups.has(socket.cgroup);
    }
    this.#inodes ??= socketsOf(this.pids);
    return this.#inodes.has(socket.inode);
  }
}

/** Each directory's inode number is the kernel's number of the cgroup. */
function cgroupsBelow(directory: string, into = new Set<number>()): Set<number> {
  into.add(fileInode(directory));
  for (const { name, isDirectory } of listDirectory(directory)) {
    if (isDirectory) cgroupsBelow(`${directory}/${name}`, into);
  }
  return into;
}

/** What the links in /proc/PID/fd have between the brackets of `socket:[12345]` (proc_pid_fd(5)). */
function socketsOf(pids: Iterable<number>): Set<number> {
  const inodes = new Set<number>();
  for (const pid of pids) eachSocketOf(pid, (inode) => inodes.add(inode));
  return inodes;
}

/** The sockets that a process has descriptors of. */
export function eachSocketOf(pid: number, found: (inode: number) => void): void {
  const descriptors: number[] = [];
  listNumbers(`/proc/${pid}/fd`, descriptors);
  for (const descriptor of descriptors) {
    const target = readLink(`/proc/${pid}/fd/${descriptor}`);
    if (target?.startsWith("socket:[")) found(Number(target.slice(8, -1)));
  }
}
