"""Records: their types against the binary's own schema, files of them, and tables."""

import json
import pickle
import subprocess
import sys
import typing

import pytest

import proctor
from conftest import BINARY


@pytest.fixture(scope="module")
def schemas():
    answer = subprocess.run([BINARY, "schema"], stdout=subprocess.PIPE, check=True)
    return {schema["properties"]["kind"]["const"]: schema for schema in json.loads(answer.stdout)["oneOf"]}


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("start", proctor.StartRecord), ("sample", proctor.SampleRecord), ("process", proctor.ProcessRecord)],
)
def test_the_types_have_the_keys_of_the_schema(schemas, kind, typed):
    schema = schemas[kind]
    assert set(typed.__annotations__) == set(schema["properties"])
    assert typed.__required_keys__ == set(schema["required"])


def test_the_rows_have_the_keys_of_the_schema(schemas):
    row = schemas["sample"]["properties"]["processes"]["items"]
    assert set(proctor.ProcessRow.__annotations__) == set(row["properties"])
    assert set(proctor.ThreadRow.__annotations__) == set(row["properties"]["threads"]["items"]["properties"])


def test_the_summary_has_the_keys_of_the_schema(schemas):
    schema = schemas["summary"]
    keys = {name for name in proctor.Summary.__annotations__ if not name.startswith("_")}
    assert keys == set(schema["properties"])


JSON_TYPES = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def python_type(schema):
    """The Python types that a schema allows, None included."""
    if "anyOf" in schema:
        return set().union(*(python_type(option) for option in schema["anyOf"]))
    if "const" in schema:
        return {type(schema["const"])}
    kinds = schema.get("type", "string")
    return {JSON_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)}


@pytest.mark.parametrize("kind", ["sample", "process", "summary"])
def test_the_types_are_those_of_the_schema(schemas, kind):
    typed = {"sample": proctor.SampleRecord, "process": proctor.ProcessRecord, "summary": proctor.Summary}[kind]
    hints = typing.get_type_hints(typed)
    for name, schema in schemas[kind]["properties"].items():
        hint = hints[name]
        told = set(typing.get_args(hint)) if typing.get_origin(hint) is typing.Union else {hint}
        told = {typing.get_origin(one) or one for one in told}
        allowed = python_type(schema)
        # What may be left out of a summary is None as an attribute.
        if kind == "summary" and name not in schemas[kind]["required"]:
            allowed = allowed | {type(None)}
        assert told == allowed, name


def test_a_summary_is_a_dict_with_attributes():
    summary = proctor.run(["true"], metrics=["cpu"])
    assert summary.cpu_seconds == summary["cpu_seconds"]
    assert "peak_memory_bytes" not in summary and summary.peak_memory_bytes is None
    with pytest.raises(AttributeError, match="no 'cpu_second'"):
        summary.cpu_second
    again = pickle.loads(pickle.dumps(summary))
    assert type(again) is proctor.Summary and again == summary
    assert json.loads(json.dumps(summary)) == summary


def test_a_file_of_a_hundred_thousand_records(tmp_path):
    path = tmp_path / "records.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(100_000):
            file.write(json.dumps({"kind": "sample", "number": number}) + "\n")
    for number, record in enumerate(proctor.read_records(path)):
        assert record["number"] == number
    assert number == 99_999


def test_a_file_that_is_cut_off_or_broken(tmp_path, caplog):
    path = tmp_path / "records.jsonl"
    path.write_text('{"kind":"start"}\n{"kind":"sam', encoding="ascii")
    assert [record["kind"] for record in proctor.read_records(path)] == ["start"]
    assert "records.jsonl:2: the last record is cut off" in caplog.text
    endless = "[" * 200_000
    damaged = ('{"kind":"sample","memory_bytes":1e400}', '{"kind":"sample","cpu_percent":NaN}', "\0" * 9, endless)
    for line in ("nonsense", "[]", "{}", '{"kind":3}', "", *damaged):
        path.write_text('{"kind":"start"}\n' + line + "\n", encoding="ascii")
        records = proctor.read_records(path)
        assert next(records)["kind"] == "start"
        with pytest.raises(proctor.RecordError, match="records.jsonl:2: this line is not a record"):
            next(records)
    with pytest.raises(FileNotFoundError):
        list(proctor.read_records(tmp_path / "nowhere"))


def test_to_pandas(tmp_path):
    pandas = pytest.importorskip("pandas", reason="python3-pandas is missing")
    path = tmp_path / "records.jsonl"
    command = [sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"]
    summary = proctor.run(command, interval=0.02, adaptive=False, budget=50, per_process=True, records=path)
    frame = proctor.to_pandas(path)
    assert len(frame) == summary.sample_count
    assert frame.index.name == "elapsed_seconds" and frame.index.is_monotonic_increasing
    assert frame["cpu_seconds"].iloc[-1] <= summary.cpu_seconds
    assert str(frame["timestamp"].dtype) == "datetime64[ns, UTC]"
    assert frame["network_rx_bytes"].isna().all()
    assert "processes" not in frame
    records = list(proctor.read_records(path))
    assert proctor.to_pandas(records).equals(frame)
    (process,) = proctor.to_pandas(records, kind="process").itertuples()
    assert process.exit_code == 0 and process.cpu_seconds >= 0.3
    assert proctor.to_pandas([]).empty
    assert isinstance(frame, pandas.DataFrame)


def test_to_pandas_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="python3-pandas"):
        proctor.to_pandas([])
