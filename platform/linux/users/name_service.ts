import { bytesAt, LIBC, openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { ProctorError } from "../../../core/error.ts";
import { describeErrno, EBADF, ENOENT, EPERM, ERANGE, ESRCH } from "../sys/errno.ts";
import { ForeignMemory } from "../sys/memory.ts";
import type { PasswdEntry } from "./passwd.ts";

/*
 * Users and groups as the machine knows them: files, LDAP, systemd's and whatever else stands in nsswitch.conf(5).
 * Only libc can ask them.
 */

function bind() {
  return openLibrary(LIBC, {
    getpwnam_r: { args: ["usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    getpwuid_r: { args: ["i32", "usize", "usize", "usize", "usize"], returns: "i32" },
    getgrnam_r: { args: ["usize", "usize", "usize", "usize", "usize"], returns: "i32" },
    getgrouplist: { args: ["usize", "i32", "usize", "usize"], returns: "i32" },
  });
}

let bound: ReturnType<typeof bind> | undefined;

/** getpwnam_r(3) and the like say that there is no such name by these, or by success without a result. */
const NOT_THERE = [0, ENOENT, ESRCH, EBADF, EPERM];
/** Where the parts lie in our memory: the result's address, the struct, the name, what the struct points to. */
const [RESULT, RECORD, NAME, STRINGS] = [0, 16, 96, 4_096];
const LONGEST_NAME = STRINGS - NAME - 1;
const MOST_BYTES = 4 * 1_048_576;
/** NGROUPS_MAX (include/uapi/linux/limits.h). */
const MOST_GROUPS = 65_536;
// struct passwd and struct group of glibc and musl, 64 bits (pwd.h, grp.h).
const PASSWD = { name: 0, uid: 16, gid: 20, home: 32, shell: 40 };
const GROUP_GID = 16;

/**
 * A user by name or number; undefined when there is none.
 * @throws ProctorError of kind `system` when nobody can say
 */
export function findUser(user: string | number): PasswdEntry | undefined {
  const c = bound ??= bind();
  return typeof user === "number"
    ? ask(
      (record, strings, size, result) => c.getpwuid_r(user | 0, record, strings, size, result),
      readPasswd,
    )
    : askByName(c.getpwnam_r, user, readPasswd);
}

/**
 * The number of a group by its name; undefined when there is none.
 * @throws ProctorError of kind `system` when nobody can say
 */
export function findGroup(name: string): number | undefined {
  const c = bound ??= bind();
  return askByName(c.getgrnam_r, name, (memory) => memory.view.getUint32(RECORD + GROUP_GID, true));
}

/** All groups of a user as a login has them, the one given among them (getgrouplist(3)). */
export function groupsOf(name: string, gid: number): number[] {
  const c = bound ??= bind();
  const memory = new ForeignMemory(STRINGS + 4 * MOST_GROUPS);
  try {
    putName(memory, name);
    memory.view.setInt32(RESULT, MOST_GROUPS, true);
    const list = memory.address + STRINGS;
    // What is beyond, no process can have.
    c.getgrouplist(memory.address + NAME, gid | 0, list, memory.address + RESULT);
    const count = Math.min(memory.view.getInt32(RESULT, true), MOST_GROUPS);
    return Array.from({ length: count }, (_, index) => memory.view.getUint32(STRINGS + 4 * index, true));
  } finally {
    memory.free();
  }
}

function askByName<T>(
  call: ForeignFunction,
  name: string,
  read: (memory: ForeignMemory) => T,
): T | undefined {
  if (new TextEncoder().encode(name).length > LONGEST_NAME) return undefined;
  return ask(
    (record, strings, size, result, at) => call(at, record, strings, size, result),
    read,
    name,
  );
}

/** Ask with more and more room for what is answered, until that is enough. */
function ask<T>(
  call: (record: number, strings: number, size: number, result: number, name: number) => number,
  read: (memory: ForeignMemory) => T,
  name = "",
): T | undefined {
  for (let size = 16_384;; size *= 4) {
    const memory = new ForeignMemory(STRINGS + size);
    try {
      putName(memory, name);
      const at = memory.address;
      const errno = call(at + RECORD, at + STRINGS, size, at + RESULT, at + NAME);
      if (memory.getU64(RESULT) !== 0) return read(memory);
      if (NOT_THERE.includes(errno)) return undefined;
      if (errno !== ERANGE || size > MOST_BYTES) {
        throw new ProctorError("system", `the list of users cannot be asked: ${describeErrno(errno)}`);
      }
    } finally {
      memory.free();
    }
  }
}

function putName(memory: ForeignMemory, name: string): void {
  memory.bytes.set(new TextEncoder().encode(`${name}\0`).subarray(0, LONGEST_NAME + 1), NAME);
}

function readPasswd(memory: ForeignMemory): PasswdEntry {
  const text = (offset: number) => textAt(memory, memory.getU64(RECORD + offset));
  return {
    name: text(PASSWD.name),
    uid: memory.view.getUint32(RECORD + PASSWD.uid, true),
    gid: memory.view.getUint32(RECORD + PASSWD.gid, true),
    home: text(PASSWD.home),
    shell: text(PASSWD.shell),
  };
}

/** Most modules put texts into the memory they are given; some point to their own. */
function textAt(memory: ForeignMemory, address: number): string {
  if (address === 0) return "";
  const start = address - memory.address;
  if (start >= 0 && start < memory.size) {
    const end = memory.bytes.indexOf(0, start);
    return new TextDecoder().decode(memory.bytes.slice(start, end < 0 ? memory.size : end));
  }
  const bytes: number[] = [];
  for (let at = address;; at++) {
    const [byte] = bytesAt(at, 1);
    if (byte === 0 || bytes.length > STRINGS) return new TextDecoder().decode(Uint8Array.from(bytes));
    bytes.push(byte);
  }
}
