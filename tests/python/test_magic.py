"""`%load_ext proctor` in IPython and in a notebook."""

import importlib.util
import json
import os
import subprocess
import sys
import textwrap

import pytest

import proctor
from conftest import PACKAGE

MISSING = [name for name in ("IPython", "ipykernel", "nbclient") if importlib.util.find_spec(name) is None]
no_ipython = pytest.mark.skipif("IPython" in MISSING, reason="python3-ipython is missing")
no_notebooks = pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(f'python3-{name}' for name in MISSING)} missing")


def ipython(tmp_path, source):
    """What IPython prints of a program whose lines may be magic."""
    path = tmp_path / "program.ipy"
    path.write_text("%load_ext proctor\n" + source)
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "--quick", path]
    answer = subprocess.run(
        command,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "profile"), "PYTHONWARNINGS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return answer.stdout


@no_ipython
def test_a_statement_has_its_value_and_its_cost(tmp_path):
    text = ipython(tmp_path, "value = %proctor --name 'two words' --into m sum(range(1_000_000))\nprint(value, m.name)\n")
    assert "two words: " in text and ", CPU " in text and ", memory peak " in text
    assert "499999500000 two words" in text


@no_ipython
def test_names_stay_and_children_count(tmp_path):
    source = (
        "get_ipython().run_cell_magic('proctor', '--into m --quiet', "
        "'x = 1\\n!i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done\\n')\n"
        "print(x, m.summary.cpu_seconds > 0.01)\n"
    )
    text = ipython(tmp_path, source)
    assert "1 True" in text and "CPU" not in text


@no_ipython
def test_an_error_is_the_errors_of_the_code_and_what_it_cost_is_told(tmp_path):
    text = ipython(tmp_path, "get_ipython().run_cell_magic('proctor', '--into m', 'y = 1\\n1/0')\n")
    assert "ZeroDivisionError" in text and "CPU " in text


@no_ipython
@pytest.mark.parametrize(
    ("line", "cell", "sentence"),
    [
        ("--nonsense", "1", "unrecognized arguments: --nonsense"),
        ("--into 1x", "1", "--into: 1x cannot be the name of a variable"),
        ("sum([])", "1", "sum([]) is not an option; the code is in the lines below"),
        ("--name 'x", "1", "No closing quotation"),
        ("--name", "1", "argument --name: expected one argument"),
    ],
)
def test_misuse_is_a_line(tmp_path, line, cell, sentence):
    text = ipython(tmp_path, f"get_ipython().run_cell_magic('proctor', {line!r}, {cell!r})\n")
    assert sentence in text and "Traceback" not in text, text


@no_ipython
def test_without_anything_it_explains_itself(tmp_path):
    assert "%%proctor [--name NAME]" in ipython(tmp_path, "%proctor\n")


CELLS = [
    "%load_ext proctor",
    "%%proctor --name <b>cell\nx = 6 * 7\nx",
    "import proctor\nproctor.run(['true'])",
    "%%proctor\n1/0",
]


@no_notebooks
def test_a_notebook_shows_tables(tmp_path):
    # In a process of its own: the client of notebooks leaves what it likes.
    script = tmp_path / "notebook.py"
    script.write_text(
        textwrap.dedent(f"""
        import json, nbclient, nbformat
        cells = [nbformat.v4.new_code_cell(source) for source in {CELLS!r}]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {{"name": "python3", "display_name": "Python", "language": "python"}}
        nbclient.NotebookClient(notebook, timeout=60, allow_errors=True).execute()
        print(json.dumps([cell.outputs for cell in notebook.cells]))
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "IPYTHONDIR": str(tmp_path / "ipython")}
    answer = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    loaded, (shown, value), (summary,), failed = json.loads(answer.stdout.splitlines()[-1])
    assert loaded == []
    assert "&lt;b&gt;cell" in shown["data"]["text/html"] and "memory peak" in shown["data"]["text/html"]
    assert shown["data"]["text/plain"].startswith("<b>cell: ") and value["data"]["text/plain"] == "42"
    assert summary["data"]["text/html"].startswith("<table ") and "exit code 0" in summary["data"]["text/plain"]
    assert [output["output_type"] for output in failed] == ["display_data", "error"]
    assert failed[1]["ename"] == "ZeroDivisionError"


def test_ipython_is_not_needed():
    assert callable(proctor.load_ipython_extension)
    source = "import sys, proctor; print('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True).stdout == "False\n"
