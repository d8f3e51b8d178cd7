"""What is shown to people: a summary and a comparison printed, and as tables of notebooks."""

import html.parser
import pickle
import re
import subprocess

import pytest

import proctor
from conftest import BINARY
from proctor._human import human_bytes, human_count, human_percent, human_seconds


def recorded(tmp_path, name, *words, repeat=None):
    """Records of runs by the binary, and what it printed of them for people."""
    path = tmp_path / f"{name}.jsonl"
    options = [] if repeat is None else ["--repeat", str(repeat)]
    command = [BINARY, "run", "--records", path, "--network", *options, "--", *words]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
    return path, answer.stderr


def figures(text):
    """Labels and values of the lines of a summary."""
    found = re.findall(r"^ +((?:[A-Za-z/]+ )+) *([\d–]\S*(?: [KMGT]?i?B)?)(?: |$)", text, re.MULTILINE)
    return {label.strip(): value for label, value in found}


def test_a_summary_prints_the_figures_of_the_command_line(tmp_path):
    path, printed = recorded(tmp_path, "run", "sh", "-c", "for i in 1 2 3; do sleep 0.05; done")
    start, *_, summary = proctor.read_records(path)
    shown, wanted = figures(str(summary)), figures(printed)
    assert len(wanted) >= 8 and {"wall", "CPU", "memory peak", "page faults"} <= set(wanted)
    # Beyond its figures the command line may say why it took so long.
    assert shown == {label: value for label, value in wanted.items() if label in shown}
    assert set(wanted) - set(shown) <= {"why", "waiting"}
    assert str(summary).startswith("proctor  ") and "exit code 0" in str(summary).splitlines()[0]


def test_a_run_says_what_was_run():
    assert str(proctor.run(["sh", "-c", "exit 3"])).splitlines()[0] == "proctor  sh -c exit 3  exit code 3"
    named = proctor.run(["true"], name="na\x1bme")
    assert str(named).splitlines()[0] == "proctor  na\\u001bme  exit code 0"
    assert str(pickle.loads(pickle.dumps(named))) == str(named)
    assert repr(named).startswith("Summary({")


class Tags(html.parser.HTMLParser):
    """Counts tags, and fails on one that is not closed."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def tags_of(markup):
    parser = Tags()
    parser.feed(markup)
    parser.close()
    assert parser.open == []
    return parser


def test_a_table_of_a_summary_escapes_everything():
    hostile = "<script>alert('x')</script>&amp;"
    found = tags_of(proctor.run(["true"], name=hostile)._repr_html_())
    assert set(found.seen) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert hostile in found.text and "memory peak" in found.text
    noted = proctor.Summary({"kind": "summary", "wall_seconds": 1.0, "cpu_seconds": 1.0, "outcome": hostile})
    noted["accounting"] = {"cpu": {"source": "x", "quality": hostile, "note": hostile}}
    assert "script" not in tags_of(noted._repr_html_()).seen
    with proctor.measure(hostile) as measurement:
        assert tags_of(measurement._repr_html_()).seen == ["p"]
    assert "script" not in tags_of(measurement._repr_html_()).seen


def test_a_comparison_is_that_of_the_command_line(tmp_path):
    before, _ = recorded(tmp_path, "<b>before", "true", repeat=3)
    after, _ = recorded(tmp_path, "after", "sleep", "0.2", repeat=3)
    comparison = proctor.compare(before, after, fail_if=["wall_seconds > +100ms"])
    assert comparison.failed and not comparison.undecided
    assert [each["label"] for each in comparison["sets"]] == ["<b>before", "after"]
    words = [BINARY, "compare", "--no-color", "--fail-if", "wall_seconds > +100ms", before, after]
    assert str(comparison) == subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.rstrip("\n")
    found = tags_of(comparison._repr_html_())
    assert found.seen == ["pre"] and found.text == str(comparison)
    again = pickle.loads(pickle.dumps(comparison))
    assert (again, str(again), again.failed) == (comparison, str(comparison), True)
    fine = proctor.compare(before, after, fail_if=["wall_seconds > +100s"], metrics=["wall_seconds"])
    assert not fine.failed and not fine.undecided
    assert [each["name"] for each in fine["quantities"]] == ["wall_seconds"]


def test_a_comparison_that_cannot_be_made(tmp_path):
    with pytest.raises(proctor.ProctorError, match="nowhere.jsonl"):
        proctor.compare(tmp_path / "nowhere.jsonl")
    path, _ = recorded(tmp_path, "run", "true")
    with pytest.raises(proctor.ProctorError, match="nonsense") as caught:
        proctor.compare(path, fail_if=["nonsense > 1"])
    assert "\n" not in str(caught.value)
    with pytest.raises(proctor.ProctorError, match="name a file"):
        proctor.compare()
    with pytest.raises(TypeError, match="list of conditions"):
        proctor.compare(path, fail_if="wall_seconds > 1")


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0.00ms"), (0.0123456, "12.3ms"), (0.9996, "1.00s"), (1, "1.00s"), (59.999, "59.99s"), (123.44, "2m 3.4s")]
    + [(3_600, "1h"), (90_061.5, "1d 1h 1m 1.5s"), (None, "–")],
)
def test_seconds(value, words):
    assert human_seconds(value) == words


def test_other_figures():
    assert [human_bytes(value) for value in (0, 1004, 1024, 1028096, 3 * 2**30 // 2, None)] == [
        *("0 B", "1004 B", "1 KiB", "1004 KiB", "1.5 GiB", "–")
    ]
    assert [human_count(value) for value in (0, 1234567, 2.5, None)] == ["0", "1,234,567", "2.5", "–"]
    assert [human_percent(value) for value in (0.123, 12.34, 1234.5, None)] == ["0.12%", "12.3%", "1234%", "–"]
