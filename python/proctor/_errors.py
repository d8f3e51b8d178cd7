"""What can go wrong, each carrying proctor's own sentence."""

from __future__ import annotations

import signal as signals
from typing import Any, Dict, Optional, Tuple, Type

from ._records import Summary

#: The binary's exit codes, beside those of the command.
_TIMED_OUT, _PROCTOR_FAILED, _NOT_EXECUTABLE, _NOT_FOUND, _SIGNAL_BASE = 124, 125, 126, 127, 128


class ProctorError(Exception):
    """Something went wrong; the message is proctor's own sentence, in one line."""

    exit_code: Optional[int]
    """What the binary ended with: 125 when it was misused or failed; None when it was not run to an end."""

    def __init__(self, message: str, exit_code: Optional[int] = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def __reduce__(self) -> Tuple[Any, ...]:
        # Exceptions are made anew by calling their class with `args`, which is the message alone.
        return _made_anew, (type(self), self.args, self.__dict__)


def _made_anew(kind: Type[ProctorError], args: Tuple[Any, ...], state: Dict[str, Any]) -> ProctorError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class BinaryError(ProctorError):
    """There is no proctor that this package can work with."""

    path: Optional[str]
    """The binary that was tried; None when none was found."""

    def __init__(self, message: str, path: Optional[str] = None) -> None:
        super().__init__(message)
        self.path = path


class BinaryNotFoundError(BinaryError):
    """No binary in any of the places where it is looked for."""


class BinaryNotExecutableError(BinaryError):
    """The binary may not be executed, or is none for this machine."""


class BinaryVersionError(BinaryError):
    """The binary is too old, or is not a proctor at all."""


class LaunchError(ProctorError):
    """The command could not be started; `exit_code` is 126 or 127."""

    summary: Summary
    """The record of the run that did not come to be."""

    def __init__(self, message: str, exit_code: Optional[int], summary: Summary) -> None:
        super().__init__(message, exit_code)
        self.summary = summary


class CommandNotFoundError(LaunchError):
    """There is no such command (127)."""


class CommandNotExecutableError(LaunchError):
    """The command is there and cannot be executed (126)."""


class CommandFailedError(ProctorError):
    """With `check`: the command did not end with 0."""

    summary: Summary
    """What the run cost, and how it ended."""

    def __init__(self, message: str, exit_code: Optional[int], summary: Summary) -> None:
        super().__init__(message, exit_code)
        self.summary = summary


class RecordError(ProctorError):
    """A line of a file of records is not a record."""


class RpcError(ProctorError):
    """`proctor sysmon` refused a call."""

    code: str
    """`InvalidParams`, `InternalError`, `MethodNotFound`, `ServiceUnavailable` …"""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def launch_error(summary: Summary) -> LaunchError:
    """The error for a run whose command was not started."""
    kinds = {_NOT_EXECUTABLE: CommandNotExecutableError, _NOT_FOUND: CommandNotFoundError}
    message = summary.get("error") or "the command could not be started"
    exit_code = exit_code_of(summary)
    return kinds.get(exit_code, LaunchError)(message, exit_code, summary)


def exit_code_of(summary: Summary) -> int:
    """What the binary ends with after such a run.

    Read from the summary: a host that ignores SIGCHLD, or waits for any child, leaves nobody who knows it of the process.
    """
    outcome, exit_code, signal = summary["outcome"], summary.get("exit_code"), summary.get("signal")
    if outcome == "failed_to_start":
        kinds = {"command_not_executable": _NOT_EXECUTABLE, "command_not_found": _NOT_FOUND}
        return kinds.get(summary.get("error_kind", ""), _PROCTOR_FAILED)
    if outcome == "timed_out":
        return _TIMED_OUT
    if exit_code is not None:
        return int(exit_code)
    number = getattr(signals, signal, None) if signal else None
    return 0 if signal is None else _SIGNAL_BASE + int(number or 0)


def ending_of(summary: Summary) -> str:
    """How a run ended, in the words of the command line's summary."""
    signal, outcome = summary.get("signal"), summary.get("outcome")
    end = f"ended by {signal}" if signal else f"exit code {summary.get('exit_code')}"
    words = {"timed_out": "timed out", "oom_killed": "out of memory", "interrupted": "interrupted"}
    return f"{words[outcome]}, {end}" if outcome in words else end
