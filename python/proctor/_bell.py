"""Waiting for something that another thread does, from threads and from coroutines alike."""

from __future__ import annotations

import asyncio
import threading
from typing import Callable, List, Optional, Tuple

_Waiter = Tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class Bell:
    """A lock, and a bell that wakes up whoever waits for a change of what the lock guards."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiters: List[_Waiter] = []

    def __enter__(self) -> None:
        self._condition.acquire()

    def __exit__(self, *_: object) -> None:
        self._condition.release()

    def ring(self) -> None:
        """Wake up everybody; to be called with the lock held."""
        self._condition.notify_all()
        waiters, self._waiters = self._waiters, []
        for loop, future in waiters:
            try:
                loop.call_soon_threadsafe(_wake, future)
            except RuntimeError:
                pass  # Its loop is closed: nobody waits there any more.

    def wait_for(self, holds: Callable[[], bool], timeout: Optional[float] = None) -> bool:
        """Wait, with the lock held (and given up meanwhile), until something holds; whether it does by then."""
        return self._condition.wait_for(holds, timeout)

    async def wait_for_async(self, holds: Callable[[], bool]) -> None:
        """Wait, without the lock, until something holds."""
        while True:
            with self:
                if holds():
                    return
                loop = asyncio.get_running_loop()
                waiter = (loop, loop.create_future())
                self._waiters.append(waiter)
            try:
                await waiter[1]
            finally:
                with self:
                    if waiter in self._waiters:
                        self._waiters.remove(waiter)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
