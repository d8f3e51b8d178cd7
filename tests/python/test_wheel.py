"""The wheel: what is in it, that it can be made again, and that a fresh environment needs nothing else."""

import hashlib
import importlib.util
import os
import pathlib
import struct
import subprocess
import sys
import zipfile

import pytest

from conftest import BINARY, ROOT

NEEDED = {
    "build": "python3-build",
    "wheel": "python3-wheel",
    "setuptools": "python3-setuptools",
    "ensurepip": "python3-venv",
}
missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]

pytestmark = pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} missing")


def build(output, umask="022", zone="UTC", options=()):
    """Make the wheel of dist/proctor, or of a target; its path."""
    environment = {**os.environ, "PYTHON": sys.executable, "TZ": zone}
    script = f'umask {umask}; exec "$0" --output "$@"'
    command = ["sh", "-c", script, str(ROOT / "scripts" / "build-wheels"), str(output), *options]
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    (line,) = answer.stdout.splitlines()
    return pathlib.Path(line)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


def test_the_tag_is_what_the_binary_needs(wheel):
    name, version, python, abi, platform = wheel.stem.split("-")
    assert (name, python, abi) == ("proctor", "py3", "none")
    symbols = subprocess.run(["objdump", "-T", BINARY], stdout=subprocess.PIPE, check=True, text=True).stdout
    found = {word.strip("()").split("_")[1] for word in symbols.split() if word.strip("()").startswith("GLIBC_2")}
    newest = max(found, key=lambda version: tuple(map(int, version.split("."))))
    assert platform == f"manylinux_{newest.replace('.', '_')}_{os.uname().machine}"


