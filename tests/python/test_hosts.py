"""The package inside of other people's programs: hosts that reap, notebooks, pools of processes, parallel test runs."""

import importlib.util
import io
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import proctor
from conftest import PACKAGE

#: What a host must see, however it treats its children.
RUNS = """
import proctor
assert proctor.run(["true"]).exit_code == 0
assert proctor.run(["sh", "-c", "exit 3"]).exit_code == 3
for command, kind, code in [
    (["no-such-command-of-proctor"], proctor.CommandNotFoundError, 127),
    (["/etc/passwd"], proctor.CommandNotExecutableError, 126),
    (["sh", "-c", "exit 7"], proctor.CommandFailedError, 7),
    (["sh", "-c", "kill -9 $$"], proctor.CommandFailedError, 128 + 9),
]:
    try:
        proctor.run(command, check=True)
        raise SystemExit(f"{command} was taken for a success")
    except kind as error:
        assert error.exit_code == code, (command, error.exit_code)
try:
    proctor.run(["sleep", "60"], timeout=0.2, check=True)
except proctor.CommandFailedError as error:
    assert error.exit_code == 124
print("as it should be")
"""


def said_by(command, **options):
    """What a program says on its output; it must end well, and say nothing besides."""
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.strip()


def strictly(command):
    """The command of a Python program, with warnings as errors."""
    return [command[0], "-W", "error", *command[1:]]


def test_a_host_that_ignores_sigchld(program):
    source = f"import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n{RUNS}"
    assert said_by(strictly(program(source))) == "as it should be"


def test_a_host_that_waits_for_any_child(program):
    reaper = """
    import os, threading, time
    def reap():
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                time.sleep(0.001)
    threading.Thread(target=reap, daemon=True).start()
    """
    assert said_by(strictly(program(textwrap.dedent(reaper) + RUNS))) == "as it should be"


def test_a_host_that_reaps_in_a_handler(program):
    handler = """
    import os, signal
    def reap(*_):
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
    signal.signal(signal.SIGCHLD, reap)
    """
    assert said_by(strictly(program(textwrap.dedent(handler) + RUNS))) == "as it should be"


def test_what_was_captured_is_closed(program):
    source = """
    import gc, proctor
    for size in (10, 3 << 20):  # In memory, and in a file.
        summary = proctor.run(["head", "-c", str(size), "/dev/zero"], stdout=proctor.CAPTURE, stderr=proctor.CAPTURE)
        assert len(summary.stdout) == size and summary.stderr == b""
    with proctor.start_monitor(["cat"], stdin=-1, stdout=proctor.CAPTURE) as monitor:
        monitor.stdin.write(b"words")
        monitor.stdin.close()
        assert monitor.wait().stdout == b"words"
    writer = proctor.start_monitor(["true"], stdin=-1)
    writer.wait()
    del writer, summary, monitor
    gc.collect()
    kept = proctor.run(["echo", "kept to the end of the interpreter"], stdout=proctor.CAPTURE)
    """
    assert said_by(strictly(program(source))) == ""


class Cell(io.TextIOBase):
    """A stream as notebooks have it: without a descriptor."""


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_without_a_descriptor_is_told_as_that(name):
    with pytest.raises(io.UnsupportedOperation, match=f"^{name}: this Cell has no descriptor; write CAPTURE, DEVNULL"):
        proctor.run(["true"], **{name: Cell()})
    with pytest.raises(io.UnsupportedOperation, match="this StringIO has no descriptor"):
        proctor.run(["true"], stdin=-1, **({name: io.StringIO()} if name != "stdin" else {"stdout": io.StringIO()}))


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_what_is_no_stream_is_told_as_that(name):
    with pytest.raises(TypeError, match=f"^{name}: 'file.txt' is not a stream"):
        proctor.run(["true"], **{name: "file.txt"})
    with pytest.raises(ValueError, match=f"^{name}: descriptor 99 is not open"):
        proctor.run(["true"], **{name: 99})


def test_streams_whose_descriptors_are_gone(program):
    source = """
    import io, sys, proctor
    sys.stdout = sys.stderr = io.StringIO()  # As in pythonw, and in embedded interpreters.
    summary = proctor.run(["sh", "-c", "echo out; echo err >&2"], stderr=proctor.STDOUT)
    assert summary.exit_code == 0
    """
    assert said_by(strictly(program(source))) == "out\nerr"


def test_bytes_are_paths(tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)
    binary = os.environb[b"PROCTOR_BINARY"]
    records = folder + b"/records"
    summary = proctor.run(["pwd"], cwd=folder, binary=binary, records=records, stdout=proctor.CAPTURE)
    assert summary.stdout == folder + b"\n"
    kinds = [record["kind"] for record in proctor.read_records(records)]
    assert (kinds[0], kinds[-1]) == ("start", "summary")
    summary = proctor.run([b"pwd"], cwd=pathlib.Path(os.fsdecode(folder)), stdout=proctor.CAPTURE)
    assert summary.stdout == folder + b"\n"
    with pytest.raises(proctor.ProctorError, match="cannot change to"):
        proctor.run(["true"], cwd=b"/no/such/directory")
    with pytest.raises(FileNotFoundError):
        proctor.run(["true"], cwd=b"/no/such/\xff")


