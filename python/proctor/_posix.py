"""Linux and macOS: descriptors are passed on under their numbers."""

from __future__ import annotations

import os
import selectors
import subprocess
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._pipes import make_pipe


class SelectorIntake:
    """Pipes that are read as a selector tells."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._ends: List[int] = []

    def add(self, end: int) -> None:
        self._ends.append(end)
        self._selector.register(end, selectors.EVENT_READ)

    def discard(self, end: int) -> None:
        self._selector.unregister(end)

    def ready(self, timeout: Optional[float] = None) -> List[int]:
        return [key.fd for key, _ in self._selector.select(timeout)]

    def read(self, end: int, most: int) -> Optional[bytes]:
        return os.read(end, most) or None

    def close(self) -> None:
        self._selector.close()
        while self._ends:
            os.close(self._ends.pop())


class Posix:
    """See `System`."""

    def make_readable(self, large: bool = False) -> Tuple[int, int]:
        return make_pipe(large)

    def close_readable(self, end: int) -> None:
        os.close(end)

    def intake(self) -> SelectorIntake:
        return SelectorIntake()

    def channel(self, descriptor: int) -> str:
        return f"fd:{descriptor}"

    def stream(self, descriptor: int) -> str:
        return str(descriptor)

    def start_options(self, passed: Sequence[int], own_session: bool) -> Dict[str, Any]:
        return {"pass_fds": tuple(passed), "start_new_session": own_session}

    def send_signal(self, process: "subprocess.Popen[bytes]", signal: int) -> None:
        process.send_signal(signal)
