"""Records as a table, where pandas is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Union

from ._binary import PathLike
from ._read_records import read_records
from ._records import Record

if TYPE_CHECKING:
    import pandas

#: Columns that are no figures of their own.
_NESTED = ("kind", "processes", "app")


def to_pandas(
    records: Union[PathLike, Iterable[Record]], kind: str = "sample"
) -> pandas.DataFrame:
    """A DataFrame of the records of one kind, a row each.

    Args:
        records: a file of records, or records from anywhere, such as `list(monitor)`.
        kind: `sample` (a row per tick), `process` (a row per process that ended), `start` or `summary`.

    Returns:
        The columns are the records' own keys and units. Samples and processes are indexed by `elapsed_seconds`;
        timestamps become `datetime64[ns, UTC]`. What could not be read is NaN, a metric that was not collected
        has no column. What the program tells of itself has columns of its own (`app_queue_depth`).

    Raises:
        ImportError: pandas is not installed.
        OSError, RecordError: as `read_records`.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("to_pandas needs pandas; pip install pandas, or Debian's python3-pandas") from None
    if not hasattr(records, "__iter__") or isinstance(records, (str, bytes)):
        records = read_records(records)
    chosen: List[Dict[str, Any]] = [
        {key: value for key, value in {**record, **_told(record)}.items() if key not in _NESTED}
        for record in records
        if record["kind"] == kind
    ]
    frame = pandas.DataFrame(chosen)
    for name in ("timestamp", "start_time"):
        if name in frame:
            frame[name] = pandas.to_datetime(frame[name], utc=True)
    return frame.set_index("elapsed_seconds") if "elapsed_seconds" in frame else frame


def _told(record: Record) -> Dict[str, Any]:
    """What the program tells of itself in a sample, by name."""
    told = record.get("app") if record["kind"] == "sample" else None
    return told if isinstance(told, dict) else {}
