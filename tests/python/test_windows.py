"""The client as it is on Windows, with a fake of what Python has there; the binary is that of Linux."""

import os
import signal
import subprocess
import sys
import time

import pytest

import fake_windows
import proctor
from conftest import is_alive, wait_until
from proctor._windows import OverlappedIntake, Windows


@pytest.fixture(autouse=True)
def starts(monkeypatch):
    return fake_windows.install(monkeypatch, Windows)


def test_a_run_with_all_its_streams(tmp_path):
    command = ["sh", "-c", "cat; echo err >&2; exit 3"]
    monitor = proctor.start_monitor(
        command, stdin=subprocess.PIPE, stdout=proctor.CAPTURE, stderr=proctor.CAPTURE, records=tmp_path / "r.jsonl"
    )
    with monitor:
        monitor.stdin.write(b"x" * 300_000)
        monitor.stdin.close()
        summary = monitor.wait()
    assert (summary.stdout, summary.stderr) == (b"x" * 300_000, b"err\n")
    assert (summary.outcome, summary.exit_code) == ("exited", 3)
    kinds = [record["kind"] for record in proctor.read_records(tmp_path / "r.jsonl")]
    assert kinds[0] == "start" and kinds[-1] == "summary"


def test_both_outputs_into_one_and_output_to_files(tmp_path):
    both = proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=proctor.CAPTURE, stderr=proctor.STDOUT)
    assert both.stdout == b"out\nerr\n"
    with open(tmp_path / "err", "wb") as err:
        proctor.run(["sh", "-c", "echo err >&2"], stdout=proctor.DEVNULL, stderr=err)
    assert (tmp_path / "err").read_bytes() == b"err\n"


def test_it_is_ended_by_letting_go():
    monitor = proctor.start_monitor(["sleep", "1000"], grace=0.1)
    pid = monitor.pid
    summary = monitor.stop()
    assert summary.outcome == "interrupted" and not is_alive(pid)


def test_samples_come_as_they_are_taken():
    with proctor.start_monitor(["sleep", "1000"], interval=0.01, adaptive=False) as monitor:
        kinds = [record["kind"] for _, record in zip(range(4), monitor)]
    assert kinds == ["start", "sample", "sample", "sample"]


def test_a_captured_stream_that_somebody_keeps_open_holds_nobody_up():
    began = time.monotonic()
    script = "import os\nif os.fork(): os._exit(0)\nos.setsid()\nos.write(1, str(os.getpid()).encode())\nos.execvp('sleep', ['sleep', '1000'])"
    summary = proctor.run([sys.executable, "-c", script], stdout=proctor.CAPTURE, leftovers="leave")
    pid = int(summary.stdout)
    try:
        assert is_alive(pid) and time.monotonic() - began < 60
    finally:
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), "the end of what was left")


def test_an_attachment_is_out_of_reach_of_the_consoles_keys(starts):
    with proctor.measure("block") as measured:
        sum(range(1_000_000))
    assert measured.summary.cpu_seconds > 0
    with proctor.start_monitor(["true"]) as monitor:
        monitor.wait()
    assert starts.flags == [subprocess.CREATE_NEW_PROCESS_GROUP, 0]


def test_errors_are_proctors_own_sentences(tmp_path):
    with pytest.raises(proctor.CommandNotFoundError):
        proctor.run(["there is no such command"])
    with pytest.raises(proctor.ProctorError, match="limit-cpu"):
        proctor.run(["true"], limit_cpu=-1)
    with pytest.raises(proctor.BinaryNotFoundError):
        proctor.run(["true"], binary=tmp_path / "none")


def test_signals_are_refused():
    with proctor.start_monitor(["sleep", "1000"], grace=0.1) as monitor:
        with pytest.raises(proctor.ProctorError, match=r"^Windows has no signals; stop\(\) ends the whole tree$"):
            monitor.send_signal(signal.SIGTERM)


def test_sysmon_is_started_so_too(starts):
    with proctor.Sysmon() as sysmon:
        assert sysmon.uptime()["uptime"] > 0
    assert starts.flags == [subprocess.CREATE_NEW_PROCESS_GROUP]


class Read:
    """A read that is over."""

    event = object()

    def __init__(self, data=b"", error=None):
        self.data, self.error = data, error

    def GetOverlappedResult(self, wait):
        if self.error:
            raise self.error

    def getbuffer(self):
        return memoryview(self.data)

    def cancel(self):
        pass


def intake_of(*reads):
    """An intake of one pipe, which has these reads."""
    left = list(reads)

    def read_file(handle, size, overlapped):
        read = left.pop(0)
        if isinstance(read, OSError):
            raise read
        return read, 0

    class Api:
        WAIT_TIMEOUT, INFINITE = 258, -1
        ReadFile = staticmethod(read_file)
        WaitForMultipleObjects = staticmethod(lambda *_: 0)
        CloseHandle = staticmethod(lambda handle: None)

    intake = OverlappedIntake(Api)
    intake.add(8)
    return intake


def test_a_write_of_nothing_is_not_the_end_of_a_pipe():
    intake = intake_of(Read(b""), Read(b"more"), fake_windows.windows_error(109, "ended"))
    assert [intake.read(8, 99) for _ in range(3)] == [b"", b"more", None]
    assert intake.ready() == [8]


def test_the_end_comes_at_once_or_later():
    assert intake_of(fake_windows.windows_error(109, "ended")).read(8, 99) is None
    later = intake_of(Read(error=fake_windows.windows_error(109, "ended")))
    assert later.read(8, 99) is None and later.ready() == [8]


def test_any_other_error_is_one():
    with pytest.raises(OSError, match="denied"):
        intake_of(fake_windows.windows_error(5, "denied"))
    with pytest.raises(OSError, match="denied"):
        intake_of(Read(error=fake_windows.windows_error(5, "denied"))).read(8, 99)
