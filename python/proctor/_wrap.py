"""Functions of every kind, wrapped so that a block is measured while their body runs."""

from __future__ import annotations

import functools
import inspect
import time
import types
from collections.abc import Generator
from types import TracebackType
from typing import Any, Awaitable, Callable, Optional, Protocol, Type, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class Block(Protocol):
    """Measures what runs inside of it; gives the measurement."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None: ...

    async def __aenter__(self) -> Any: ...

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None: ...


#: Makes a block for one call of a function.
Blocks = Callable[[Callable[..., Any]], Block]


def measured(function: F, block_of: Blocks) -> F:
    """The function, with a fresh block around the running of its body, whatever kind of function it is."""
    if isinstance(function, (classmethod, staticmethod)):
        return cast(F, type(function)(measured(function.__func__, block_of)))
    fresh = functools.partial(block_of, function)
    # Of an object that can be called, its method tells the kind.
    is_object = not (inspect.isroutine(function) or isinstance(function, (type, functools.partial)))
    body = type(function).__call__ if is_object else function
    if inspect.isasyncgenfunction(body):
        wrapper = _async_generator(function, fresh)
    elif inspect.iscoroutinefunction(body):
        wrapper = _coroutine(function, fresh)
    elif inspect.isgeneratorfunction(body):
        wrapper = _generator(function, fresh)
    else:
        wrapper = _function(function, fresh)
    return cast(F, wrapper)


def _function(function: Callable[..., Any], fresh: Callable[[], Block]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with fresh() as measurement:
            try:
                return function(*args, **kwargs)
            finally:
                wrapper.measurement = measurement  # type: ignore[attr-defined]

    return wrapper


def _coroutine(function: Callable[..., Any], fresh: Callable[[], Block]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        async with fresh() as measurement:
            try:
                return await function(*args, **kwargs)
            finally:
                wrapper.measurement = measurement  # type: ignore[attr-defined]

    return wrapper


def _generator(function: Callable[..., Any], fresh: Callable[[], Block]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        stopwatch = _Stopwatch()
        with fresh() as measurement:
            try:
                return (yield from _Steps(function(*args, **kwargs), stopwatch))
            finally:
                measurement.elapsed_seconds = stopwatch.seconds
                wrapper.measurement = measurement  # type: ignore[attr-defined]

    # A generator that may be awaited (`types.coroutine`) stays one.
    code = getattr(inspect.unwrap(function), "__code__", None)
    awaitable = code is not None and code.co_flags & inspect.CO_ITERABLE_COROUTINE
    return types.coroutine(wrapper) if awaitable else wrapper


def _async_generator(function: Callable[..., Any], fresh: Callable[[], Block]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        stopwatch = _Stopwatch()
        async with fresh() as measurement:
            body = function(*args, **kwargs)
            try:
                item = await stopwatch.time(body.__anext__())
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await stopwatch.time(body.aclose())
                        raise
                    except BaseException as error:
                        item = await stopwatch.time(body.athrow(error))
                    else:
                        item = await stopwatch.time(body.asend(sent))
            except StopAsyncIteration:
                return
            finally:
                measurement.elapsed_seconds = stopwatch.seconds
                wrapper.measurement = measurement  # type: ignore[attr-defined]

    return wrapper


class _Stopwatch:
    """Adds up the time inside of a body that stops and goes on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def run(self, step: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return step(*arguments)
        finally:
            self.seconds += time.perf_counter() - began

    async def time(self, step: Awaitable[Any]) -> Any:
        began = time.perf_counter()
        try:
            return await step
        finally:
            self.seconds += time.perf_counter() - began


class _Steps(Generator):  # type: ignore[type-arg]
    """A generator whose steps are timed; `yield from` passes on to it what is sent, thrown and closed."""

    def __init__(self, body: Any, stopwatch: _Stopwatch) -> None:
        self._body = body
        self._stopwatch = stopwatch

    def send(self, value: Any) -> Any:
        return self._stopwatch.run(self._body.send, value)

    def throw(self, kind: Any, error: Any = None, trace: Any = None) -> Any:
        # Three arguments are the manner of old, which warns.
        return self._stopwatch.run(self._body.throw, kind if error is None else error)

    def close(self) -> None:
        self._stopwatch.run(self._body.close)
