"""Windows: handles are passed on, each by name, and pipes are read by overlapped calls.

A selector knows sockets alone there, and a thread that waits in a read of a pipe could not be woken. What is used of
`_winapi` and `asyncio` is what `multiprocessing` and `asyncio` themselves read pipes by.
"""

from __future__ import annotations

import importlib
import os
import subprocess
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._errors import ProctorError

_BUFFER_BYTES = 1 << 16
_LARGE_BUFFER_BYTES = 1 << 20
_ERROR_BROKEN_PIPE = 109


class OverlappedIntake:
    """Pipes with a read under way in each."""

    def __init__(self, winapi: Any) -> None:
        self._winapi = winapi
        #: The read of each pipe; None at its end.
        self._reads: Dict[int, Any] = {}
        self._ends: List[int] = []

    def add(self, end: int) -> None:
        self._ends.append(end)
        self._begin(end)

    def _begin(self, end: int) -> None:
        try:
            self._reads[end], _ = self._winapi.ReadFile(end, _BUFFER_BYTES, True)
        except OSError as error:
            _check_is_end(error)
            self._reads[end] = None

    def discard(self, end: int) -> None:
        self._end_read(self._reads.pop(end))

    def _end_read(self, read: Any) -> None:
        if read is None:
            return
        read.cancel()
        try:
            # Until it is over, the system may write to its buffer.
            read.GetOverlappedResult(True)
        except OSError as error:
            _check_is_end(error)

    def ready(self, timeout: Optional[float] = None) -> List[int]:
        ended = [end for end, read in self._reads.items() if read is None]
        events = [read.event for read in self._reads.values() if read is not None]
        if events and not ended:
            milliseconds = self._winapi.INFINITE if timeout is None else round(timeout * 1_000)
            self._winapi.WaitForMultipleObjects(events, False, milliseconds)
        return ended + [end for end, read in self._reads.items() if read is not None and self._is_over(read)]

    def _is_over(self, read: Any) -> bool:
        return bool(self._winapi.WaitForMultipleObjects([read.event], False, 0) != self._winapi.WAIT_TIMEOUT)

    def read(self, end: int, most: int) -> Optional[bytes]:
        read = self._reads[end]
        if read is None:
            return None
        try:
            read.GetOverlappedResult(True)
        except OSError as error:
            _check_is_end(error)
            self._reads[end] = None
            return None
        data = bytes(read.getbuffer())
        # Whoever writes nothing to a pipe has it read as such: that is not its end.
        self._begin(end)
        return data

    def close(self) -> None:
        while self._reads:
            self._end_read(self._reads.popitem()[1])
        while self._ends:
            self._winapi.CloseHandle(self._ends.pop())


def _check_is_end(error: OSError) -> None:
    """Raise an error again that does not say that all writers of a pipe are gone."""
    if getattr(error, "winerror", None) != _ERROR_BROKEN_PIPE:
        raise error


class Windows:
    """See `System`."""

    def __init__(self, winapi: Any = None, msvcrt: Any = None, pipe: Any = None) -> None:
        self._winapi = winapi or importlib.import_module("_winapi")
        self._msvcrt = msvcrt or importlib.import_module("msvcrt")
        self._pipe = pipe or importlib.import_module("asyncio.windows_utils").pipe

    def make_readable(self, large: bool = False) -> Tuple[int, int]:
        # A named pipe for one writer, which is connected by now; of other accounts none may write to it.
        size = _LARGE_BUFFER_BYTES if large else _BUFFER_BYTES
        end, writing = self._pipe(overlapped=(True, False), bufsize=size)
        return end, self._msvcrt.open_osfhandle(writing, getattr(os, "O_NOINHERIT", 0))

    def close_readable(self, end: int) -> None:
        self._winapi.CloseHandle(end)

    def intake(self) -> OverlappedIntake:
        return OverlappedIntake(self._winapi)

    def channel(self, descriptor: int) -> str:
        return f"handle:{self._msvcrt.get_osfhandle(descriptor)}"

    def stream(self, descriptor: int) -> str:
        return self.channel(descriptor)

    def start_options(self, passed: Sequence[int], own_session: bool) -> Dict[str, Any]:
        handles = [self._msvcrt.get_osfhandle(descriptor) for descriptor in passed]
        of_os: Any = os
        of_subprocess: Any = subprocess
        for handle in handles:
            # Whoever is started meanwhile by somebody else gets those of its own list, or none.
            of_os.set_handle_inheritable(handle, True)
        return {
            "startupinfo": of_subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles}),
            "creationflags": of_subprocess.CREATE_NEW_PROCESS_GROUP if own_session else 0,
        }

    def send_signal(self, process: "subprocess.Popen[bytes]", signal: int) -> None:
        raise ProctorError("Windows has no signals; stop() ends the whole tree")
