"""`run`: what a command costs, where its output goes, and every way it can end."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

import pytest

import proctor
from conftest import BINARY

BURN = "import time\nwhile time.process_time() < {0}: pass"


def burn(seconds):
    """A command that uses so much CPU."""
    return [sys.executable, "-c", BURN.format(seconds)]


def test_the_summary_says_what_the_kernel_says():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = proctor.run(burn(0.5))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    truth = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # What the kernel says is of proctor itself, too.
    assert summary.cpu_seconds == pytest.approx(truth - summary.monitor["cpu_seconds"], abs=0.05)
    assert summary.cpu_seconds >= 0.5
    assert summary.accounting["cpu"]["quality"] == "exact"
    assert summary.outcome == "exited" and summary.exit_code == 0
    assert summary["cpu_seconds"] == summary.cpu_seconds
    assert summary.stdout is None and summary.stderr is None


def test_children_that_are_never_sampled_are_counted():
    script = "import subprocess, sys\nfor _ in range(20): subprocess.run([sys.executable, '-c', 'sum(range(200_000))'])"
    summary = proctor.run([sys.executable, "-c", script], profile="minimal")
    assert summary.sample_count == 0
    assert summary.cpu_seconds > 0.2
    assert summary.cpu_seconds_sampled < summary.cpu_seconds


def test_captured_output():
    summary = proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=proctor.CAPTURE, stderr=proctor.CAPTURE)
    assert (summary.stdout, summary.stderr) == (b"out\n", b"err\n")
    both = proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=proctor.CAPTURE, stderr=proctor.STDOUT)
    assert (both.stdout, both.stderr) == (b"out\nerr\n", None)


def test_output_to_files(tmp_path):
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "err", "wb") as err:
        proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=out, stderr=err.fileno())
    assert (tmp_path / "out").read_bytes() == b"out\n"
    assert (tmp_path / "err").read_bytes() == b"err\n"


def test_output_is_passed_through_and_proctor_adds_nothing(program):
    source = "import proctor\nproctor.run(['sh', '-c', 'cat; echo err >&2'])"
    answer = subprocess.run(program(source), input=b"in\n", capture_output=True, check=True)
    assert (answer.stdout, answer.stderr) == (b"in\n", b"err\n")


def test_discarded_output(program):
    source = """
        import proctor
        proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=proctor.DEVNULL, stderr=proctor.DEVNULL)
    """
    answer = subprocess.run(program(source), capture_output=True, check=True)
    assert (answer.stdout, answer.stderr) == (b"", b"")


@pytest.mark.parametrize("where", ["captured", "discarded", "passed through"])
def test_a_gigabyte_of_output_stalls_nothing(where, tmp_path):
    blocks = 1024
    command = ["head", "-c", str(blocks * 2**20), "/dev/zero"]
    streams = {"captured": proctor.CAPTURE, "discarded": proctor.DEVNULL, "passed through": None}
    if where == "passed through":
        # Our own standard output leads to a reader that counts.
        source = f"import proctor\nproctor.run({command!r})"
        with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as running:
            count = sum(len(block) for block in iter(lambda: running.stdout.read(2**20), b""))
        assert running.returncode == 0
        assert count == blocks * 2**20
        return
    with proctor.start_monitor(command, stdout=streams[where], interval=0.02, budget=50) as monitor:
        polls = 0
        while monitor.is_running:
            begin = time.perf_counter()
            monitor.poll_metrics()
            assert time.perf_counter() - begin < 1
            polls += 1
            time.sleep(0.005)
        summary = monitor.wait()
    assert summary.exit_code == 0 and polls > 0
    assert summary.io_write_bytes >= blocks * 2**20 * 0.99
    if where == "captured":
        assert monitor.stdout.size_bytes == blocks * 2**20
        assert not monitor.stdout.is_truncated


def test_a_busy_interpreter_does_not_stall_a_captured_command():
    command = ["head", "-c", str(256 * 2**20), "/dev/zero"]
    monitor = proctor.start_monitor(command, stdout=proctor.CAPTURE)
    deadline = time.monotonic() + 60
    while monitor.is_running and time.monotonic() < deadline:
        sum(range(10_000))  # Holds the interpreter's lock as long as it can.
    summary = monitor.wait(60)
    assert monitor.stdout.size_bytes == 256 * 2**20
    assert summary.exit_code == 0


def test_what_is_left_running_does_not_hold_the_output_open():
    script = "sleep 30 & echo begun $!"
    begin = time.monotonic()
    summary = proctor.run(["sh", "-c", script], stdout=proctor.CAPTURE, leftovers="leave")
    pid = int(summary.stdout.split()[1])
    try:
        assert time.monotonic() - begin < 15
        assert summary.leftover_process_count == 1
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "word",
    ["", " ", "a b", "it's", '"quoted"', "$HOME `id` \\", "-x", "--", "ü 日本 🎉", "\n", "--owner=fd:1", b"\xff\xe9"],
)
def test_words_arrive_as_they_are(word):
    print_words = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    command = [sys.executable, "-c", print_words, word, "last"]
    summary = proctor.run(command, stdout=proctor.CAPTURE)
    assert summary.stdout == os.fsencode(word) + b"\0last"


@pytest.mark.parametrize("name", ["with space", "it's \"odd\"", "日本 ü", "-dash"])
def test_paths_are_taken_as_they_are(name, tmp_path):
    directory = tmp_path / name
    directory.mkdir()
    command = directory / "command"
    command.write_text("#!/bin/sh\npwd\n", encoding="utf-8")
    command.chmod(0o755)
    records = directory / "records.jsonl"
    summary = proctor.run([command], cwd=directory, name=name, records=records, stdout=proctor.CAPTURE)
    assert summary.stdout == os.fsencode(str(directory)) + b"\n"
    assert summary.name == name
    found = list(proctor.read_records(records))
    assert found[0]["command"] == [str(command)]
    assert found[-1] == summary


def test_a_binary_in_an_odd_place(tmp_path):
    directory = tmp_path / "日本 it's"
    directory.mkdir()
    os.link(BINARY, directory / "proctor x") if os.stat(BINARY).st_dev == os.stat(tmp_path).st_dev else os.symlink(
        BINARY, directory / "proctor x"
    )
    assert proctor.run(["true"], binary=directory / "proctor x").exit_code == 0


def test_the_environment():
    print_environment = "import json, os; print(json.dumps(dict(os.environ)))"
    os.environ["TAKEN_AWAY"] = "x"
    try:
        summary = proctor.run(
            [sys.executable, "-c", print_environment],
            env={"ADDED": "a=b ü\udcff", "TAKEN_AWAY": None},
            stdout=proctor.CAPTURE,
        )
    finally:
        del os.environ["TAKEN_AWAY"]
    seen = json.loads(summary.stdout)
    assert seen["ADDED"] == "a=b ü\udcff"
    assert "TAKEN_AWAY" not in seen
    assert seen["PATH"] == os.environ["PATH"]


def test_the_command_gets_no_descriptor_of_ours():
    with open("/etc/passwd", "rb") as file:
        os.set_inheritable(file.fileno(), True)
        summary = proctor.run(
            [sys.executable, "-c", "import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))"],
            stdout=proctor.CAPTURE,
            stderr=proctor.CAPTURE,
            stdin=proctor.DEVNULL,
        )
    assert json.loads(summary.stdout) == [0, 1, 2, 3]  # 3 is the directory itself.


def test_outcomes():
    assert proctor.run(["sh", "-c", "exit 7"]).exit_code == 7
    killed = proctor.run(["sh", "-c", "kill -9 $$"])
    assert (killed.outcome, killed.signal, killed.exit_code) == ("signaled", "SIGKILL", None)
    late = proctor.run(["sleep", "60"], timeout=0.2)
    assert late.outcome == "timed_out"


def test_check():
    assert proctor.run(["true"], check=True).exit_code == 0
    with pytest.raises(proctor.CommandFailedError, match="^sh: exit code 7$") as caught:
        proctor.run(["sh", "-c", "exit 7"], check=True)
    assert caught.value.exit_code == 7 and caught.value.summary.exit_code == 7
    with pytest.raises(proctor.CommandFailedError, match="^sh: ended by SIGTERM$") as caught:
        proctor.run(["sh", "-c", "kill $$"], check=True)
    assert caught.value.exit_code == 128 + 15
    with pytest.raises(proctor.CommandFailedError, match="^sleep: timed out, ended by SIGTERM$"):
        proctor.run(["sleep", "60"], timeout=0.2, check=True)


def test_a_faulty_profile_is_called_by_what_it_was_given_as():
    with pytest.raises(proctor.ProctorError, match="^profile: colect: no such key$"):
        proctor.run(["true"], profile={"colect": 1})


def test_errors_carry_proctors_own_sentence_and_exit_code(tmp_path, caplog):
    plain = tmp_path / "plain"
    plain.write_text("x", encoding="ascii")
    for command, kind, code in [
        (["no-such-command-at-all"], proctor.CommandNotFoundError, 127),
        ([plain], proctor.CommandNotExecutableError, 126),
    ]:
        direct = subprocess.run([BINARY, "run", "--", *command], capture_output=True, text=True)
        assert direct.returncode == code
        with pytest.raises(kind) as caught:
            proctor.run(command)
        assert direct.stderr == f"proctor: {caught.value}\n"
        assert caught.value.exit_code == code
        assert caught.value.summary.outcome == "failed_to_start"
    for options, flags in [
        ({"interval": "5x"}, ["--interval=5x"]),
        ({"interval": -1}, ["--interval=-1s"]),
        ({"profile": "nope"}, ["--profile=nope"]),
        ({"metrics": ["cpu", "nope"]}, ["--metrics=cpu,nope"]),
        ({"leftovers": "eat"}, ["--leftovers=eat"]),
        ({"limit_cpu": 0}, ["--limit-cpu=0"]),
        ({"cwd": tmp_path / "nowhere"}, [f"--cwd={tmp_path / 'nowhere'}"]),
    ]:
        direct = subprocess.run([BINARY, "run", *flags, "--", "true"], capture_output=True, text=True)
        with pytest.raises(proctor.ProctorError) as caught:
            proctor.run(["true"], **options)
        assert direct.stderr == f"proctor: {caught.value}\n"
        assert caught.value.exit_code == direct.returncode >= 125
    assert caplog.text == ""  # What is raised is not told a second time.


def test_what_is_no_command():
    with pytest.raises(TypeError, match='such as \\["make", "-j4"\\]'):
        proctor.run("make -j4")
    with pytest.raises(proctor.ProctorError, match='^the command is empty; .*\\["make", "-j4"\\]$'):
        proctor.run([])
    with pytest.raises(ValueError):
        proctor.run(["a\0b"])


def test_a_profile_without_a_form_in_json_starts_nothing(tmp_path):
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        proctor.run(["touch", tmp_path / "started"], profile={"interval": {1}})
    assert not (tmp_path / "started").exists()


def test_options(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    records = tmp_path / "records.jsonl"
    profile = {"interval": "50ms", "collect_cpu": True, "collect_memory": True, "collect_disk_io": False}
    proctor.run(
        ["sh", "-c", "sleep 0.4"],
        adaptive=False,
        name="named",
        profile=profile,
        per_process=True,
        threads=True,
        budget=50,
        records=records,
    )
    start, *middle, summary = proctor.read_records(records)
    assert start["name"] == summary.name == "named"
    assert start["profile"]["interval_ms"] == 50 and start["profile"]["adaptive"] is False
    samples = [record for record in middle if record["kind"] == "sample"]
    assert len(samples) == summary.sample_count >= 2
    assert "disk_read_bytes" not in samples[0] and summary.disk_read_bytes is None
    assert samples[0]["processes"][0]["threads"][0]["thread_id"] == start["pid"]
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_profile_with_a_number_that_is_none(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        proctor.run(["true"], profile={"interval_ms": value})


def test_records_that_cannot_be_written():
    with pytest.raises(FileNotFoundError):
        proctor.run(["true"], records="/no/such/directory/file")
    if os.path.exists("/dev/full"):
        assert proctor.run(["true"], records="/dev/full").exit_code == 0


def test_counters_where_they_were_asked_for():
    summary = proctor.run(["true"], counters=True)
    account = summary.accounting["counters"]
    assert (summary.counters["task_clock_seconds"] is None) == (account["quality"] == "unavailable")
    assert "instruction_count" in summary.counters and summary.accounting["machine_energy"]["note"]
    assert proctor.run(["true"]).counters is None


def test_what_the_program_tells_of_itself_is_in_samples_and_in_the_summary():
    program = """
import os, socket, time
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.connect(os.environ["PROCTOR_METRICS_SOCKET"])
for depth in (5, 2):
    one.send(b"queue.depth:%d|g\\njobs:3|c" % depth)
    time.sleep(0.3)
"""
    command = [sys.executable, "-c", program]
    monitor = proctor.start_monitor(
        command, False, app_metrics=["queue*", "jobs"], interval=0.05
    )
    samples = [record for record in monitor if record["kind"] == "sample"]
    depths = [sample["app"].get("app_queue_depth") for sample in samples]
    assert {5, 2} <= set(depths)
    told = {metric["name"]: metric for metric in monitor.summary.app["metrics"]}
    assert told["app_jobs"]["total"] == 6
    assert told["app_queue_depth"]["last"] == 2


def test_without_app_metrics_a_summary_has_none():
    assert proctor.run(["true"]).app is None