def test_the_binary_inside_is_whole_and_executable(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        (inside,) = [entry for entry in archive.infolist() if entry.filename == "proctor/bin/proctor"]
        assert inside.external_attr >> 16 & 0o777 == 0o755
        assert hashlib.sha256(archive.read(inside)).digest() == hashlib.sha256(BINARY.read_bytes()).digest()
        names = archive.namelist()
        assert "proctor/py.typed" in names
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        assert archive.read(points).decode().split() == [
            *"[console_scripts] proctor = proctor.__main__:main".split(),
            *"[pytest11] proctor = proctor._pytest_plugin".split(),
        ]
        assert not [name for name in names if "/test_" in name or "__pycache__" in name]


def test_the_same_commit_gives_the_same_bytes(wheel, tmp_path):
    again = build(tmp_path, umask="077", zone="Asia/Tokyo")
    assert again.name == wheel.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_a_fresh_environment_without_a_network(wheel, tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C"}

    def call(*command):
        words = [str(word) for word in command]
        answer = subprocess.run(words, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, check=True, text=True)
        return answer.stdout

    place = tmp_path / "a place of its own"
    call(sys.executable, "-m", "venv", place)
    python = place / "bin" / "python"
    call(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", wheel)
    call(python, "-m", "pip", "check", "--disable-pip-version-check")
    source = """
import proctor
summary = proctor.run(["sh", "-c", "echo 'ü'"], stdout=proctor.CAPTURE)
with proctor.measure() as m, proctor.Sysmon() as sysmon:
    sysmon.uptime()
print(proctor.find_binary(), summary.stdout, summary.accounting["cpu"]["quality"], m.summary.outcome)
"""
    found, *rest = call(python, "-I", "-c", source).rsplit(maxsplit=3)
    assert rest == [repr("ü\n".encode()), "exact", "interrupted"]
    assert pathlib.Path(found).is_relative_to(place)
    assert call(place / "bin" / "proctor", "--version") == call(BINARY, "--version")
    assert call(place / "bin" / "proctor", "run", "--quiet", "--", "echo", "through") == "through\n"
    call(python, "-m", "pip", "uninstall", "--quiet", "--yes", "--disable-pip-version-check", "proctor")
    assert not list(place.rglob("proctor*"))


WINDOWS = "bun-windows-x64"


@pytest.mark.skipif(
    not list((ROOT / "dist" / "runtimes").glob(f"{WINDOWS}-*")),
    reason=f"needs {WINDOWS} in dist/runtimes (scripts/runtime @oven/{WINDOWS})",
)
def test_a_wheel_for_windows_is_one(tmp_path):
    wheel = build(tmp_path, options=["--target", "windows-x64"])
    assert wheel.stem.split("-", 2)[2] == "py3-none-win_amd64"
    with zipfile.ZipFile(wheel) as archive:
        (inside,) = [entry for entry in archive.infolist() if entry.filename.startswith("proctor/bin/")]
        assert inside.filename == "proctor/bin/proctor.exe"
        built = ROOT / "dist" / "proctor-windows-x64.exe"
        assert hashlib.sha256(archive.read(inside)).digest() == hashlib.sha256(built.read_bytes()).digest()
        (points,) = [entry for entry in archive.namelist() if entry.endswith("entry_points.txt")]
        assert "proctor = proctor.__main__:main" in archive.read(points).decode()


MUSL = "bun-linux-x64-musl"


@pytest.mark.skipif(
    not list((ROOT / "dist" / "runtimes").glob(f"{MUSL}-*")),
    reason=f"needs {MUSL} in dist/runtimes (scripts/runtime @oven/{MUSL})",
)
def test_a_wheel_for_musl_has_the_binary_that_tests_musl_runs(tmp_path):
    wheel = build(tmp_path, options=["--target", "linux-x64-musl"])
    assert wheel.stem.split("-", 2)[2] == "py3-none-musllinux_1_2_x86_64"
    with zipfile.ZipFile(wheel) as archive:
        (inside,) = [entry for entry in archive.infolist() if entry.filename.startswith("proctor/bin/")]
        assert (inside.filename, inside.external_attr >> 16 & 0o777) == ("proctor/bin/proctor", 0o755)
        built = ROOT / "dist" / "proctor-linux-x64-musl"
        assert hashlib.sha256(archive.read(inside)).digest() == hashlib.sha256(built.read_bytes()).digest()
        assert "Tag: py3-none-musllinux_1_2_x86_64" in archive.read("proctor-0.1.0.dist-info/WHEEL").decode()


def mach_o(processor, oldest, command=0x32):
    """The head of a program for macOS: a command that says nothing here, and the one with the oldest version."""
    commands = struct.pack("<4I", 0x1B, 24, 0, 0) + bytes(8) + struct.pack("<6I", command, 24, 1, oldest, 0, 0)
    return struct.pack("<8I", 0xFEEDFACF, processor, 0, 2, 2, len(commands), 0, 0) + commands


def pe(machine):
    """The head of a program for Windows."""
    return b"MZ" + bytes(0x3A) + struct.pack("<I4sH", 0x40, b"PE\0\0", machine)


HEADS = [
    (mach_o(0x0100000C, 0x000D0000), "macosx_13_0_arm64"),
    (mach_o(0x01000007, 0x000A0F00), "macosx_10_15_x86_64"),
    (mach_o(0x01000007, 0x000D0300), "macosx_13_0_x86_64"),
    (pe(0x8664), "win_amd64"),
    (pe(0xAA64), "win_arm64"),
    (pe(0x014C), None),
    (mach_o(7, 0x000D0000), None),
    (mach_o(0x0100000C, 0x000D0000, command=2), None),
    (mach_o(0x0100000C, 0x000D0000)[:40], None),
    (b"MZ", None),
    (b"", None),
]


@pytest.mark.parametrize(("head", "tag"), HEADS, ids=[f"{number} {tag}" for number, (_, tag) in enumerate(HEADS)])
def test_a_program_says_itself_for_which_system_it_is(tmp_path, head, tag):
    program = tmp_path / "program"
    program.write_bytes(head)
    command = [sys.executable, str(ROOT / "scripts" / "wheel_tag.py"), str(program)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    refusal = f"proctor: {program} is not a program for Windows or macOS that says for which\n"
    expected = (1, "", refusal) if tag is None else (0, f"{tag}\n", "")
    assert (answer.returncode, answer.stdout, answer.stderr) == expected
