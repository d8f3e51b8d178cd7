"""What every test may ask for: the package from the checkout, the compiled binary, and stand-ins for a faulty one."""

import os
import pathlib
import stat
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "dist" / "proctor"
PACKAGE = ROOT / "python"

assert BINARY.exists(), "dist/proctor is missing: build it with scripts/build (scripts/test does)"
sys.path.insert(0, str(PACKAGE))
os.environ["PROCTOR_BINARY"] = str(BINARY)
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ["PYTHONPATH"] = str(PACKAGE)


def pytest_configure(config):
    """Warnings are errors: what is left open, or is the manner of old, must not pass."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture
def program(tmp_path):
    """Write a Python program that imports the package; its command line."""

    def written(source, *args):
        path = tmp_path / f"program{len(list(tmp_path.iterdir()))}.py"
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return [sys.executable, str(path), *args]

    return written


@pytest.fixture
def stand_in(tmp_path):
    """Write an executable that takes the binary's place; its path."""

    def written(source, mode=0o755):
        path = tmp_path / f"stand-in{len(list(tmp_path.iterdir()))}"
        path.write_text(f"#!{sys.executable}\n" + textwrap.dedent(source), encoding="utf-8")
        path.chmod(mode)
        return path

    return written


@pytest.fixture(autouse=True)
def nothing_is_left():
    """After every test: no child of ours, not even a zombie, no thread, and no descriptor more than before."""
    import threading

    before = open_descriptors()
    yield
    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        names = [thread.name for thread in threading.enumerate() if thread.name.startswith("proctor")]
        if not names and not children() and open_descriptors() <= before:
            return
        time.sleep(0.01)
    assert names == []
    assert children() == []
    assert open_descriptors() - before == set()


def open_descriptors():
    """Our descriptors and what they lead to; pipes, sockets and files, by their identity."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add((name, os.readlink(f"/proc/self/fd/{name}")))
        except OSError:
            pass  # The directory that was listed.
    return {entry for entry in found if "/proc/" not in entry[1]}


def children(pid=None):
    """Children of a process (ours when left out), zombies included, straight from the kernel."""
    pid = pid or os.getpid()
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


def is_alive(pid):
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(holds, what, seconds=20):
    """Wait for something to hold; fail when it does not in time."""
    import time

    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def marked(proctor_pid):
    """Live processes that carry the mark of a run of this proctor."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or not is_alive(name):
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if f"PROCTOR_GROUP={proctor_pid}-".encode() in file.read():
                    found.append(int(name))
        except OSError:
            pass
    return found


def cgroups_of(proctor_pid):
    """Directories of cgroups that a proctor has made."""
    answer = subprocess.run(
        ["find", "/sys/fs/cgroup", "-type", "d", "-name", f"proctor-{proctor_pid}-*"], capture_output=True, text=True
    )
    return answer.stdout.split()
