"""usage: failing_disk.py BACKING MOUNT FAULTS: shows a directory at another place, by FUSE, until its standard input ends.

While the file FAULTS is there, what is asked of a path that matches its second line fails with EIO: everything that
writes, and with "read" in its first line what reads, too. Writes go through at once, so a fault is seen by write(2) itself.
"""

import ctypes
import errno
import os
import re
import select
import stat
import struct
import sys

BACKING, MOUNT, FAULTS = sys.argv[1:4]
libc = ctypes.CDLL(None, use_errno=True)
MS_NOSUID_NODEV = 2 | 4
MNT_DETACH = 2
RENAME_NOREPLACE = 1
# Answers wait for nothing: what one asks another may have changed.
VALID = (0, 0)
READING = {15, 18, 27, 28, 3, 1, 5, 14, 17, 29}
WRITING = {4, 6, 8, 9, 10, 11, 12, 13, 16, 20, 30, 35, 43, 45}


class Nodes:
    """Inodes of the backing directory, each held by a descriptor that leads to it whatever its name is by now."""

    def __init__(self):
        root = os.open(BACKING, os.O_PATH)
        self.by_number = {1: root}
        self.by_identity = {self.identity(os.fstat(root)): 1}
        self.counts = {1: 1}
        self.last = 1

    @staticmethod
    def identity(found):
        return found.st_dev, found.st_ino

    def take(self, parent, name):
        """The number of an entry, counted as the kernel counts it."""
        held = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=self.by_number[parent])
        key = self.identity(os.fstat(held))
        number = self.by_identity.get(key)
        if number is None:
            self.last += 1
            number = self.last
            self.by_number[number] = held
            self.by_identity[key] = number
            self.counts[number] = 0
        else:
            os.close(held)
        self.counts[number] += 1
        return number

    def forget(self, number, times):
        if number == 1 or number not in self.counts:
            return
        self.counts[number] -= times
        if self.counts[number] > 0:
            return
        held = self.by_number.pop(number)
        del self.by_identity[self.identity(os.fstat(held))]
        del self.counts[number]
        os.close(held)

    def path(self, number):
        """One that can be opened, whatever has become of the name."""
        return f"/proc/self/fd/{self.by_number[number]}"

    def name(self, number):
        return os.readlink(self.path(number))


nodes = Nodes()
directories = {}


def attributes(found):
    def seconds(ns):
        return ns // 1_000_000_000

    def rest(ns):
        return ns % 1_000_000_000

    times = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
    return struct.pack(
        "<QQQQQQIIIIIIIIII",
        found.st_ino,
        found.st_size,
        found.st_blocks,
        *map(seconds, times),
        *map(rest, times),
        found.st_mode,
        found.st_nlink,
        found.st_uid,
        found.st_gid,
        found.st_rdev,
        found.st_blksize,
        0,
    )


def attributes_of(number):
    return struct.pack("<QII", *VALID, 0) + attributes(os.fstat(nodes.by_number[number]))


def entry(parent, name):
    number = nodes.take(parent, name)
    found = os.fstat(nodes.by_number[number])
    return struct.pack("<QQQQII", number, 0, *VALID, 0, 0) + attributes(found)


def text(body):
    return body.split(b"\0")


def set_attributes(node, body):
    (valid, _, _, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode, _, uid, gid, _) = struct.unpack(
        "<IIQQQQQQIIIIIIII", body[:88]
    )
    path = nodes.path(node)
    if valid & 1:
        os.chmod(path, stat.S_IMODE(mode))
    if valid & 6:
        os.chown(path, uid if valid & 2 else -1, gid if valid & 4 else -1)
    if valid & 8:
        os.truncate(path, size)
    if valid & 0x30 and not valid & 0x180:
        os.utime(path, ns=(atime * 1_000_000_000 + atime_ns, mtime * 1_000_000_000 + mtime_ns))
    return attributes_of(node)


def make_node(node, body, owner):
    mode, device, umask, _ = struct.unpack("<IIII", body[:16])
    name = text(body[16:])[0]
    parent = nodes.by_number[node]
    os.mknod(name, mode & ~umask, device, dir_fd=parent)
    os.chown(name, *owner, dir_fd=parent, follow_symlinks=False)
    return entry(node, name)


