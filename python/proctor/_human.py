"""Figures in words, as the command line prints them."""

from __future__ import annotations

import math
from typing import Optional

#: Stands for what is unknown.
UNKNOWN = "–"
_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
#: From here on 0.9996 s would be 1000 ms.
_NEARLY_A_SECOND = 0.9995


def human_bytes(value: Optional[float]) -> str:
    """`1.5 GiB`."""
    if value is None:
        return UNKNOWN
    number, unit = float(value), 0
    while abs(number) >= 1024 and unit < len(_BYTE_UNITS) - 1:
        number /= 1024
        unit += 1
    digits = max(3, len(str(int(abs(number)))))
    return f"{_plain(number, digits)} {_BYTE_UNITS[unit]}"


def human_seconds(value: Optional[float]) -> str:
    """`2m 3.4s`, `12.34s`, `45.6ms`."""
    if value is None:
        return UNKNOWN
    if value < _NEARLY_A_SECOND:
        return f"{_to_precision(value * 1_000)}ms"
    digits = 2 if value < 60 else 1
    tenths = 10**digits
    rest = math.floor(max(1, value) * tenths + 1e-6) / tenths
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if rest >= size:
            parts.append(f"{int(rest // size)}{unit}")
            rest %= size
    if rest > 0 or not parts:
        parts.append(f"{rest:.{digits}f}s")
    return " ".join(parts)


def human_count(value: Optional[float]) -> str:
    """`1,234,567`."""
    if value is None:
        return UNKNOWN
    return f"{int(value):,}" if value == int(value) else f"{value:,.3f}".rstrip("0").rstrip(".")


def human_percent(value: Optional[float]) -> str:
    """`93.1%`."""
    if value is None:
        return UNKNOWN
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}%"


def counted(value: Optional[float], what: str) -> str:
    """`1 thread`, `2 threads`."""
    return f"{human_count(value)} {what}{'' if value == 1 else 's'}"


def _to_precision(value: float) -> str:
    """Three digits, zeros at the end included."""
    if value == 0:
        return "0.00"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def _plain(value: float, digits: int) -> str:
    """So many digits, without zeros at the end or an exponent."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded}"
