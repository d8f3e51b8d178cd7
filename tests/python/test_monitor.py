"""`start_monitor` and `attach`: samples while it runs, records one by one, and a sure end."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest

import proctor
from conftest import cgroups_of, children, is_alive, marked, wait_until

FAST = {"interval": 0.02, "adaptive": False, "budget": 50}
#: A grandchild in a session of its own, and a child that ignores SIGTERM.
FAMILY = "setsid sleep 60 & (trap '' TERM; sleep 60; sleep 60) & wait"


def test_poll_metrics_gives_the_newest_sample_at_once():
    with proctor.start_monitor(["sleep", "60"], **FAST) as monitor:
        wait_until(monitor.poll_metrics, "a sample")
        seen = []
        for _ in range(20):
            begin = time.perf_counter()
            sample = monitor.poll_metrics()
            assert time.perf_counter() - begin < 0.5
            seen.append(sample["elapsed_seconds"])
            assert sample["kind"] == "sample" and sample["process_count"] == 1
            time.sleep(0.02)
        assert seen == sorted(seen) and len(set(seen)) > 5
        sample.clear()
        assert monitor.poll_metrics() != {}
    assert monitor.summary.outcome == "interrupted"
    assert monitor.poll_metrics()["kind"] == "sample"


def test_a_sample_is_no_older_than_it_has_to_be():
    with proctor.start_monitor(["sleep", "60"], **FAST) as monitor:
        begin = time.monotonic()
        ages = []
        while time.monotonic() - begin < 1.5:
            time.sleep(0.05)
            sample = monitor.poll_metrics()
            if sample:
                ages.append(time.monotonic() - begin - sample["elapsed_seconds"])
        # Constant but for the interval: nothing gathers on the way.
        assert sorted(ages)[len(ages) // 2] < 0.15


def test_a_short_command_has_no_sample_but_a_summary():
    with proctor.start_monitor(["true"]) as monitor:
        summary = monitor.wait()
        assert monitor.poll_metrics() is None
    assert summary.exit_code == 0


def test_iteration_gives_every_record_in_order():
    with proctor.start_monitor(["sh", "-c", "sleep 0.3; true"], **FAST) as monitor:
        records = list(monitor)
    kinds = [record["kind"] for record in records]
    assert kinds[0] == "start" and kinds[-1] == "summary" and "process" in kinds
    assert kinds.count("sample") == records[-1].sample_count > 3
    assert records[0]["pid"] == monitor.pid
    assert monitor.dropped_count == 0
    assert list(monitor) == []


def test_a_slow_reader_gets_the_newest_and_is_told_what_it_missed():
    with proctor.start_monitor(["sleep", "1"], backlog=5, **FAST) as monitor:
        summary = monitor.wait()
        records = list(monitor)
    kinds = [record["kind"] for record in records]
    assert kinds[0] == "start" and kinds[-1] == "summary" and len(records) == 6
    # The rest is a process and samples.
    assert monitor.dropped_count == summary.sample_count + 2 - 5 > 10
    assert records[-3]["elapsed_seconds"] > 0.8


def test_nobody_who_looks_costs_no_memory():
    with proctor.start_monitor(["sleep", "60"], backlog=3, interval="1ms", adaptive=False, budget=100) as monitor:
        wait_until(lambda: monitor.dropped_count > 200, "200 dropped records")


RECORDS = """
    import json, os, sys
    if "--version" in sys.argv:
        print("0.1.0")
        sys.exit()
    out = int([word for word in sys.argv if word.startswith("--records=")][0].partition("fd:")[2])
    def write(**record):
        records.write(json.dumps(record, separators=(",", ":")) + "\\n")
    with open(out, "w") as records:
        write(kind="start", schema="proctor/1", pid=os.getpid(), command=["x"])
        for number in range(COUNT):
            write(kind="sample", number=number, padding="x" * 300)
        write(kind="summary", outcome="exited", exit_code=0)
