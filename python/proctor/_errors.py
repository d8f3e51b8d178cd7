"""What can go wrong, each carrying proctor's own sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from ._records import Summary


class ProctorError(Exception):
    """Something went wrong; the message is proctor's own sentence, in one line."""

    exit_code: Optional[int]
    """What the binary ended with: 125 when it was misused or failed; None when it was not run to an end."""

    def __init__(self, message: str, exit_code: Optional[int] = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


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
    """The binary is too old, or is no proctor at all."""


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
    """A line of a file of records is no record."""


class RpcError(ProctorError):
    """`proctor sysmon` refused a call."""

    code: str
    """`InvalidParams`, `InternalError`, `MethodNotFound`, `ServiceUnavailable` …"""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def launch_error(exit_code: Optional[int], summary: Summary) -> LaunchError:
    """The error for a run whose command was not started."""
    kinds = {126: CommandNotExecutableError, 127: CommandNotFoundError}
    message = summary.get("error") or "the command could not be started"
    return kinds.get(exit_code or 0, LaunchError)(message, exit_code, summary)


def ending_of(summary: Summary) -> str:
    """How a run ended, in the words of the command line's summary."""
    signal, outcome = summary.get("signal"), summary.get("outcome")
    end = f"ended by {signal}" if signal else f"exit code {summary.get('exit_code')}"
    words = {"timed_out": "timed out", "oom_killed": "out of memory", "interrupted": "interrupted"}
    return f"{words[outcome]}, {end}" if outcome in words else end
