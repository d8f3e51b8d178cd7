"""Records read back from a file."""

from __future__ import annotations

import json
import logging
import math
import os
from typing import Iterator

from ._binary import PathLike
from ._errors import RecordError
from ._records import Record, as_record

_log = logging.getLogger("proctor")


def _finite(text: str) -> float:
    value = float(text)
    return _no_number(text) if math.isinf(value) else value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number of a record")


def read_records(path: PathLike) -> Iterator[Record]:
    """The records of a file that `proctor run --records FILE` (or `records=` here) has written, one after another.

    The file is read as it goes, however long it is. A last line without its line break is passed over: that run is
    being written still, or was killed.

    Raises:
        OSError: the file cannot be read.
        RecordError: a line is not a record; `path:line` is in the message.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield as_record(json.loads(line, parse_float=_finite, parse_constant=_no_number))
            except (ValueError, RecursionError):
                where = f"{os.fsdecode(path)}:{number}"
                if line.endswith(b"\n"):
                    raise RecordError(f"{where}: this line is not a record of proctor's") from None
                _log.warning("%s: the last record is cut off", where)
