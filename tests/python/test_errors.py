"""Errors on their way to other processes: they are pickled, and come out as they went in."""

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor

import pytest

import proctor
from proctor import Summary

SUMMARY = Summary({"kind": "summary", "outcome": "exited", "exit_code": 3, "cpu_seconds": 0.25})


def made():
    """One of every kind of error, however it is made."""
    kinds = [kind for name, kind in vars(proctor).items() if name.endswith("Error") and inspect.isclass(kind)]
    for kind in kinds:
        if issubclass(kind, (proctor.LaunchError, proctor.CommandFailedError)):
            yield kind("a sentence", 127, SUMMARY)
        elif issubclass(kind, proctor.BinaryError):
            yield kind("a sentence", "/some/path")
        elif kind is proctor.RpcError:
            yield kind("a sentence", "InvalidParams")
        else:
            yield kind("a sentence", 125)


@pytest.mark.parametrize("error", list(made()), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_comes_back_as_it_was(error, protocol):
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert str(again) == "a sentence" and again.args == error.args
        assert vars(again) == vars(error)


def test_an_error_of_a_users_own_keeps_what_was_noted_on_it():
    error = Special("own", 7)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.exit_code, again.more) == (Special, "own: 7", None, 7)


class Special(proctor.ProctorError):
    """With a constructor of its own."""

    def __init__(self, word, more):
        super().__init__(f"{word}: {more}")
        self.more = more


def fail(command):
    """What a worker does."""
    return proctor.run(command, check=True, stdout=proctor.CAPTURE)


def test_through_a_pool_of_processes():
    with ProcessPoolExecutor(2) as pool:
        missing = pool.submit(fail, ["no-such-command-of-proctor"])
        failed = pool.submit(fail, ["sh", "-c", "exit 3"])
        done = pool.submit(fail, ["true"])
        with pytest.raises(proctor.CommandNotFoundError, match="not found") as caught:
            missing.result(60)
        assert caught.value.exit_code == 127 and caught.value.summary.outcome == "failed_to_start"
        with pytest.raises(proctor.CommandFailedError, match="exit code 3") as caught:
            failed.result(60)
        assert caught.value.summary.exit_code == 3 and caught.value.summary.cpu_seconds > 0
        assert done.result(60).exit_code == 0


def test_output_that_is_pickled_is_what_was_captured():
    with proctor.start_monitor(["printf", "words"], stdout=proctor.CAPTURE) as monitor:
        monitor.wait()
        assert pickle.loads(pickle.dumps(monitor.stdout)).read() == b"words"
