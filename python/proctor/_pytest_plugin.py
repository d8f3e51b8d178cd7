"""The plug-in of pytest: `--proctor` measures every test. Without the option it does nothing, and loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_MARKER = "proctor(**limits): most that the test may use, by keys of a summary, such as cpu_seconds=1; needs --proctor"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; pytest calls this."""
    group = parser.getgroup("proctor", "what tests cost")
    group.addoption(
        "--proctor",
        action="store_true",
        help="measure every test: CPU, memory peak and I/O of the test and its children",
    )
    group.addoption(
        "--proctor-top", type=int, default=10, metavar="N", help="list the N tests with the most CPU (10; 0: none)"
    )
    group.addoption("--proctor-json", metavar="FILE", help="write what every test cost to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Begin where it was asked for; pytest calls this."""
    config.addinivalue_line("markers", _MARKER)
    if not config.getoption("--proctor"):
        if config.getoption("--proctor-json") is not None:
            from _pytest.config import UsageError

            raise UsageError("--proctor-json needs --proctor")
        return
    from ._pytest_costs import Costs, Recorder

    # Workers of pytest-xdist measure their own tests, and the one who shares them out collects the figures.
    config.pluginmanager.register(Recorder(), "proctor-recorder")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Costs(config), "proctor-costs")