@pytest.mark.parametrize("name", [b"profile.json", b"\xff.json"])
def test_bytes_are_the_path_of_a_profile(tmp_path, name):
    profile = os.path.join(os.fsencode(tmp_path), name)
    with open(profile, "w", encoding="ascii") as file:
        file.write('{"interval_ms": 70}')
    with proctor.start_monitor(["true"], profile=profile) as monitor:
        assert monitor.start["profile"]["interval_ms"] == 70
        monitor.wait()
    with open(profile, "w", encoding="ascii") as file:
        file.write('{"no": "such key"}')
    with pytest.raises(proctor.ProctorError, match=r"^[^ ]*/(\\xff|profile)\.json: no: no such key"):
        proctor.run(["true"], profile=profile)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_in_workers_of_multiprocessing(program, method):
    source = f"""
    import multiprocessing, proctor

    @proctor.measure("work", interval=0.02)
    def work(number):
        return number + 1

    def job(number):
        summary = proctor.run(["sh", "-c", f"echo {{number}}; exit {{number}}"], stdout=proctor.CAPTURE)
        assert work(number) == number + 1 and work.measurement.summary.cpu_seconds is not None
        return summary.exit_code, summary.stdout

    if __name__ == "__main__":
        context = multiprocessing.get_context("{method}")
        with proctor.start_monitor(["sleep", "60"]) as outside, context.Pool(2) as pool:
            assert pool.map(job, range(4)) == [(number, b"%d\\n" % number) for number in range(4)]
            pool.close()
            pool.join()
            assert outside.is_running
        print("as it should be")
    """
    assert said_by(strictly(program(source))) == "as it should be"


TESTS = '''
import proctor, pytest

@pytest.mark.parametrize("number", range(6))
def test_a_run(number):
    summary = proctor.run(["sh", "-c", f"echo {number}"], stdout=proctor.CAPTURE)
    assert summary.stdout == b"%d\\n" % number

def test_a_block(capsys):
    with proctor.measure() as m:
        sum(range(100_000))
    assert m.summary.cpu_seconds > 0

def test_an_error_is_told():
    with pytest.raises(proctor.CommandNotFoundError):
        proctor.run(["no-such-command-of-proctor"])

def test_one_that_fails():
    proctor.run(["sh", "-c", "exit 4"], check=True)
'''


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="needs python3-pytest-xdist")
def test_under_parallel_pytest(tmp_path):
    (tmp_path / "test_some.py").write_text(TESTS, encoding="ascii")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-W", "error", "-n", "2", "-p", "no:cacheprovider", "."]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    # The error of the one that fails has come through the worker's pipe with its sentence.
    assert "CommandFailedError: sh: exit code 4" in answer.stdout, answer.stdout + answer.stderr
    assert answer.stdout.rstrip().splitlines()[-1].startswith("1 failed, 8 passed"), answer.stdout


CELLS = [
    "import sys, proctor\nsummary = proctor.run(['echo', 'captured'], stdout=proctor.CAPTURE)\nprint(summary.stdout)",
    "with proctor.measure('cell') as m:\n    sum(range(100_000))\nprint(m.summary.cpu_seconds > 0)",
    "monitor = proctor.start_monitor(['true'])\nprint((await monitor.wait_async()).exit_code)",
    "print([r['kind'] async for r in proctor.start_monitor(['true'])][-1])",
    "import io\ntry:\n    print(proctor.run(['true'], stdout=io.StringIO()))\nexcept io.UnsupportedOperation as error:\n    print(error)",
    "@proctor.measure\ndef items():\n    yield from range(3)\nprint(list(items()), items.measurement.summary.cpu_seconds >= 0)",
]
SAID = [
    "b'captured\\n'\n",
    "True\n",
    "0\n",
    "summary\n",
    "stdout: this StringIO has no descriptor; write CAPTURE, DEVNULL, a file or a descriptor\n",
    "[0, 1, 2] True\n",
]


@pytest.mark.skipif(
    importlib.util.find_spec("ipykernel") is None or importlib.util.find_spec("nbclient") is None,
    reason="needs python3-ipykernel and python3-nbclient",
)
def test_in_a_notebook(tmp_path):
    # In a process of its own: the client of notebooks is none of ours, and warns of what it likes.
    script = tmp_path / "notebook.py"
    script.write_text(
        textwrap.dedent(f"""
        import json, nbclient, nbformat
        cells = [nbformat.v4.new_code_cell(source) for source in {CELLS!r}]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {{"name": "python3", "display_name": "Python", "language": "python"}}
        nbclient.NotebookClient(notebook, timeout=60).execute()
        said = [["".join(output.get("text", "") for output in cell.outputs)] for cell in notebook.cells]
        print(json.dumps([text for text, in said]))
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "IPYTHONDIR": str(tmp_path / "ipython")}
    answer = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, env=environment, cwd=tmp_path
    )
    assert answer.returncode == 0, answer.stderr
    import json

    assert json.loads(answer.stdout.splitlines()[-1]) == SAID
