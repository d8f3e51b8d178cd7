import { nodeFs } from "../../../io/builtins.ts";
import { ProctorError } from "../../../core/error.ts";
import { systemCall } from "../sys/machine_code.ts";
import { pathAddress } from "../proc/kernel_file.ts";
import { ForeignMemory, MemoryWriter } from "../sys/memory.ts";
import { isGroupDirectory } from "./cgroup_home.ts";

/** f_type of struct statfs (statfs(2)): the first word. */
const CGROUP2_SUPER_MAGIC = 0x6367_7270;
const STATFS_SIZE = 120;
/** cgroup2 keeps extended attributes of users since Linux 5.7 (xattr(7)); before, a name has to do. */
const ATTRIBUTE = "user.proctor.group";
const ENODATA = 61;
const EOPNOTSUPP = 95;

const words = new ForeignMemory(1_024);
const LONGEST_VALUE = 256;

/** Write a group's mark on its directory, where the kernel keeps it: the next program knows it by that. */
export function markCgroup(directory: string, marker: string): void {
  const value = new TextEncoder().encode(marker);
  const writer = new MemoryWriter(words);
  const [name, bytes] = [writer.string(new TextEncoder().encode(ATTRIBUTE)), writer.string(value)];
  systemCall("setxattr", pathAddress(directory), name, bytes, value.length, 0);
}

/**
 * Refuse a directory that only looks like a group's: who takes it up kills what is in it, and writes to its files.
 * @param marker that of the group
 * @throws ProctorError of kind `system`
 */
export function demandGroupCgroup(directory: string, marker: string): void {
  const refuse = (reason: string) =>
    new ProctorError("system", `${directory} is not a cgroup of the group: ${reason}`);
  if (!isGroupDirectory(directory)) throw refuse("its name is another");
  if (!isCgroup2(directory)) throw refuse("it is gone, or not in a file system of cgroup v2");
  const found = markOf(directory);
  if (found !== null && found !== marker) throw refuse("it carries another mark");
}

/** Whether a directory is one of the cgroup v2 file system, and no symbolic link leads there. */
function isCgroup2(directory: string): boolean {
  try {
    if (nodeFs().realpathSync(directory) !== directory) return false;
  } catch {
    return false;
  }
  const result = new ForeignMemory(STATFS_SIZE);
  try {
    return systemCall("statfs", pathAddress(directory), result.address) === 0 &&
      result.getU64(0) === CGROUP2_SUPER_MAGIC;
  } finally {
    result.free();
  }
}

/** The mark on a directory; empty when it cannot be read, null where the kernel keeps none or none was written. */
function markOf(directory: string): string | null {
  const writer = new MemoryWriter(words);
  const name = writer.string(new TextEncoder().encode(ATTRIBUTE));
  const at = writer.reserve(LONGEST_VALUE);
  const length = systemCall("getxattr", pathAddress(directory), name, words.address + at, LONGEST_VALUE);
  if (length === -ENODATA || length === -EOPNOTSUPP) return null;
  return length < 0 ? "" : new TextDecoder().decode(words.bytes.slice(at, at + length));
}
