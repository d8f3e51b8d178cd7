"""The wheel: what is in it, that it can be made again, and that a fresh environment needs nothing else."""

import hashlib
import importlib.util
import os
import pathlib
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


def build(output, umask="022", zone="UTC"):
    """Make the wheel of dist/proctor; its path."""
    environment = {**os.environ, "PYTHON": sys.executable, "TZ": zone}
    script = f'umask {umask}; exec "$0" --output "$1"'
    command = ["sh", "-c", script, str(ROOT / "scripts" / "build-wheels"), str(output)]
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
        assert not [name for name in names if "test" in name or "__pycache__" in name]


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
