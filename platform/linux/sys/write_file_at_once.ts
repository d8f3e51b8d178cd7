import { EINTR, errnoName } from "./errno.ts";
import { descriptorKind } from "./file_mode.ts";
import { systemCall } from "./machine_code.ts";
import { isNullDevice } from "./statx.ts";
import { ForeignMemory } from "./memory.ts";

/** struct statfs (statfs(2)) has 120 bytes on 64-bit machines; its first word is f_type. */
const STATFS_SIZE = 120;

/**
 * File systems of this machine's own disks and memory, by f_type (include/uapi/linux/magic.h, and their own sources): a
 * write goes to memory, and waits only where too much of that is unwritten. Beyond a network, or a program (FUSE), it
 * could wait for ever.
 */
const LOCAL = new Set([
  0x0000ef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
  0x2fc12fc1, // ZFS
  0x794c7630, // overlayfs, which writes to a local one
  0x01021994, // tmpfs
  0x858458f6, // ramfs
]);

const PIECE = 65_536;
const buffer = new ForeignMemory(PIECE);
const statfs = new ForeignMemory(STATFS_SIZE);

/**
 * How to write to a regular file on a local disk, or to nowhere; null for any other file. Writes may be short, as
 * write(2) is.
 * @throws an error with the `code` of the failed write, when called
 */
export function fileWriterAtOnce(descriptor: number): ((bytes: Uint8Array) => number) | null {
  const isQuick = descriptorKind(descriptor) === "file" ? isLocal(descriptor) : isNullDevice(descriptor);
  if (!isQuick) return null;
  return (bytes) => {
    let written = 0;
    while (written < bytes.length) {
      const piece = bytes.subarray(written, written + PIECE);
      buffer.bytes.set(piece);
      const length = systemCall("write", descriptor, buffer.address, piece.length);
      if (length === -EINTR) break;
      if (length < 0 && written === 0) throw Object.assign(new Error("write"), { code: errnoName(-length) });
      // What has failed after a part was written will fail again for the rest.
      if (length <= 0) break;
      written += length;
    }
    return written;
  };
}

function isLocal(descriptor: number): boolean {
  return systemCall("fstatfs", descriptor, statfs.address) === 0 && LOCAL.has(statfs.view.getUint32(0, true));
}
