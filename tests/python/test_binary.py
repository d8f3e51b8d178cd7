"""Where the binary is looked for, and every binary that is of no use."""

import os
import subprocess
import sys

import pytest

import proctor
from conftest import BINARY, PACKAGE


@pytest.fixture
def no_variable(monkeypatch):
    """Nothing names the binary."""
    monkeypatch.delenv("PROCTOR_BINARY")
    return monkeypatch


def test_the_argument_is_taken_before_the_variable_before_path(no_variable, stand_in, tmp_path):
    old = stand_in("print('0.0.9')")
    no_variable.setenv("PATH", f"{BINARY.parent}:{os.environ['PATH']}")
    assert proctor.find_binary() == str(BINARY)
    no_variable.setenv("PROCTOR_BINARY", str(old))
    with pytest.raises(proctor.BinaryVersionError):
        proctor.find_binary()
    assert proctor.find_binary(BINARY) == str(BINARY)


def test_a_relative_path_is_seen_from_here(no_variable, monkeypatch):
    monkeypatch.chdir(BINARY.parent)
    assert proctor.find_binary("proctor") == str(BINARY)
    no_variable.setenv("PROCTOR_BINARY", "./proctor")
    assert proctor.run(["true"], cwd="/").exit_code == 0


def test_none_at_all(no_variable, tmp_path):
    no_variable.setenv("PATH", str(tmp_path))
    with pytest.raises(proctor.BinaryNotFoundError) as caught:
        proctor.run(["true"])
    assert "PROCTOR_BINARY" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("use", [proctor.run, proctor.start_monitor, proctor.Sysmon, proctor.attach, proctor.measure])
def test_a_binary_that_is_named_and_missing(use, tmp_path):
    path = tmp_path / "nowhere"
    with pytest.raises(proctor.BinaryNotFoundError, match="binary: there is no .*nowhere") as caught:
        if use is proctor.Sysmon:
            use(binary=path)
        elif use is proctor.measure:
            with use(binary=path):
                pass
        else:
            use(os.getpid() if use is proctor.attach else ["true"], binary=path)
    assert caught.value.path == str(path)
    assert caught.value.exit_code is None


def test_a_variable_that_names_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PROCTOR_BINARY", str(tmp_path / "nowhere"))
    with pytest.raises(proctor.BinaryNotFoundError, match="PROCTOR_BINARY: there is no"):
        proctor.run(["true"])


def test_an_old_binary(stand_in):
    with pytest.raises(proctor.BinaryVersionError, match="is proctor 0.0.9; this package needs 0.1.0 or newer"):
        proctor.run(["true"], binary=stand_in("print('0.0.9')"))


def test_a_newer_binary(stand_in):
    binary = stand_in("print('1.12.0+abc')")
    assert proctor.find_binary(binary) == str(binary)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("print('hello')", 'says "hello"'),
        ("", "says nothing"),
        ("print('0.1.0'); raise SystemExit(1)", 'says "0.1.0"'),
        ("import sys; sys.stdout.buffer.write(bytes(range(128, 256)))", "says"),
    ],
)
def test_a_binary_that_is_no_proctor(stand_in, source, said):
    with pytest.raises(proctor.BinaryVersionError, match="is it proctor") as caught:
        proctor.run(["true"], binary=stand_in(source))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "Error loading shared library libstdc++.so.6: No such file or directory (needed by /x/proctor)",
            "needs libstdc++.so.6, which is not installed here; on Alpine, apk add libstdc++",
        ),
        (
            "proctor: error while loading shared libraries: libx.so.1: cannot open shared object file",
            "needs libx.so.1, which is not installed here",
        ),
    ],
)
def test_a_binary_that_lacks_a_library(stand_in, words, said):
    path = stand_in(f"import sys\nprint({words!r}, file=sys.stderr)\nsys.exit(127)\n")
    with pytest.raises(proctor.BinaryNotExecutableError) as caught:
        proctor.find_binary(path)
    assert str(caught.value) == f"{path} {said}"


def test_a_binary_that_may_not_be_executed(stand_in):
    with pytest.raises(proctor.BinaryNotExecutableError, match="may not be executed"):
        proctor.run(["true"], binary=stand_in("", mode=0o644))


def test_a_binary_for_another_machine(tmp_path):
    path = tmp_path / "other"
    path.write_bytes(b"\x7fELF" + bytes(60))
    path.chmod(0o755)
    with pytest.raises(proctor.BinaryNotExecutableError, match="not a program for this machine"):
        proctor.run(["true"], binary=path)


def test_a_directory(tmp_path):
    with pytest.raises(proctor.BinaryNotExecutableError, match="is a directory"):
        proctor.run(["true"], binary=tmp_path)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; print('proctor: nothing doing', file=sys.stderr); sys.exit(125)", "^nothing doing$"),
        ("import sys; sys.exit(9)", "ended with 9 and has not said why"),
        ("import os; os.kill(os.getpid(), 11)", "ended by signal 11"),
        ("os.write(out, b'nonsense\\n')", "wrote what is not a record"),
        ('os.write(out, b\'{"kind":"start","schema":"proctor/2","pid":1,"command":[]}\\n\'); os.read(0, 1)', "proctor/2"),
    ],
)
def test_a_binary_that_fails(stand_in, source, said):
    begin = "import os, sys\nif '--version' in sys.argv: print('0.1.0'); sys.exit()\n"
    begin += "out = int([word for word in sys.argv if word.startswith('--records=')][0].partition('fd:')[2])\n"
    with pytest.raises(proctor.ProctorError, match=said):
        proctor.run(["true"], binary=stand_in(begin + source), stdin=proctor.DEVNULL)


def test_the_version_is_asked_for_once(stand_in, tmp_path):
    log = tmp_path / "log"
    binary = stand_in(f"open({str(log)!r}, 'a').write('asked\\n'); print('0.1.0')")
    for _ in range(3):
        proctor.find_binary(binary)
    assert log.read_text() == "asked\n"


def test_python_m_proctor_is_the_binary():
    answer = subprocess.run([sys.executable, "-m", "proctor", "run", "--quiet", "--", "sh", "-c", "echo out; exit 3"],
                            stdout=subprocess.PIPE, cwd=PACKAGE)  # fmt: skip
    assert (answer.returncode, answer.stdout) == (3, b"out\n")


def test_the_versions_are_the_same():
    import json

    package = json.loads((PACKAGE.parent / "package.json").read_text())
    assert proctor.__version__ == package["version"]
    assert 'version = { attr = "proctor.__version__" }' in (PACKAGE / "pyproject.toml").read_text()