def make_directory(node, body, owner):
    mode, umask = struct.unpack("<II", body[:8])
    name = text(body[8:])[0]
    os.mkdir(name, mode & ~umask, dir_fd=nodes.by_number[node])
    os.chown(name, *owner, dir_fd=nodes.by_number[node])
    return entry(node, name)


def create(node, body, owner):
    flags, mode, umask, _ = struct.unpack("<IIII", body[:16])
    name = text(body[16:])[0]
    parent = nodes.by_number[node]
    kept = flags & ~(os.O_NOFOLLOW | os.O_APPEND)
    opened = os.open(name, kept | os.O_CREAT, mode & ~umask, dir_fd=parent)
    os.fchown(opened, *owner)
    return entry(node, name) + struct.pack("<QIi", opened, 0, 0)


def read_directory(body):
    handle, offset, size = struct.unpack("<QQI", body[:20])
    answer = b""
    for position, (name, inode, kind) in enumerate(directories[handle]):
        if position < offset:
            continue
        piece = struct.pack("<QQII", inode, position + 1, len(name), kind) + name
        piece += b"\0" * (-len(piece) % 8)
        if len(answer) + len(piece) > size:
            break
        answer += piece
    return answer


def open_directory(node):
    handle = max(directories, default=0) + 1
    with os.scandir(nodes.path(node)) as found:
        directories[handle] = [
            (os.fsencode(one.name), one.inode(), stat.S_IFMT(one.stat(follow_symlinks=False).st_mode) >> 12)
            for one in found
        ]
    return struct.pack("<QIi", handle, 0, 0)


def rename(node, target, flags, names):
    before, after = names[:2]
    if flags & ~RENAME_NOREPLACE:
        raise OSError(errno.EINVAL, "")
    there = nodes.by_number[target]
    if flags and os.path.lexists(f"{nodes.path(target)}/{os.fsdecode(after)}"):
        raise OSError(errno.EEXIST, "")
    os.rename(before, after, src_dir_fd=nodes.by_number[node], dst_dir_fd=there)
    return b""


def space():
    found = os.statvfs(BACKING)
    return struct.pack(
        "<QQQQQIIII24x",
        found.f_blocks,
        found.f_bfree,
        found.f_bavail,
        found.f_files,
        found.f_ffree,
        found.f_bsize,
        found.f_namemax,
        found.f_frsize,
        0,
    )


def fallocate(body):
    handle, offset, length, mode = struct.unpack("<QQQI", body[:28])
    off_t = ctypes.c_longlong
    if libc.fallocate(ctypes.c_int(handle), ctypes.c_int(mode), off_t(offset), off_t(length)) != 0:
        raise OSError(ctypes.get_errno(), "")
    return b""


def released(close, body):
    close(struct.unpack("<Q", body[:8])[0])
    return b""