"""


def test_a_hundred_thousand_records(stand_in):
    count = 100_000
    binary = stand_in(RECORDS.replace("COUNT", str(count)))
    with proctor.start_monitor(["x"], binary=binary, backlog=count + 10) as monitor:
        numbers = [record["number"] for record in monitor if record["kind"] == "sample"]
        assert numbers == list(range(count))
        assert monitor.poll_metrics()["number"] == count - 1
    # Whoever does not keep up holds nobody up either.
    with proctor.start_monitor(["x"], binary=binary, backlog=100) as monitor:
        monitor.wait(120)
        numbers = [record["number"] for record in monitor if record["kind"] == "sample"]
    assert numbers == list(range(count - 99, count))
    assert monitor.dropped_count == count - 99


def test_wait_with_a_timeout():
    with proctor.start_monitor(["sleep", "60"]) as monitor:
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            monitor.wait(0.1)
        assert time.monotonic() - begin < 5
        assert monitor.is_running and is_alive(monitor.pid)
        assert monitor.summary is None


def test_stop_ends_the_whole_tree():
    monitor = proctor.start_monitor(["sh", "-c", FAMILY], grace=0.2)
    proctor_pid = monitor._session.process.pid
    wait_until(lambda: len(marked(proctor_pid)) >= 4, "the family is there")
    members = marked(proctor_pid)
    summary = monitor.stop()
    assert summary.outcome == "interrupted" and summary.leftover_process_count == 0
    assert [pid for pid in members if is_alive(pid)] == []
    assert cgroups_of(proctor_pid) == []
    assert monitor.stop() == summary  # Once more does nothing.


def test_the_context_ends_what_runs_when_something_is_raised():
    with pytest.raises(ZeroDivisionError):
        with proctor.start_monitor(["sleep", "60"]) as monitor:
            1 / 0
    assert not is_alive(monitor.pid)


def test_one_that_is_dropped_is_stopped_with_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pid = proctor.start_monitor(["sleep", "60"]).pid
        gc.collect()
    assert [warning.category for warning in caught] == [ResourceWarning]
    wait_until(lambda: not is_alive(pid), "it is stopped")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_is_dropped_is_stopped_where_warnings_are_errors():
    pid = proctor.start_monitor(["sleep", "60"]).pid
    gc.collect()
    wait_until(lambda: not is_alive(pid), "it is stopped")


def test_a_proctor_that_is_killed_is_told_and_leaves_nothing():
    with proctor.start_monitor(["sh", "-c", FAMILY]) as monitor:
        process = monitor._session.process
        wait_until(lambda: len(marked(process.pid)) >= 4, "the family is there")
        members = marked(process.pid)
        process.kill()
        with pytest.raises(proctor.ProctorError, match="signal 9") as caught:
            monitor.wait(30)
        assert caught.value.exit_code == -9
        wait_until(lambda: not any(map(is_alive, members)), "the family is gone")
        wait_until(lambda: cgroups_of(process.pid) == [], "the cgroup is gone")


def test_a_signal_for_the_command():
    script = "trap 'echo got; exit 3' USR1; echo ready; while :; do sleep 0.05; done"
    with proctor.start_monitor(["sh", "-c", script], stdout=proctor.CAPTURE) as monitor:
        wait_until(lambda: monitor.stdout.read() == b"ready\n", "it is ready")
        monitor.send_signal(signal.SIGUSR1)
        assert monitor.wait(30).exit_code == 3
    assert monitor.stdout.text() == "ready\ngot\n"


def test_standard_input_from_a_pipe():
    with proctor.start_monitor(["cat"], stdin=subprocess.PIPE, stdout=proctor.CAPTURE) as monitor:
        monitor.stdin.write(b"one\n")
        wait_until(lambda: monitor.stdout.read() == b"one\n", "it comes back")
        monitor.stdin.write(b"two\n")
        monitor.stdin.close()
        assert monitor.wait(30).stdout == b"one\ntwo\n"


def test_many_monitors_from_many_threads():
    results = {}

    def work(number):
        summary = proctor.run(["sh", "-c", f"echo {number}; exit {number}"], stdout=proctor.CAPTURE)
        results[number] = (summary.exit_code, summary.stdout)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: (number, f"{number}\n".encode()) for number in range(12)}


def test_the_thread_that_started_it_may_end():
    made = []
    thread = threading.Thread(target=lambda: made.append(proctor.start_monitor(["sleep", "60"], **FAST)))
    thread.start()
    thread.join()
    with made[0] as monitor:
        wait_until(lambda: (monitor.poll_metrics() or {}).get("elapsed_seconds", 0) > 0.3, "it goes on")


def test_threads_share_one_monitor():
    with proctor.start_monitor(["sleep", "0.5"], **FAST) as monitor:
        taken = [[], []]
        threads = [
            threading.Thread(target=lambda mine=mine: mine.extend(monitor), name=f"taker {index}")
            for index, mine in enumerate(taken)
        ]
        waited = []
        threads += [threading.Thread(target=lambda: waited.append(monitor.wait())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert waited == [monitor.summary] * 3
    kinds = [record["kind"] for mine in taken for record in mine]
    assert kinds.count("start") == kinds.count("summary") == 1
    assert kinds.count("sample") == monitor.summary.sample_count


def test_attach_counts_from_now_on_and_leaves_the_tree_alone():
    source = "import time\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", source]) as busy:
        try:
            time.sleep(0.3)
            with proctor.attach(busy.pid, **FAST) as monitor:
                wait_until(lambda: (monitor.poll_metrics() or {}).get("elapsed_seconds", 0) > 0.3, "samples")
                assert monitor.pid == busy.pid
            summary = monitor.wait()
            assert 0 < summary.cpu_seconds <= summary.wall_seconds + 0.05
            assert summary.outcome == "interrupted"
            assert busy.poll() is None
        finally:
            busy.kill()


def test_attach_ends_with_its_target_or_its_duration():
    with subprocess.Popen(["sleep", "0.5"]) as short:
        waiter = threading.Thread(target=short.wait)
        waiter.start()
        assert proctor.attach(short.pid).wait(30).outcome == "exited"
        waiter.join()
    assert proctor.attach(os.getpid(), duration=0.1).wait(30).outcome == "interrupted"
    with pytest.raises(proctor.ProctorError, match="^pid: there is no process") as caught:
        proctor.attach(2**22 + 1)
    assert caught.value.exit_code == 125


def test_what_proctor_says_meanwhile_goes_to_the_log(caplog):
    with proctor.start_monitor(["sh", "-c", "sleep 3 &"]) as monitor:
        monitor.wait(30)
    assert "waiting for sleep" in caplog.text
    assert "waiting for sleep" in monitor.messages[0]


def test_no_zombies_and_no_leaks():
    for _ in range(20):
        proctor.run(["true"], stdout=proctor.CAPTURE, stderr=proctor.CAPTURE)
    assert children() == []


def test_long_records_do_not_eat_the_memory():
    from proctor._backlog import Backlog

    backlog = Backlog(1_000, most_bytes=10_000)
    for number in range(100):
        backlog.put(number, 1_000)
    backlog.put(100, 50_000)  # One that is larger than all there may be is kept alone.
    backlog.close()
    assert list(backlog) == [100] and backlog.dropped_count == 100


def test_an_interpreter_that_stands_still_holds_nobody_up(program, tmp_path):
    source = """
        import proctor, sys
        command = ["sh", "-c", 'echo begun >"$1"; sleep 2; echo done >>"$1"', "sh", sys.argv[1]]
        with proctor.start_monitor(command, interval="1ms", adaptive=False, budget=100, per_process=True) as monitor:
            monitor.wait()
            assert monitor.summary.sample_count > 300
            assert list(monitor)[-1] == monitor.summary
    """
    path = tmp_path / "progress"
    with subprocess.Popen(program(source, str(path))) as running:
        wait_until(lambda: path.exists() and path.read_text() == "begun\n", "the command has begun")
        os.kill(running.pid, signal.SIGSTOP)
        wait_until(lambda: path.read_text() == "begun\ndone\n", "the command is done all the same")
        os.kill(running.pid, signal.SIGCONT)
        assert running.wait(60) == 0


def test_where_sigchld_is_ignored(program):
    source = """
        import proctor, signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        assert proctor.run(["sh", "-c", "exit 7"]).exit_code == 7
        try:
            proctor.run(["no-such-command-at-all"])
        except proctor.LaunchError as error:
            assert "not found" in str(error)
        else:
            raise AssertionError
        with proctor.Sysmon() as sysmon:
            sysmon.uptime()
    """
    subprocess.run(program(source), check=True, timeout=60)
