"""Rules of the package: old enough Python, only the standard library, types, words on everything; the example."""

import ast
import importlib.util
import inspect
import json
import os
import subprocess
import sys

import pytest

import proctor
from conftest import PACKAGE

SOURCES = sorted((PACKAGE / "proctor").glob("*.py"))
EXAMPLE = PACKAGE / "examples" / "plot_run.py"
no_matplotlib = importlib.util.find_spec("matplotlib") is None


@pytest.mark.parametrize("path", [*SOURCES, EXAMPLE], ids=lambda path: path.name)
def test_the_syntax_is_that_of_python_3_9(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_it_needs_nothing_but_the_standard_library():
    # The one is loaded by pytest itself, where it was asked for.
    modules = ", ".join(f"proctor.{path.stem}" for path in SOURCES if path.stem != "_pytest_costs")
    source = f"import sys; sys.path.insert(0, {str(PACKAGE)!r}); import {modules}"
    # Without site-packages there is nothing else.
    subprocess.run([sys.executable, "-I", "-S", "-c", source], check=True)


def test_importing_it_is_cheap_and_starts_nothing():
    source = "import sys, threading; import proctor; print(threading.active_count(), 'pandas' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", source], stdout=subprocess.PIPE, check=True)
    assert answer.stdout == b"1 False\n"


def test_everything_public_has_words():
    assert sorted(proctor.__all__, key=str.lower) == sorted(set(proctor.__all__), key=str.lower)
    for name in proctor.__all__:
        value = getattr(proctor, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        assert value.__doc__, name
        if inspect.isclass(value):
            for member, function in vars(value).items():
                if not member.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
                    assert function.__doc__, f"{name}.{member}"


def test_the_types_hold(tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("python3-mypy is missing")
    user = tmp_path / "user.py"
    user.write_text(
        """
import proctor
from typing import Optional
summary: proctor.Summary = proctor.run(["true"], stdout=proctor.CAPTURE)
cpu: Optional[float] = summary.cpu_seconds
with proctor.start_monitor(["true"], False, interval=0.1) as monitor:
    for record in monitor:
        kind: str = record["kind"]
@proctor.measure("x")
def f(number: int) -> str: return str(number)
text: str = f(3)
f("x")  # type: ignore[arg-type]
""",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--config-file", PACKAGE / "pyproject.toml"]
    command += ["--cache-dir", tmp_path / "cache"]
    environment = {**os.environ, "MYPYPATH": str(PACKAGE)}
    answer = subprocess.run([*command, PACKAGE / "proctor", user], stdout=subprocess.PIPE, env=environment, text=True)
    assert answer.returncode == 0, answer.stdout


def example(*words):
    """Run the example."""
    return subprocess.run([sys.executable, EXAMPLE, *words], stderr=subprocess.PIPE, text=True)


def test_the_example_says_what_is_wrong(tmp_path):
    assert "usage:" in example().stderr and example("x.png").returncode == 2
    nowhere = example(tmp_path / "x.png", "--records", tmp_path / "nowhere")
    assert nowhere.returncode == 1 and "nowhere" in nowhere.stderr and "Traceback" not in nowhere.stderr
    no_command = example(tmp_path / "x.png", "no-such-command-at-all")
    assert no_command.returncode == 127 and no_command.stderr.startswith("plot_run.py: no-such-command-at-all: ")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.skipif(no_matplotlib, reason="python3-matplotlib is missing")
def test_the_example_plots_a_run(tmp_path):
    for number, words in enumerate([["sh", "-c", "sleep 0.4; true"], ["true"]]):
        assert example(tmp_path / f"{number}.png", *words).returncode == 0
        assert (tmp_path / f"{number}.png").read_bytes().startswith(b"\x89PNG")
    records = tmp_path / "records"
    proctor.run(["sleep", "0.3"], interval=0.05, records=records)
    assert example(tmp_path / "records.png", "--records", records).returncode == 0
    assert (tmp_path / "records.png").read_bytes().startswith(b"\x89PNG")
    records.write_text("\n".join(records.read_text().splitlines()[:-1]) + "\n")
    assert "no summary" in example(tmp_path / "x.png", "--records", records).stderr


def test_the_example_without_matplotlib(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError")
    records = tmp_path / "records"
    records.write_text(json.dumps({"kind": "start"}) + "\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{PACKAGE}"}
    command = [sys.executable, EXAMPLE, tmp_path / "x.png", "--records", records]
    answer = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert answer.returncode == 1 and answer.stderr == "plot_run.py: needs matplotlib (Debian: python3-matplotlib)\n"
