import type { Account } from "../../contract/users.ts";
import { PASSWD } from "../layout/file_status.ts";
import type { LibSystem } from "./libsystem.ts";

/*
 * Users by the C library, which asks Open Directory: /etc/passwd has those of the system only.
 */

const ERANGE = 34;
const FIRST_ROOM = 4_096;
const MOST_ROOM = 1_048_576;
const MOST_GROUPS = 1_024;
const LONGEST_TEXT = 4_096;

/** An entry of the lists of users. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** A user by name or number (getpwnam_r(3)); undefined when no list has one. */
export function findUser(system: LibSystem, user: string | number): User | undefined {
  const entry = system.scratch("passwd", PASSWD.size + 8);
  const result = entry.address + PASSWD.size;
  for (let room = FIRST_ROOM; room <= MOST_ROOM; room *= 4) {
    const texts = system.allocate(room);
    try {
      entry.bytes.fill(0);
      const failed = typeof user === "number"
        ? system.c.getpwuid_r(user | 0, entry.address, texts.address, room, result)
        : system.c.getpwnam_r(system.string(user), entry.address, texts.address, room, result);
      if (failed === ERANGE) continue;
      if (failed !== 0 || entry.getU64(PASSWD.size) === 0) return undefined;
      const text = (offset: number) => {
        const start = entry.getU64(offset) - texts.address;
        if (start < 0 || start >= room) return "";
        const bytes = texts.bytes.subarray(start, start + LONGEST_TEXT);
        const end = bytes.indexOf(0);
        return new TextDecoder().decode(bytes.slice(0, end < 0 ? bytes.length : end));
      };
      return {
        name: text(PASSWD.name),
        uid: entry.view.getUint32(PASSWD.uid, true),
        gid: entry.view.getUint32(PASSWD.gid, true),
        home: text(PASSWD.home),
        shell: text(PASSWD.shell),
      };
    } finally {
      texts.free();
    }
  }
  return undefined;
}

/** All groups of a user (getgrouplist(3)). */
function groupsOf(system: LibSystem, name: string, gid: number): number[] {
  const list = system.allocate(8 + 4 * MOST_GROUPS);
  try {
    list.view.setInt32(0, MOST_GROUPS, true);
    system.c.getgrouplist(system.string(name), gid | 0, list.address + 8, list.address);
    const count = Math.min(list.view.getInt32(0, true), MOST_GROUPS);
    return Array.from({ length: Math.max(0, count) }, (_, index) => list.view.getUint32(8 + 4 * index, true));
  } finally {
    list.free();
  }
}

/** A user as a login makes it; or why there is none. A group in place of its own is a number. */
export function findAccount(
  system: LibSystem,
  user: string | number,
  group: string | number | null,
): Account | string {
  const number = numberOf(user);
  const entry = findUser(system, number ?? user);
  const uid = entry?.uid ?? number;
  if (uid === undefined) return `there is no user "${user}"`;
  const gid = group === null ? entry?.gid : numberOf(group);
  if (gid === undefined) {
    return group === null
      ? `user ${user} is in no list of users, so its group is not known; write group, too`
      : `the group "${group}" is to be written as a number on macOS`;
  }
  return {
    uid,
    gid,
    groups: entry ? groupsOf(system, entry.name, gid) : [],
    name: entry?.name ?? null,
    home: entry ? entry.home || "/" : null,
    shell: entry ? entry.shell || "/bin/sh" : null,
  };
}

function numberOf(id: string | number): number | undefined {
  return typeof id === "number" ? id : /^\d+$/.test(id) ? Number(id) : undefined;
}

/** The user who has connected to a Unix socket (getpeereid(3)); null when the descriptor is no such connection. */
export function peerUser(system: LibSystem, descriptor: number): number | null {
  const ids = system.scratch("peer", 8);
  if (system.c.getpeereid(descriptor, ids.address, ids.address + 4) !== 0) return null;
  return ids.view.getUint32(0, true);
}
