"""What a piece of this program costs: the interpreter and its children, watched while a block or a function runs."""

from __future__ import annotations

import asyncio
import functools
import os
import time
from html import escape
from types import TracebackType
from typing import Any, Callable, Optional, Type, TypeVar, cast, overload

from ._binary import PathLike
from ._errors import ProctorError
from ._monitor import Monitor, attach
from ._options import Duration
from ._records import Summary
from ._summary_view import as_html
from ._wrap import measured

F = TypeVar("F", bound=Callable[..., Any])
Report = Callable[["Measurement"], object]


class Measurement:
    """One measured block. `str()` gives a line of it, which says what is not exact."""

    name: Optional[str]
    elapsed_seconds: Optional[float]
    """How long the block took, by the interpreter's own clock; None before its end."""
    summary: Optional[Summary]
    """What it cost, counted from just before the block to just after it; None before its end."""
    monitor: Monitor
    """The attachment, for `poll_metrics()` and iteration while the block runs."""

    def __init__(self, name: Optional[str]) -> None:
        self.name = name
        self.elapsed_seconds = None
        self.summary = None
        self.error: Optional[BaseException] = None
        """What the block raised, if it did."""

    def __str__(self) -> str:
        label = f"{self.name}: " if self.name else ""
        if self.elapsed_seconds is None:
            return f"{label}not over yet"
        parts = [_seconds(self.elapsed_seconds)]
        if self.summary is not None:
            parts.append(_figure(self.summary, "cpu_seconds", "cpu", "CPU", _seconds))
            parts.append(_figure(self.summary, "peak_memory_bytes", "peak_memory", "memory peak", _mebibytes))
        return label + ", ".join(parts)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        if self.summary is None:
            return f"<p>{escape(str(self))}</p>"
        # How the watching ended says nothing of the block.
        block = {"name": self.name or "this block", "outcome": "measured", "exit_code": None}
        return as_html({**self.summary, "wall_seconds": self.elapsed_seconds, **block})


def _figure(summary: Summary, key: str, quantity: str, words: str, text_of: Callable[[float], str]) -> str:
    value = summary.get(key)
    if value is None:
        return f"{words} unknown"
    quality = summary.accounting[quantity]["quality"].replace("_", " ")
    return f"{words} {text_of(value)} ({quality})"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1_000:.2f} ms"


def _mebibytes(value: float) -> str:
    return f"{value / 2**20:.1f} MiB"


class Block:
    """What `measure()` gives: a context manager for one block, and a decorator."""

    def __init__(
        self,
        name: Optional[str] = None,
        *,
        report: Optional[Report] = None,
        interval: Optional[Duration] = None,
        per_process: bool = False,
        records: Optional[PathLike] = None,
        binary: Optional[PathLike] = None,
    ) -> None:
        self._name = name
        self._report = report
        self._attach = functools.partial(
            attach, name=name, interval=interval, per_process=per_process, records=records, binary=binary
        )
        self._measurement: Optional[Measurement] = None
        self._began = 0.0

    def __enter__(self) -> Measurement:
        if self._measurement is not None:
            raise RuntimeError("this measure() has been used already; make one for each block")
        measurement = Measurement(self._name)
        measurement.monitor = self._attach(os.getpid())
        self._measurement = measurement
        self._began = time.perf_counter()
        return measurement

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        measurement = cast(Measurement, self._measurement)
        if measurement.elapsed_seconds is None:
            measurement.elapsed_seconds = time.perf_counter() - self._began
        # A generator that is closed early is at its end; nothing went wrong.
        measurement.error = None if isinstance(error, GeneratorExit) else error
        if measurement.monitor._session.maker_pid != os.getpid():
            return  # A forked child leaves the block, too: it is the parent's to measure.
        try:
            measurement.summary = measurement.monitor.stop()
        except ProctorError:
            if error is None:
                raise  # What the block itself has raised says more.
        finally:
            measurement.monitor._leave()
        if self._report is not None:
            self._report(measurement)

    async def __aenter__(self) -> Measurement:
        return await asyncio.get_running_loop().run_in_executor(None, self.__enter__)

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        measurement = cast(Measurement, self._measurement)
        if measurement.elapsed_seconds is None:
            measurement.elapsed_seconds = time.perf_counter() - self._began
        measurement.monitor._session.let_go()
        await measurement.monitor._session.join_async()
        self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        return measured(function, self._again)

    def _again(self, function: Callable[..., Any]) -> Block:
        """A block for one call of a function."""
        name = self._name or getattr(function, "__qualname__", None)
        block = Block(name, report=self._report)
        block._attach = functools.partial(attach, **{**self._attach.keywords, "name": name})
        return block


@overload
def measure(name: F) -> F: ...


@overload
def measure(
    name: Optional[str] = None,
    *,
    report: Optional[Report] = None,
    interval: Optional[Duration] = None,
    per_process: bool = False,
    records: Optional[PathLike] = None,
    binary: Optional[PathLike] = None,
) -> Block: ...


def measure(name: Any = None, **options: Any) -> Any:
    """Measure what the interpreter and its children use: a context manager, and a decorator.

        with measure("load") as m:
            load()
        print(m.summary.cpu_seconds, m.elapsed_seconds)

        @measure("train", report=print)
        def train(): ...

    As a decorator it measures every call, with or without parentheses; `function.measurement` is the last one. The whole
    process is measured, whatever thread works: of two measured blocks at the same time each counts the other.

    What is measured is the running of the body. Of a generator, a coroutine and an asynchronous generator that begins with
    the first step, not with the call, and ends when the body does, or is closed. `elapsed_seconds` of generators is the
    time inside of the body; their summary counts all that the process did between the first step and the end, the work
    of whoever takes the items included.

    CPU is the difference of the kernel's own clocks before and after, however short the block: nanoseconds for
    the interpreter, the clock's ticks of 10 ms for children that it has waited for. Where something cannot be
    told for sure, such as a grandchild that ended together with its parent, `accounting` says `lower_bound`.
    Memory is only looked at: at the beginning, at the end, and every `interval` between; a peak between two
    looks is missed, and what the interpreter held before the block is in it. I/O and faults are differences of
    counters, as CPU is.

    Attaching takes some tens of milliseconds before the block and after it, more on a machine with many
    processes, since each is looked at. Of that, 0.2 to 0.5 ms of the interpreter's own CPU fall into what is
    counted.

    Args:
        name: a label for the records and the report.
        report: called with the `Measurement` when it is complete, such as `print`.
        interval, per_process, records, binary: as for `start_monitor`.

    Raises:
        ProctorError: on entry, it cannot attach; on leaving, proctor was killed meanwhile, and the block has not
            raised anything itself.
    """
    if name is None or isinstance(name, str):
        return Block(name, **options)
    if not options and (callable(name) or isinstance(name, (classmethod, staticmethod))):
        return Block()(name)  # `@measure` without parentheses.
    raise TypeError(f"measure: the name is text; not {name!r}")
