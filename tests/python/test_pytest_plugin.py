"""The plug-in of pytest, as a project uses it: in a pytest of its own."""

import importlib.util
import json
import os
import subprocess
import sys
import xml.etree.ElementTree

import pytest

no_xdist = importlib.util.find_spec("xdist") is None
SUITE = """
import pathlib, subprocess
import pytest

def test_idle(): pass

def test_child(tmp_path):
    subprocess.run(["sh", "-c", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"], check=True)
    (tmp_path / "x").write_bytes(bytes(3_000_000))

@pytest.mark.proctor(cpu_seconds=0.001)
def test_over(): sum(range(2_000_000))

@pytest.mark.proctor(cpu_seconds=60, io_write_bytes=1_000)
class TestLimits:
    def test_within(self): pass

    @pytest.mark.proctor(io_write_bytes=10_000_000)
    def test_closer(self, tmp_path): (tmp_path / "x").write_bytes(bytes(3_000_000))

    def test_beyond(self, tmp_path): (tmp_path / "x").write_bytes(bytes(3_000_000))
"""


def run(directory, *options, suite=SUITE, **environment):
    """A run of pytest with the plug-in; its exit status and all that it printed."""
    (directory / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-p", "proctor._pytest_plugin", "-p", "no:cacheprovider"]
    command += ["--strict-markers", "-W", "error", *map(str, options)]
    answer = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return answer.returncode, answer.stdout


def costs(path):
    """The tests of a file, by the last word of their name."""
    content = json.loads(path.read_text())
    assert content["schema"] == "proctor/pytest/1"
    return {test["nodeid"].rpartition("::")[2]: test for test in content["tests"]}


def check(found):
    assert {name: test["outcome"] for name, test in found.items()} == {
        **{"test_idle": "passed", "test_child": "passed", "test_over": "failed"},
        **{"test_within": "passed", "test_closer": "passed", "test_beyond": "failed"},
    }
    # The child's CPU is the test's; what was written is known to the byte, the report's own lines aside.
    assert found["test_child"]["cpu_seconds"] > found["test_idle"]["cpu_seconds"] + 0.01
    assert 3_000_000 <= found["test_child"]["io_write_bytes"] < 3_100_000
    assert found["test_idle"]["io_write_bytes"] < 1_000
    for test in found.values():
        assert test["peak_memory_bytes"] > 2**20 and test["wall_seconds"] > 0
        assert test["cpu_seconds_quality"] in ("exact", "lower_bound")


def test_every_test_is_measured(tmp_path):
    status, text = run(tmp_path, "--proctor", "--proctor-json", "costs.json", "--junit-xml", "junit.xml")
    assert status == 1, text
    found = costs(tmp_path / "costs.json")
    check(found)
    assert "proctor: cpu_seconds is " in text and ", more than 1.00ms" in text
    assert "proctor: io_write_bytes is 2.86 MiB, more than 1000 B" in text
    lines = text[text.index("what tests cost") :].splitlines()
    assert lines[1].split() == ["CPU", "WALL", "MEMORY", "PEAK", "READ", "WRITTEN", "TEST"]
    listed = [line.split()[-1].rpartition("::")[2] for line in lines[2:8]]
    assert listed == sorted(found, key=lambda name: -found[name]["cpu_seconds"])
    cases = xml.etree.ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    names = {case.get("name"): {entry.get("name") for entry in case.iter("property")} for case in cases}
    assert len(names) == 6 and all("proctor_cpu_seconds" in entries for entries in names.values())


@pytest.mark.skipif(no_xdist, reason="python3-pytest-xdist is missing")
def test_workers_measure_their_own_tests(tmp_path):
    status, text = run(tmp_path, "--proctor", "--proctor-json", "costs.json", "-n", "2", "--proctor-top", "1")
    assert status == 1, text
    check(costs(tmp_path / "costs.json"))
    lines = text[text.index("what tests cost") :].splitlines()
    assert lines[3].startswith("CPU of 6 tests: ")


def test_without_the_option_nothing_is_measured(tmp_path):
    status, text = run(tmp_path)
    assert status == 0 and "what tests cost" not in text and "6 passed" in text
    assert "proctor(**limits)" in run(tmp_path, "--markers")[1]
    # What is not asked for is not even loaded.
    suite = 'import sys\ndef test_it(): assert "proctor._pytest_costs" not in sys.modules'
    assert run(tmp_path, suite=suite)[0] == 0


LIMIT = "import pytest\n@pytest.mark.proctor({})\ndef test_it(): pass\n"


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("5", "proctor: a limit has a name, such as cpu_seconds=1; not 5"),
        ('cpu_seconds="1s"', "proctor: cpu_seconds: the limit is a number; not '1s'"),
        ("accounting=1", "proctor: a summary has no figure accounting;"),
        ("seconds=1", "proctor: a summary has no figure seconds;"),
        ("gpu_percent=1", "proctor: a summary has no figure gpu_percent;"),
        ("peak_memory_pss_bytes=1", "proctor: peak_memory_pss_bytes is unknown here, so its limit cannot be checked"),
    ],
)
def test_a_limit_that_makes_no_sense_fails_the_test(tmp_path, limit, sentence):
    status, text = run(tmp_path, "--proctor", suite=LIMIT.format(limit))
    assert status == 1 and sentence in text, text


def test_misuse_is_a_line(tmp_path):
    cases = [
        (["--proctor-json", "x"], {}, "--proctor-json needs --proctor"),
        (["--proctor", "--proctor-json", "none/x"], {}, "--proctor-json: none/x cannot be written: No such file"),
        (["--proctor"], {"PROCTOR_BINARY": "/none"}, "--proctor: PROCTOR_BINARY: there is no /none"),
    ]
    for options, environment, sentence in cases:
        status, text = run(tmp_path, *options, **environment)
        assert status == 4 and f"ERROR: {sentence}" in text and "Traceback" not in text, text


def test_a_test_that_cannot_be_measured_runs_all_the_same(tmp_path):
    suite = (
        "import os, signal, subprocess\n"
        "def test_it():\n"
        "    with open(f'/proc/self/task/{os.getpid()}/children') as file: found = file.read().split()\n"
        "    for pid in found: os.kill(int(pid), signal.SIGKILL)\n"
    )
    status, text = run(tmp_path, "--proctor", suite=suite)
    assert status == 0 and "not measured: 1 of 1 tests" in text, text
