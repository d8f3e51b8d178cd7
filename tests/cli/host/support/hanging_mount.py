# usage: hanging_mount.py DIRECTORY COMMAND [ARGUMENT...]
# Runs a command that sees, at DIRECTORY, a file system of another machine that never answers: one of FUSE, whose server
# we are ourselves and are silent. In a mount namespace of its own, so that nobody else hangs.
import ctypes, os, sys

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000

directory, command = sys.argv[1], sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


check(libc.unshare(CLONE_NEWNS), "unshare")
check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make the mounts our own")
server = os.open("/dev/fuse", os.O_RDWR)
os.set_inheritable(server, True)
options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
check(libc.mount(b"me@there:", directory.encode(), b"fuse.sshfs", 0, options), "mount")
os.execvp(command[0], command)
