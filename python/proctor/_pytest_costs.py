"""What tests cost: measured one by one, listed at the end, written as JSON. Loaded by pytest with `--proctor` only."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Generator, List, Mapping, Optional, Tuple, TypeVar, cast

import pytest

from ._binary import find_binary
from ._errors import ProctorError
from ._human import human_bytes, human_seconds
from ._measure import measure
from ._records import Summary

SCHEMA = "proctor/pytest/1"
#: Under which a test's figures go to whoever reports them, JUnit's XML included.
_PREFIX = "proctor_"
_FIGURES = (
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_bytes",
    "io_read_bytes",
    "io_write_bytes",
    "disk_read_bytes",
    "disk_write_bytes",
)
_QUALITIES = {"cpu_seconds": "cpu", "peak_memory_bytes": "peak_memory", "io_read_bytes": "io"}


_F = TypeVar("_F", bound=Callable[..., Any])


def _hook(**options: bool) -> Callable[[_F], _F]:
    """`pytest.hookimpl`, which has no types everywhere."""
    return cast(Callable[[_F], _F], pytest.hookimpl(**options))


class Recorder:
    """Measures the call of every test, in the process that runs it."""

    def __init__(self) -> None:
        self._summaries: Dict[str, Optional[Summary]] = {}

    @_hook(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Measure it; fixtures have been set up by then."""
        try:
            block = measure(item.name)
            measurement = block.__enter__()
        except ProctorError as error:
            self._summaries[item.nodeid] = None
            item.add_report_section("call", "proctor", f"not measured: {error}")
            yield
            return
        yield
        try:
            block.__exit__(None, None, None)
        except ProctorError as error:
            item.add_report_section("call", "proctor", f"not measured: {error}")
        summary = measurement.summary
        if summary is not None and measurement.elapsed_seconds is not None:
            # The block's own clock, without attaching.
            summary["wall_seconds"] = round(measurement.elapsed_seconds, 6)
            item.user_properties += _properties(summary)
        self._summaries[item.nodeid] = summary

    @_hook(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, None]:
        """Fail a test that is over its limits."""
        outcome = yield
        if call.when != "call":
            return
        report = outcome.get_result()
        summary = self._summaries.pop(item.nodeid, None)
        if report.outcome == "passed":
            faults = _faults(item, summary)
            if faults:
                report.outcome = "failed"
                report.longrepr = "\n".join(faults)


def _properties(summary: Summary) -> List[Tuple[str, object]]:
    """The figures as they travel with the reports of a test."""
    figures: List[Tuple[str, object]] = [(_PREFIX + key, summary.get(key)) for key in _FIGURES]
    for key, account in _QUALITIES.items():
        found = summary.accounting.get(account)
        figures.append((f"{_PREFIX}{key}_quality", None if found is None else found["quality"]))
    return figures


def _faults(item: pytest.Item, summary: Optional[Summary]) -> List[str]:
    """A sentence for each limit of the test's markers that does not hold; the closest marker says most."""
    limits: Dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("proctor"))):
        if marker.args:
            return [f"proctor: a limit has a name, such as cpu_seconds=1; not {marker.args[0]!r}"]
        limits.update(marker.kwargs)
    return [fault for name, limit in limits.items() for fault in [_fault(name, limit, summary)] if fault is not None]


def _fault(name: str, limit: Any, summary: Optional[Summary]) -> Optional[str]:
    if isinstance(limit, bool) or not isinstance(limit, (int, float)):
        return f"proctor: {name}: the limit is a number; not {limit!r}"
    if summary is None:
        return f"proctor: {name}: this test was not measured, so its limit cannot be checked"
    if name not in Summary.__annotations__ or not isinstance(summary.get(name, 0), (int, float, type(None))):
        return f"proctor: a summary has no figure {name}; cpu_seconds, peak_memory_bytes, io_write_bytes are some"
    value = summary.get(name)
    if value is None:
        return f"proctor: {name} is unknown here, so its limit cannot be checked"
    return None if value <= limit else f"proctor: {name} is {_human(name, value)}, more than {_human(name, limit)}"


def _human(name: str, value: float) -> str:
    if name.endswith("_bytes"):
        return human_bytes(value)
    return human_seconds(value) if name.endswith("_seconds") else f"{value:g}"


class Costs:
    """Collects the figures of all tests, whatever process ran them."""

    def __init__(self, config: pytest.Config) -> None:
        try:
            find_binary()
        except ProctorError as error:
            raise pytest.UsageError(f"--proctor: {error}") from None
        self._top: int = config.getoption("--proctor-top")
        self._path: Optional[str] = config.getoption("--proctor-json")
        self._tests: List[Dict[str, Any]] = []
        # Refused before a test runs, not after all have.
        self._file = None if self._path is None else _opened(self._path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the figures of a report."""
        if report.when != "call":
            return
        figures = {
            key[len(_PREFIX) :]: value for key, value in report.user_properties if str(key).startswith(_PREFIX)
        }
        self._tests.append({"nodeid": report.nodeid, "outcome": report.outcome, **figures})

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List the dearest."""
        measured = [test for test in self._tests if test.get("cpu_seconds") is not None]
        dearest = sorted(measured, key=lambda test: -float(test["cpu_seconds"]))[: max(0, self._top)]
        if dearest:
            terminalreporter.section("what tests cost (proctor)")
            rows = [["CPU", "WALL", "MEMORY PEAK", "READ", "WRITTEN", "TEST"], *map(_row, dearest)]
            widths = [max(len(row[column]) for row in rows) for column in range(5)]
            for row in rows:
                cells = [cell.rjust(width) for cell, width in zip(row, widths)]
                terminalreporter.write_line("  ".join([*cells, row[-1]]))
            total = human_seconds(sum(test["cpu_seconds"] for test in measured))
            terminalreporter.write_line(f"CPU of {len(measured)} tests: {total}; fixtures are not counted")
        missing = len(self._tests) - len(measured)
        if missing:
            terminalreporter.write_line(f"not measured: {missing} of {len(self._tests)} tests")

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        if self._file is not None:
            with self._file as file:
                json.dump({"schema": SCHEMA, "tests": self._tests}, file, indent=1)
                file.write("\n")


def _opened(path: str) -> Any:
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"--proctor-json: {path} cannot be written: {error.strerror}") from None


def _row(test: Mapping[str, Any]) -> List[str]:
    return [
        human_seconds(test["cpu_seconds"]),
        human_seconds(test["wall_seconds"]),
        human_bytes(test["peak_memory_bytes"]),
        human_bytes(test["io_read_bytes"]),
        human_bytes(test["io_write_bytes"]),
        test["nodeid"],
    ]
