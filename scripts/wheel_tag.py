"""Prints the platform tag of a wheel with a program for Windows or macOS inside, by what the program itself says.

Usage: wheel_tag.py PROGRAM. Exit status 1: it is no such program.
"""

from __future__ import annotations

import struct
import sys

PE_MACHINES = {0x8664: "win_amd64", 0xAA64: "win_arm64"}
MACH_O_64 = 0xFEEDFACF
MACH_PROCESSORS = {0x01000007: "x86_64", 0x0100000C: "arm64"}
MACH_HEAD_BYTES = 32
LC_BUILD_VERSION = 0x32
PLATFORM_MACOS = 1
HEAD_BYTES = 1 << 16


def tag_of(head: bytes) -> str | None:
    """The tag, of the first 64 KiB of a program."""
    if head[:2] == b"MZ":
        (at,) = struct.unpack_from("<I", head, 0x3C)
        signature, machine = struct.unpack_from("<4sH", head, at)
        return PE_MACHINES.get(machine) if signature == b"PE\0\0" else None
    magic, processor, _, _, commands = struct.unpack_from("<5I", head, 0)
    name = MACH_PROCESSORS.get(processor)
    if magic != MACH_O_64 or name is None:
        return None
    at = MACH_HEAD_BYTES
    for _ in range(commands):
        command, size, platform, oldest = struct.unpack_from("<4I", head, at)
        if command == LC_BUILD_VERSION and platform == PLATFORM_MACOS:
            # 0xMMMMmmpp; from macOS 11 on the tag has the first number only.
            major, minor = oldest >> 16, oldest >> 8 & 0xFF
            return f"macosx_{major}_{0 if major > 10 else minor}_{name}"
        at += size
    return None


def main(path: str) -> int:
    with open(path, "rb") as file:
        try:
            tag = tag_of(file.read(HEAD_BYTES))
        except struct.error:
            tag = None
    if tag is None:
        print(f"proctor: {path} is not a program for Windows or macOS that says for which", file=sys.stderr)
        return 1
    print(tag)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
