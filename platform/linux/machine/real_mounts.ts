import type { Mount } from "../proc/mountinfo.ts";
import { visibleMounts } from "./visible_mounts.ts";

/*
 * Which mounts tell about disks. Of what the kernel lists, most are interfaces (proc, sysfs, cgroup2), memory (tmpfs),
 * or a second view of the same file system (bind mounts, containers' overlays).
 */

/** On a disk, though the kernel lists them as without a device. */
const ON_DISK = new Set(["zfs", "bcachefs", "btrfs", "ubifs", "jffs2", "f2fs", "virtiofs", "fuseblk"]);

/** Images that were full when they were made. */
const IMAGES = new Set(["squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf"]);

/** Of another machine, by name; and what FUSE programs of that kind call themselves. */
const NETWORK =
  /^(nfs\d?|cifs|smb3|smbfs|ncpfs|9p|afs|ceph|coda|lustre|gpfs|beegfs|orangefs|pvfs2|glusterfs|fuse\.(sshfs|s3fs|rclone|glusterfs|ceph-fuse|cephfs|davfs2?|gcsfuse|smbnetfs|juicefs|seaweedfs|mfs|lizardfs|moosefs))$/;

/** Whether a file system may keep its reader waiting: another machine, or a program, has to answer. */
export function mayKeepWaiting(type: string): boolean {
  return NETWORK.test(type) || type.startsWith("fuse");
}

/** The types of /proc/filesystems (proc_filesystems(5)) that need a block device: those without `nodev`. */
export function parseBlockTypes(text: string): Set<string> {
  return new Set(text.split("\n").filter((line) => /^\s+\S/.test(line)).map((line) => line.trim()));
}

/**
 * The mounts that count, in the kernel's order, one per file system:
 *
 * - the root directory, whatever it is on;
 * - what lies on a block device (`blockTypes`) or on a disk all the same (ZFS and the like), but no images;
 * - with `withNetwork`, what lies on other machines.
 *
 * Of several mounts of the same file system that of the whole is taken, then that with the shortest path; what another
 * mount hides does not count.
 */
export function realMounts(
  mounts: readonly Mount[],
  blockTypes: ReadonlySet<string>,
  withNetwork: boolean,
): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of visibleMounts(mounts)) {
    if (!counts(mount, blockTypes, withNetwork)) continue;
    const other = byDevice.get(mount.device);
    if (!other || isBetter(mount, other)) byDevice.set(mount.device, mount);
  }
  return [...byDevice.values()];
}

function counts({ point, type }: Mount, blockTypes: ReadonlySet<string>, withNetwork: boolean): boolean {
  if (point === "/") return type !== "rootfs";
  if (NETWORK.test(type)) return withNetwork;
  return (blockTypes.has(type) || ON_DISK.has(type)) && !IMAGES.has(type);
}

function isBetter(mount: Mount, other: Mount): boolean {
  if (mount.point === "/" || other.point === "/") return mount.point === "/";
  if ((mount.root === "/") !== (other.root === "/")) return mount.root === "/";
  return mount.point.length < other.point.length;
}
