"""What has come and nobody has taken yet."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import AsyncIterator, Deque, Generic, Iterator, List, Tuple, TypeVar

from ._bell import Bell

T = TypeVar("T")

#: An asynchronous loop that finds everything at hand gives the others a turn after so many.
_TURN_EVERY = 64
#: Rows of many processes make long records: no backlog may eat the interpreter's memory.
_MOST_BYTES = 64 << 20


class Backlog(Generic[T]):
    """A bounded queue from one writer to any number of takers: whoever writes never waits.

    When it is full, the oldest item goes, and is counted. Each item is taken once.
    """

    def __init__(self, size: int, most_bytes: int = _MOST_BYTES) -> None:
        if size < 1:
            raise ValueError(f"backlog: {size} records are none; write 1 or more")
        self._bell = Bell()
        self._size = size
        self._most_bytes = most_bytes
        self._kept: List[T] = []
        self._items: Deque[Tuple[T, int]] = deque()
        self._bytes = 0
        self._closed = False
        self._dropped_count = 0

    @property
    def dropped_count(self) -> int:
        """Items that were dropped because nobody took them in time."""
        return self._dropped_count

    def keep(self, item: T) -> None:
        """Put an item in front, which is never dropped."""
        with self._bell:
            self._kept.append(item)
            self._bell.ring()

    def put(self, item: T, size_bytes: int = 0) -> None:
        """Put an item behind the others; of too many, or of too much, the oldest go."""
        with self._bell:
            while self._items and (
                len(self._items) >= self._size or self._bytes + size_bytes > self._most_bytes
            ):
                self._take_first()
                self._dropped_count += 1
            self._items.append((item, size_bytes))
            self._bytes += size_bytes
            self._bell.ring()

    def close(self) -> None:
        """Nothing more will come."""
        with self._bell:
            self._closed = True
            self._bell.ring()

    def _ready(self) -> bool:
        return bool(self._kept or self._items or self._closed)

    def _take(self) -> List[T]:
        if self._kept:
            return [self._kept.pop(0)]
        return [self._take_first()] if self._items else []

    def _take_first(self) -> T:
        item, size_bytes = self._items.popleft()
        self._bytes -= size_bytes
        return item

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._bell:
                self._bell.wait_for(self._ready)
                taken = self._take()
            if not taken:
                return
            yield taken[0]

    async def __aiter__(self) -> AsyncIterator[T]:
        count = 0
        while True:
            with self._bell:
                taken = self._take()
                closed = self._closed
            if taken:
                count += 1
                if count % _TURN_EVERY == 0:
                    await asyncio.sleep(0)
                yield taken[0]
            elif closed:
                return
            else:
                await self._bell.wait_for_async(self._ready)
