"""However the interpreter ends, nothing of what it has started is left."""

import os
import signal
import subprocess

import pytest

from conftest import cgroups_of, children, is_alive, marked, wait_until

FAMILY = "setsid sleep 300 & (trap '' TERM; sleep 300; sleep 300) & wait"

START = f"""
    import os, sys, time
    import proctor
    options = {{"grace": 0.2}}
    monitor = proctor.start_monitor(["sh", "-c", {FAMILY!r}], **options)
    sysmon = proctor.Sysmon()
    attached = proctor.attach(os.getpid())
    pids = [monitor._session.process.pid, sysmon._process.pid, attached._session.process.pid]
    print(*pids, flush=True)
"""


def begin(command):
    """Start a program that prints the PIDs of its proctors; it, they, and all members of the run."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    proctors = [int(word) for word in running.stdout.readline().split()]
    assert len(proctors) == 3, "the program has failed"
    wait_until(lambda: len(marked(proctors[0])) >= 4, "the family is there")
    return running, proctors, marked(proctors[0])


def assert_gone(running, proctors, members):
    """Nothing of it is left, neither process nor cgroup."""
    wait_until(lambda: not any(map(is_alive, members)), "the family is gone")
    wait_until(lambda: not any(map(is_alive, proctors)), "the proctors are gone")
    wait_until(lambda: not marked(proctors[0]), "nobody carries the mark")
    wait_until(lambda: cgroups_of(proctors[0]) == [], "the cgroup is gone")
    running.stdin.close()
    running.stdout.close()


def test_it_is_killed(program):
    running, *what = begin(program(START + "    time.sleep(300)"))
    running.kill()
    assert running.wait(30) == -signal.SIGKILL
    assert_gone(running, *what)


def test_it_is_killed_together_with_its_proctors(program):
    running, *what = begin(program(START + "    time.sleep(300)"))
    for pid in [running.pid, *what[0]]:
        os.kill(pid, signal.SIGKILL)
    running.wait(30)
    assert_gone(running, *what)


def test_it_is_killed_while_forked_workers_live_on(program):
    forked = """
    if os.fork() == 0:
        for monitor_or_not in (monitor, attached):
            try:
                monitor_or_not.wait()
            except proctor.ProctorError as error:
                assert "which alone can wait" in str(error)
            else:
                os._exit(1)
        with monitor, attached, sysmon:  # All of them the parent's: nothing is ended.
            pass
        os.read(0, 1)
        os._exit(0)
    time.sleep(300)
    """
    running, *what = begin(program(START + forked))
    wait_until(lambda: len(children(running.pid)) == 4, "the worker is there")
    (worker,) = set(children(running.pid)) - set(what[0])
    running.kill()
    running.wait(30)
    wait_until(lambda: not any(map(is_alive, what[1])), "the family is gone, and the worker is not")
    assert is_alive(worker)
    os.kill(worker, signal.SIGKILL)
    assert_gone(running, *what)


@pytest.mark.parametrize(
    ("last_words", "code"),
    [("", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), ("os._exit(4)", 4), ("os.kill(os.getpid(), 15)", -15)],
)
def test_it_ends_by_itself(program, last_words, code):
    running, *what = begin(program(START + "    os.read(0, 1)\n    " + last_words))
    running.stdin.write(b"x")
    running.stdin.flush()
    assert running.wait(30) == code
    if last_words in ("", "sys.exit(3)", "raise ValueError"):
        # An orderly end waits for the end of all that it has started.
        assert not any(map(is_alive, what[1]))
    assert_gone(running, *what)


def test_interrupted_in_the_middle_of_a_run(program):
    source = """
        import proctor, sys
        try:
            proctor.run(["sh", "-c", "echo $PPID; trap '' TERM; sleep 300"], grace=0.2)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            raise
    """
    with subprocess.Popen(program(source), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        proctor_pid = int(running.stdout.readline())
        members = marked(proctor_pid)
        assert members
        os.kill(running.pid, signal.SIGINT)
        assert running.stdout.readline() == b"interrupted\n"
        assert not any(map(is_alive, members))
        assert running.wait(30) == -signal.SIGINT
        assert b"KeyboardInterrupt" in running.stderr.read()


def test_ctrl_c_reaches_everybody_and_a_measurement_goes_on(program):
    source = """
        import os, proctor, signal, sys
        with proctor.measure() as m:
            try:
                proctor.run(["sh", "-c", "trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done"])
            except KeyboardInterrupt:
                sum(range(3_000_000))
        print(m.summary.outcome, m.summary.cpu_seconds > 0.02, flush=True)
    """
    # A session of its own stands for the terminal's foreground group.
    with subprocess.Popen(program(source), stdout=subprocess.PIPE, start_new_session=True) as running:
        assert running.stdout.readline() == b"ready\n"
        os.killpg(running.pid, signal.SIGINT)
        assert running.stdout.readline() == b"interrupted True\n"
        assert running.wait(30) == 0


def test_multiprocessing_uses_it_in_every_worker(program):
    source = """
        import multiprocessing, proctor
        def cost(number):
            return proctor.run(["sh", "-c", f"exit {number}"])
        if __name__ == "__main__":
            proctor.run(["true"])
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(3) as pool:
                    print([summary.exit_code for summary in pool.map(cost, range(4))])
    """
    answer = subprocess.run(program(source), stdout=subprocess.PIPE, timeout=120, check=True)
    assert answer.stdout == b"[0, 1, 2, 3]\n" * 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_console(program, tmp_path, closed):
    source = """
        import os, sys
        import proctor
        results = []
        try:
            summary = proctor.run(["sh", "-c", "cat; echo out; echo err >&2"])
            results.append(summary.exit_code)
            summary = proctor.run(["sh", "-c", "echo out; echo err >&2"], stdout=proctor.CAPTURE, stderr=proctor.CAPTURE)
            results += [summary.stdout, summary.stderr]
            with proctor.Sysmon() as sysmon:
                results.append(sysmon.uptime()["uptime"] > 0)
            with proctor.measure() as m:
                pass
            results.append(m.summary.outcome)
            try:
                proctor.run(["no-such-command-at-all"])
            except proctor.CommandNotFoundError as error:
                results.append(error.exit_code)
            # What was closed has stayed so: nothing of ours has slipped into its place.
            for number in (0, 1, 2):
                try:
                    os.fstat(number)
                    results.append("open")
                except OSError:
                    results.append("closed")
        except BaseException as error:
            results = [repr(error)]
        with open(sys.argv[1], "w") as file:
            file.write(repr(results))
    """
    script = f'exec "$@" {closed}'
    subprocess.run(["sh", "-c", script, "sh", *program(source, str(tmp_path / "results"))], stdin=subprocess.DEVNULL)
    states = ["closed" if word in closed.split() else "open" for word in ("<&-", ">&-", "2>&-")]
    expected = [0, b"out\n", b"err\n", True, "interrupted", 127, *states]
    assert (tmp_path / "results").read_text() == repr(expected)
