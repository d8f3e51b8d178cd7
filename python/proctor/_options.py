"""Options as Python has them, turned into those of the command line. What they mean is proctor's business."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from ._binary import PathLike
from ._errors import ProctorError

#: Seconds, a timedelta, or text as on the command line: `250ms`, `1.5s`, `2m`, `1h`.
Duration = Union[int, float, str, timedelta]
#: Bytes, or text as on the command line: `512M`, `1.5G`.
Size = Union[int, str]
#: A word of a command.
Word = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
#: A profile's name, a JSON file, or its keys; what is left out is as in the profile `standard`.
Profile = Union[PathLike, Mapping[str, Any], None]


def words_of(cmd: Sequence[Word]) -> List[Union[str, bytes]]:
    """The command's words.

    Raises:
        TypeError: it is one string: nobody splits it at its spaces.
        ProctorError: there are none.
    """
    if isinstance(cmd, (str, bytes, os.PathLike)):
        raise TypeError(f'a command is a list of words, such as ["make", "-j4"]; not {cmd!r}')
    words = [os.fspath(word) for word in cmd]
    if not words:
        raise ProctorError('the command is empty; it is a list of words, such as ["make", "-j4"]')
    return words


def duration(value: Duration) -> str:
    """Text that the command line takes."""
    if isinstance(value, str):
        return value
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    # Whole microseconds, and no exponent. What is not a duration is refused by proctor, with a word on it.
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def size(value: Size) -> str:
    """Text that the command line takes."""
    return value if isinstance(value, str) else f"{value}B"


def written_profile(profile: Profile) -> Optional[PathLike]:
    """A profile as the command line takes it: a name, a path, or JSON, so that no file is made of it.

    Raises:
        TypeError: it has a value that JSON has no form for.
        ValueError: it has a number that is none.
    """
    return json.dumps(dict(profile), allow_nan=False) if isinstance(profile, Mapping) else profile


def flag(name: str, value: Optional[object]) -> List[str]:
    """`--name=value`, or nothing."""
    return [] if value is None else [f"--{name}={value}"]


def durations(**values: Optional[Duration]) -> List[str]:
    """A flag for each duration that is given."""
    return [
        word
        for name, value in values.items()
        if value is not None
        for word in flag(name.replace("_", "-"), duration(value))
    ]


def watch_flags(
    *,
    adaptive: bool,
    name: Optional[str],
    profile: Optional[str],
    interval: Optional[Duration],
    max_interval: Optional[Duration],
    budget: Optional[float],
    metrics: Optional[Sequence[str]],
    pss: bool,
    network: bool,
    gpu: bool,
    processes: bool,
    per_process: bool,
    threads: bool,
) -> List[str]:
    """The flags that run and attach have in common."""
    return [
        *flag("name", name),
        *flag("profile", profile),
        *durations(interval=interval, max_interval=max_interval),
        *([] if adaptive else ["--no-adaptive"]),
        *flag("budget", budget),
        *([] if metrics is None else [f"--metrics={','.join(metrics)}"]),
        *(["--pss"] if pss else []),
        *(["--network"] if network else []),
        *(["--gpu"] if gpu else []),
        *(["--processes"] if processes else []),
        *(["--per-process"] if per_process else []),
        *(["--threads"] if threads else []),
        "--summary=none",
    ]


def environment(changes: Optional[Mapping[str, Optional[str]]]) -> Optional[Mapping[str, str]]:
    """Our own environment with changes; None when there are none."""
    if changes is None:
        return None
    # Names have no case on Windows, and upper case in `os.environ`.
    named = {name.upper() if os.name == "nt" else name: value for name, value in changes.items()}
    merged: Dict[str, Optional[str]] = {**os.environ, **named}
    return {name: value for name, value in merged.items() if value is not None}


def seconds_of(value: Optional[Duration], default: float) -> float:
    """A duration in seconds, as far as it is one."""
    if value is None:
        return default
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, str):
        return float(value)
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if value.endswith(unit):
            try:
                return float(value[: -len(unit)]) * factor
            except ValueError:
                break
    return default
