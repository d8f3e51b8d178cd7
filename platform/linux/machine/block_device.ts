import { join } from "../../../core/posix_path.ts";
import { listDirectory } from "../sys/directory.ts";

/**
 * Devices of memory, of files, and of other machines' making: what they move is moved elsewhere as well, or is no
 * disk.
 */
const VIRTUAL = /^(loop|ram|zram|nbd|fd|sr)\d/;

/**
 * Whether a block device is one of its own, whose traffic no other device counts as well: it stands in /sys/block
 * (partitions do not, Documentation/ABI/stable/sysfs-block), and has no `slaves` that it is made of (md, dm).
 */
export function isPhysical(sys: string, name: string): boolean {
  if (VIRTUAL.test(name)) return false;
  // A slash of the name is an exclamation mark in sysfs (`cciss/c0d0`).
  const directory = join(sys, "block", name.replaceAll("/", "!"));
  return listDirectory(directory).length > 0 && listDirectory(join(directory, "slaves")).length === 0;
}