def answer(opcode, node, body, owner):
    """What is asked by the numbers of FUSE 7.31; None: nothing is answered."""
    here = nodes.by_number.get(node)
    if opcode == 1:
        return entry(node, text(body)[0])
    if opcode == 3:
        return attributes_of(node)
    if opcode == 4:
        return set_attributes(node, body)
    if opcode == 5:
        return os.fsencode(os.readlink("", dir_fd=here))
    if opcode == 6:
        name, target = text(body)[:2]
        os.symlink(target, name, dir_fd=here)
        return entry(node, name)
    if opcode == 8:
        return make_node(node, body, owner)
    if opcode == 9:
        return make_directory(node, body, owner)
    if opcode == 10:
        os.unlink(text(body)[0], dir_fd=here)
        return b""
    if opcode == 11:
        os.rmdir(text(body)[0], dir_fd=here)
        return b""
    if opcode == 12:
        return rename(node, struct.unpack("<Q", body[:8])[0], 0, text(body[8:]))
    if opcode == 45:
        target, flags = struct.unpack("<QI", body[:12])
        return rename(node, target, flags, text(body[16:]))
    if opcode == 13:
        (source,) = struct.unpack("<Q", body[:8])
        name = text(body[8:])[0]
        os.link(nodes.path(source), name, dst_dir_fd=here, follow_symlinks=True)
        return entry(node, name)
    if opcode == 14:
        (flags,) = struct.unpack("<I", body[:4])
        # The kernel says at which offset an appended piece goes.
        opened = os.open(nodes.path(node), flags & ~(os.O_NOFOLLOW | os.O_APPEND | os.O_CREAT | os.O_EXCL))
        return struct.pack("<QIi", opened, 0, 0)
    if opcode == 15:
        handle, offset, size = struct.unpack("<QQI", body[:20])
        return os.pread(handle, size, offset)
    if opcode == 16:
        handle, offset, size = struct.unpack("<QQI", body[:20])
        return struct.pack("<II", os.pwrite(handle, body[40 : 40 + size], offset), 0)
    if opcode == 17:
        return space()
    if opcode == 18:
        return released(os.close, body)
    if opcode == 20:
        os.fsync(struct.unpack("<Q", body[:8])[0])
        return b""
    if opcode in (25, 30):
        return b""
    if opcode == 27:
        return open_directory(node)
    if opcode == 28:
        return read_directory(body)
    if opcode == 29:
        return released(directories.pop, body)
    if opcode == 35:
        return create(node, body, owner)
    if opcode == 43:
        return fallocate(body)
    if opcode == 26:
        # Version 7.31, 128 KiB at once, of which the kernel tells by big writes.
        return struct.pack("<IIIIHHIIHHI28x", 7, 31, 131_072, 1 << 5, 16, 12, 131_072, 1, 32, 0, 0)[:64]
    if opcode == 2:
        nodes.forget(node, struct.unpack("<Q", body[:8])[0])
        return None
    if opcode == 42:
        (count,) = struct.unpack("<I", body[:4])
        for index in range(count):
            nodes.forget(*struct.unpack("<QQ", body[8 + 16 * index : 24 + 16 * index]))
        return None
    if opcode == 36:
        return None
    if opcode == 38:
        return b""
    raise OSError(errno.ENOSYS, "")


def name_in(opcode, body):
    """The name within a directory that is asked about."""
    begins = {1: 0, 6: 0, 8: 16, 9: 8, 10: 0, 11: 0, 12: 8, 45: 16, 13: 8, 35: 16}
    return os.fsdecode(text(body[begins[opcode] :])[0]) if opcode in begins else ""


def is_failing(opcode, node, body):
    try:
        with open(FAULTS, encoding="utf-8") as file:
            kinds, pattern = file.read().split("\n")[:2]
    except (FileNotFoundError, ValueError):
        return False
    if opcode not in WRITING and not ("read" in kinds and opcode in READING - {18, 29}):
        return False
    return re.search(pattern, f"{nodes.name(node)}/{name_in(opcode, body)}") is not None


def main():
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other"
    if libc.mount(b"failing", os.fsencode(MOUNT), b"fuse", MS_NOSUID_NODEV, options.encode()) != 0:
        sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")
    os.umask(0)
    print("ready", flush=True)
    wanted = select.poll()
    wanted.register(device, select.POLLIN)
    wanted.register(0, select.POLLIN)
    try:
        while True:
            for descriptor, _ in wanted.poll():
                if descriptor == 0:
                    if os.read(0, 4096) == b"":
                        return
                    continue
                try:
                    request = os.read(device, 1 << 20)
                except OSError as error:
                    if error.errno == errno.ENODEV:
                        return
                    continue
                _, opcode, unique, node, uid, gid, _, _, _ = struct.unpack("<IIQQIIIHH", request[:40])
                body = request[40:]
                try:
                    if is_failing(opcode, node, body):
                        raise OSError(errno.EIO, "")
                    told = answer(opcode, node, body, (uid, gid))
                    code = 0
                except OSError as error:
                    told, code = b"", -(error.errno or errno.EIO)
                if told is None:
                    continue
                try:
                    os.write(device, struct.pack("<IiQ", 16 + len(told), code, unique) + told)
                except OSError:
                    pass  # Whoever has asked is gone.
    finally:
        libc.umount2(os.fsencode(MOUNT), MNT_DETACH)


main()
