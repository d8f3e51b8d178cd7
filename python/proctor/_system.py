"""What is different between systems when a program is started and what it writes is read."""

from __future__ import annotations

import os
import subprocess
from typing import Any, Dict, List, Optional, Protocol, Sequence, Tuple


class Intake(Protocol):
    """Pipes that are read at the same time, by their reading ends; it closes those that it has."""

    def add(self, end: int) -> None:
        """Read this one, too."""

    def discard(self, end: int) -> None:
        """Read this one no more; it stays open until the intake closes."""

    def ready(self, timeout: Optional[float] = None) -> List[int]:
        """Those that have something, or are at their end; waits for the first, at most `timeout` seconds."""

    def read(self, end: int, most: int) -> Optional[bytes]:
        """What one that is ready has, some `most` bytes of it; None at its end."""

    def close(self) -> None:
        """Close all ends that were ever added."""


class System(Protocol):
    """Pipes to programs."""

    def make_readable(self, large: bool = False) -> Tuple[int, int]:
        """A pipe: an end for an intake, and a descriptor that a program writes to."""

    def close_readable(self, end: int) -> None:
        """Close such an end that no intake has got."""

    def intake(self) -> Intake:
        """Nothing yet."""

    def channel(self, descriptor: int) -> str:
        """What proctor calls a descriptor of ours that it is started with."""

    def stream(self, descriptor: int) -> str:
        """The same among those of `--stdio`."""

    def start_options(self, passed: Sequence[int], own_session: bool) -> Dict[str, Any]:
        """For `subprocess.Popen`: pass descriptors on; whether the terminal's signals are to stay away from it."""

    def send_signal(self, process: "subprocess.Popen[bytes]", signal: int) -> None:
        """Send a signal to proctor.

        Raises:
            ProctorError: the system knows none.
        """


def this_system() -> System:
    """The system that we run on."""
    global _this
    if _this is None:
        if os.name == "nt":
            from ._windows import Windows

            _this = Windows()
        else:
            from ._posix import Posix

            _this = Posix()
    return _this


_this: Optional[System] = None
