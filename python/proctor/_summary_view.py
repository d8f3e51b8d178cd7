"""A summary for people: the rows that the command line prints, as text and as a table for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence

from ._human import counted, human_bytes, human_count, human_percent, human_seconds

#: How a figure is marked that is not exact.
_MARKS = {
    "exact": "",
    "sampled": "sampled",
    "upper_bound": "at most",
    "lower_bound": "at least",
    "unavailable": "unavailable",
}
#: Of a label and its value.
_WIDTH = 24
_LONGEST_COMMAND = 60
#: What sampling missed is worth a line beyond a hundredth and 10 ms.
_NOTABLE_SHARE, _NOTABLE_SECONDS = 0.01, 0.01


class Row(NamedTuple):
    """One figure: its label, its value, and what there is to say of it."""

    label: str
    value: str
    detail: str = ""
    is_part: bool = False


class _Pair(NamedTuple):
    label: str
    account: str
    first: str
    first_words: str
    second: str
    second_words: str
    human: Callable[[Optional[float]], str]


_PAIRS = (
    _Pair("disk", "disk", "disk_read_bytes", "read", "disk_write_bytes", "written", human_bytes),
    _Pair("I/O", "io", "io_read_bytes", "read", "io_write_bytes", "written", human_bytes),
    _Pair("network", "network", "network_rx_bytes", "received", "network_tx_bytes", "sent", human_bytes),
    _Pair(
        "loopback",
        "network_loopback",
        "network_loopback_rx_bytes",
        "received",
        "network_loopback_tx_bytes",
        "sent",
        human_bytes,
    ),
    _Pair("page faults", "faults", "minor_faults", "minor", "major_faults", "major", human_count),
    _Pair(
        "context switches",
        "context_switches",
        "voluntary_context_switches",
        "voluntary",
        "involuntary_context_switches",
        "involuntary",
        human_count,
    ),
)


def rows_of(summary: Mapping[str, Any]) -> List[Row]:
    """The figures of a summary, a row each; what the profile does not collect has none."""
    accounting = summary.get("accounting") or {}

    def mark(quantity: str) -> str:
        account = accounting.get(quantity)
        return "" if account is None else _MARKS.get(account["quality"], account["quality"])

    def notes(*parts: str) -> str:
        return "; ".join(part for part in parts if part)

    rows = [Row("wall", human_seconds(summary.get("wall_seconds")))]
    if "cpu_seconds" in summary:
        cpu = summary["cpu_seconds"]
        split = (
            f"user {human_seconds(summary.get('cpu_user_seconds'))}, "
            f"system {human_seconds(summary.get('cpu_system_seconds'))}"
        )
        rate = f"{human_percent(summary.get('avg_cpu_percent'))} of a core"
        why = (accounting.get("cpu") or {}).get("note", "")
        rows.append(Row("CPU", human_seconds(cpu), notes(split, rate, why, mark("cpu"))))
        sampled = summary.get("cpu_seconds_sampled")
        if cpu is not None and sampled is not None and abs(cpu - sampled) > max(_NOTABLE_SECONDS, cpu * _NOTABLE_SHARE):
            rows.append(Row("sampled", human_seconds(sampled), _missed(cpu, sampled), True))
    if "peak_memory_bytes" in summary:
        peak, average = summary["peak_memory_bytes"], summary.get("avg_memory_bytes")
        mean = "" if average is None else f"average {human_bytes(average)}"
        rows.append(Row("memory peak", human_bytes(peak), notes(mean, mark("peak_memory"))))
        most = summary.get("peak_process_memory_bytes")
        if most is not None and most != peak:
            detail = notes("is the most that any held", mark("peak_process_memory"))
            rows.append(Row("one process", human_bytes(most), detail, True))
    if "peak_memory_pss_bytes" in summary:
        detail = notes("what remains when shared pages are divided", mark("memory_pss"))
        rows.append(Row("PSS peak", human_bytes(summary["peak_memory_pss_bytes"]), detail))
    hidden = _unasked(accounting)
    for pair in _PAIRS:
        if pair.first in summary and pair.account not in hidden:
            rows.append(_paired(pair, summary, mark(pair.account)))
    if "total_process_count" in summary:
        threads = summary.get("peak_thread_count")
        at_once = f"{human_count(summary.get('peak_process_count'))} at once"
        detail = notes(at_once + ("" if threads is None else f", {counted(threads, 'thread')}"), mark("processes"))
        rows.append(Row("processes", human_count(summary["total_process_count"]), detail))
    if summary.get("leftover_process_count"):
        rows.append(Row("left", human_count(summary["leftover_process_count"]), "processes still running"))
    monitor = summary.get("monitor")
    if monitor:
        detail = f"{human_bytes(monitor.get('memory_bytes'))}; {counted(summary.get('sample_count'), 'sample')}"
        rows.append(Row("proctor", human_seconds(monitor.get("cpu_seconds")), detail))
    return rows


def _missed(cpu: float, sampled: float) -> str:
    """What ran between samples, in the words of the program's own summary."""
    missed = cpu - sampled
    if missed < 0:
        return "seen by sampling alone, which is too much"
    return f"seen by sampling; {human_seconds(missed)} ({missed / cpu:.0%}) ran between samples"


