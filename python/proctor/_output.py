"""What a command wrote, where it is captured."""

from __future__ import annotations

import tempfile
import threading
import weakref
from typing import Any, Tuple

_IN_MEMORY_BYTES = 1 << 20


class Output:
    """A captured stream: in memory at first, in a temporary file without a name beyond a megabyte.

    It can be read at any time, also while the command still writes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)
        self._size = 0
        self._failed = False
        # Files that the collector closes are warned of.
        weakref.finalize(self, self._file.close)

    def __reduce__(self) -> Tuple[Any, ...]:
        # What was captured so far goes along; the lock and the file stay.
        return _with, (self.read(), self._failed)

    @property
    def size_bytes(self) -> int:
        """How much was written so far."""
        return self._size

    @property
    def is_truncated(self) -> bool:
        """Whether the temporary file could not take all: the rest of the stream was dropped."""
        return self._failed

    def read(self) -> bytes:
        """All of it so far."""
        with self._lock:
            self._file.seek(0)
            return self._file.read()

    def text(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """All of it so far, decoded."""
        return self.read().decode(encoding, errors)

    def _append(self, data: bytes) -> None:
        with self._lock:
            if self._failed:
                return
            try:
                self._file.seek(0, 2)
                self._file.write(data)
                self._size += len(data)
            except OSError:  # The disk is full: the command must not wait for that.
                self._failed = True


def _with(data: bytes, failed: bool) -> Output:
    output = Output()
    output._append(data)
    output._failed = failed
    return output
