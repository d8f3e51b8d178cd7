"""Pipes to the binary, and the ones by which it knows that we live."""

from __future__ import annotations

import os
import threading
from typing import Dict, Optional, Tuple

try:
    import fcntl
except ImportError:  # Windows, where descriptors are not passed on by number.
    fcntl = None  # type: ignore[assignment]

_FIRST_BEYOND_STDIO = 3
_F_SETPIPE_SZ = 1031  # Linux; the module's name for it came with Python 3.10.
_LARGE_PIPE_BYTES = 1 << 20

#: Held while a pipe is made: no fork may fall between its making and its registration.
_lock = threading.RLock()
_held: Dict["HeldEnd", int] = {}


def make_pipe(large: bool = False) -> Tuple[int, int]:
    """A pipe: what is read from and what is written to, both beyond standard error and close-on-exec.

    Where one of descriptors 0, 1 and 2 is closed, a new pipe would take its place, and be in the way of what the
    binary gets there.
    """
    reading, writing = os.pipe()
    reading, writing = beyond_stdio(reading), beyond_stdio(writing)
    if large and fcntl is not None:
        try:
            fcntl.fcntl(writing, _F_SETPIPE_SZ, _LARGE_PIPE_BYTES)
        except OSError:
            pass  # Not Linux, or the user's pipes have used up their share of memory.
    return reading, writing


def beyond_stdio(descriptor: int) -> int:
    """The same, or its only copy, above 2."""
    if descriptor >= _FIRST_BEYOND_STDIO or fcntl is None:
        return descriptor
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_BEYOND_STDIO)
    os.close(descriptor)
    return copy


def copy_of(descriptor: int) -> Optional[int]:
    """A copy of an open descriptor, above 2; None when it is not open."""
    try:
        return beyond_stdio(os.dup(descriptor))
    except OSError:
        return None


def is_open(descriptor: int) -> bool:
    """Whether a descriptor is open."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class HeldEnd:
    """The writing end of a pipe, held by this process alone: when it closes, in whatever way, the binary lets go.

    Processes that are forked from this one (`multiprocessing` does that) close theirs at once: they may live longer.
    """

    def __init__(self) -> None:
        with _lock:
            self.other_end, writing = make_pipe()
            _held[self] = writing

    @property
    def descriptor(self) -> int:
        """What is held.

        Raises:
            BrokenPipeError: it has been let go.
        """
        descriptor = _held.get(self)
        if descriptor is None:
            raise BrokenPipeError("it has been closed")
        return descriptor

    def close(self) -> None:
        """Let go."""
        descriptor = _held.pop(self, None)
        if descriptor is not None:
            os.close(descriptor)


def _let_go_in_child() -> None:
    try:
        for descriptor in _held.values():
            os.close(descriptor)
        _held.clear()
    finally:
        _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_let_go_in_child)
