import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  mayKeepWaiting,
  parseBlockTypes,
  realMounts,
} from "../../../../platform/linux/machine/real_mounts.ts";
import { parseMountinfo } from "../../../../platform/linux/proc/mountinfo.ts";
import { hostFile } from "../../../support/hosts.ts";
import type { CapturedHost } from "../../../support/hosts.ts";

const chosen = (host: CapturedHost, withNetwork = false) =>
  realMounts(
    parseMountinfo(hostFile(host, "self/mountinfo")),
    parseBlockTypes(hostFile(host, "filesystems")),
    withNetwork,
  );
const points = (host: CapturedHost, withNetwork = false) =>
  chosen(host, withNetwork).map(({ point }) => point).sort();

test("/proc/filesystems: types without nodev need a block device", () => {
  const types = parseBlockTypes(hostFile("vm_no_swap", "filesystems"));
  assert.deepEqual([...types].sort(), [
    "btrfs",
    "erofs",
    "ext2",
    "ext3",
    "ext4",
    "fuseblk",
    "squashfs",
    "xfs",
  ]);
});

describe("/proc/self/mountinfo", () => {
  test("has optional fields in any number, and blanks and the like in octal", () => {
    const mounts = parseMountinfo(hostFile("storage_server", "self/mountinfo"));
    const { id, parentId, ...photos } = mounts.find(({ device }) => device === "0:42")!;
    assert.ok(id > 0 && parentId > 0);
    assert.deepEqual(photos, {
      device: "0:42",
      root: "/",
      point: "/tank/my photos\\old",
      type: "zfs",
      source: "tank/photos",
    });
    assert.equal(mounts.find(({ point }) => point === "/mnt/nfs")!.source, "filer.example:/vol/with#hash");
  });

  test("has lines that are passed over when they are cut", () => {
    assert.deepEqual(parseMountinfo("1 2 3:4 / /x rw -\n\ngarbage\n5 6 7:8 / /y rw - ext4\n"), []);
  });
});

describe("the mounts that count", () => {
  test("are one of a small machine", () => assert.deepEqual(points("vm_no_swap"), ["/"]));

  test("are neither overlays, nor bind mounts of what is there already", () => {
    assert.deepEqual(points("namespaces"), ["/"]);
  });

  test("are datasets of ZFS, and one of several mounts of a device: the whole, the shortest path", () => {
    assert.deepEqual(points("storage_server"), [
      "/",
      "/boot/efi",
      "/home",
      "/srv/a",
      "/tank",
      "/tank/my photos\\old",
    ]);
  });

  test("are on other machines when asked for", () => {
    const more = points("storage_server", true).filter((point) => !points("storage_server").includes(point));
    assert.deepEqual(more, ["/mnt/nfs", "/mnt/ssh"]);
  });

  test("are the root of a container, though it is an overlay, and its volumes", () => {
    // /etc/hosts is a single file: real as a mount, and left out when it is found to be no directory.
    assert.deepEqual(points("container"), ["/", "/data", "/etc/hosts"]);
  });
});

test("file systems of other machines and of programs may keep us waiting", () => {
  for (const type of ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuseblk", "fuse"]) {
    assert.ok(mayKeepWaiting(type), type);
  }
  for (const type of ["ext4", "xfs", "zfs", "btrfs", "overlay", "vfat"]) {
    assert.ok(!mayKeepWaiting(type), type);
  }
});