def _unasked(accounting: Mapping[str, Any]) -> Sequence[str]:
    """Accounts without a row: the network has one where it was asked for, the loopback where it is known."""
    loopback = accounting.get("network_loopback")
    if loopback is None:
        return ("network", "network_loopback")
    return ("network_loopback",) if loopback["quality"] == "unavailable" else ()


def _paired(pair: _Pair, summary: Mapping[str, Any], mark: str) -> Row:
    one, other = summary.get(pair.first), summary.get(pair.second)
    if one is None and other is None:
        return Row(pair.label, pair.human(None), mark)
    detail = f"{pair.first_words}, {pair.human(other)} {pair.second_words}"
    return Row(pair.label, pair.human(one or 0), f"{detail}; {mark}" if mark else detail)


def headline(summary: Mapping[str, Any], command: Sequence[str]) -> str:
    """What was measured, and how it ended; a block of this program (`measured`) just ends."""
    words = summary.get("name") or " ".join(command)
    short = words if len(words) <= _LONGEST_COMMAND else f"{words[: _LONGEST_COMMAND - 2]} …"
    return "  ".join(part for part in ("proctor", _printable(short), _ending(summary)) if part)


def _ending(summary: Mapping[str, Any]) -> str:
    signal, code, outcome = summary.get("signal"), summary.get("exit_code"), summary.get("outcome")
    end = f"ended by {signal}" if signal else "" if code is None else f"exit code {code}"
    if outcome == "failed_to_start":
        return "could not be started"
    if outcome == "measured":
        return ""
    if outcome == "interrupted" and not end:
        return "still running"
    words = {"oom_killed": "out of memory", "timed_out": "timed out", "interrupted": "interrupted"}.get(str(outcome), "")
    return ", ".join(part for part in (words, end) if part) or "ended"


def _printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def as_text(summary: Mapping[str, Any], command: Sequence[str] = ()) -> str:
    """A headline, and a line for each row."""
    lines = [headline(summary, command)]
    for row in rows_of(summary):
        label = f"  {row.label}" if row.is_part else row.label
        line = f"  {label}{f' {row.value}'.rjust(_WIDTH - len(label))}"
        lines.append(f"{line}  {_printable(row.detail)}" if row.detail else line)
    return "\n".join(lines)


def as_html(summary: Mapping[str, Any], command: Sequence[str] = ()) -> str:
    """The same as a table; every text in it is escaped."""
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:{"normal" if row.is_part else "bold"}">'
        f"{'&emsp;' if row.is_part else ''}{escape(row.label)}</th>"
        f'<td style="text-align:right">{escape(row.value)}</td>'
        f'<td style="text-align:left">{escape(_printable(row.detail))}</td></tr>'
        for row in rows_of(summary)
    )
    caption = f'<caption style="text-align:left">{escape(headline(summary, command))}</caption>'
    return f'<table class="proctor-summary">{caption}<tbody>{body}</tbody></table>'
