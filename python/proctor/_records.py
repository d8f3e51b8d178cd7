"""The records of a run, as `proctor schema` describes them: the same keys, the same units.

The unit is the last word of a numeric name. A metric that the profile does not collect is left out, one that cannot be
read is None. Cumulative values never decrease.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, TypedDict, Union

from ._output import Output
from ._summary_view import as_html, as_text


class _Note(TypedDict, total=False):
    note: str
    """Why it is no better, where that is no matter of the source alone."""


class Account(_Note):
    """Where a figure comes from, and how good it is."""

    source: str
    quality: str
    """`exact`, `sampled`, `upper_bound`, `lower_bound` or `unavailable`."""


class Metrics(TypedDict, total=False):
    """What is measured of a tree or a process."""

    cpu_percent: Optional[float]
    """Over the interval before; 100 is one core busy."""
    cpu_seconds: Optional[float]
    memory_bytes: Optional[int]
    memory_percent: Optional[float]
    memory_pss_bytes: Optional[int]
    disk_read_bytes: Optional[int]
    disk_write_bytes: Optional[int]
    disk_cancelled_write_bytes: Optional[int]
    io_read_bytes: Optional[int]
    io_write_bytes: Optional[int]
    network_rx_bytes: Optional[int]
    network_tx_bytes: Optional[int]
    network_loopback_rx_bytes: Optional[int]
    network_loopback_tx_bytes: Optional[int]
    thread_count: Optional[int]
    file_descriptor_count: Optional[int]
    minor_faults: Optional[int]
    major_faults: Optional[int]
    voluntary_context_switches: Optional[int]
    involuntary_context_switches: Optional[int]
    gpu_percent: Optional[float]
    """How busy GPUs were kept since the look before; 100 is one of them."""
    gpu_memory_bytes: Optional[int]


class ThreadRow(TypedDict):
    """One thread of a process in a sample."""

    thread_id: int
    name: str
    cpu_percent: Optional[float]
    cpu_seconds: Optional[float]


class _Identity(TypedDict):
    pid: int
    parent_pid: Optional[int]
    start_time: str
    name: str
    command: Optional[str]
    uptime_seconds: float


class _Threads(TypedDict, total=False):
    threads: List[ThreadRow]


class ProcessRow(_Identity, Metrics, _Threads):
    """One process of the tree in a sample, with `per_process`."""


class _Rows(TypedDict, total=False):
    processes: List[ProcessRow]
    app: Dict[str, Optional[float]]
    """What the program tells of itself, by name (`app_queue_depth`), with `app_metrics`."""


class _SampleHead(TypedDict):
    kind: str
    timestamp: str
    elapsed_seconds: float
    interval_seconds: float
    uptime_seconds: float
    process_count: int


class SampleRecord(_SampleHead, Metrics, _Rows):
    """A reading of the whole tree; `kind` is `sample`."""


class _OomKilled(TypedDict, total=False):
    oom_killed: bool


class _Kernel(TypedDict, total=False):
    kernel: Dict[str, Any]


class ProcessRecord(_Identity, _OomKilled, _Kernel):
    """A process of the tree ended; `kind` is `process`."""

    kind: str
    timestamp: str
    elapsed_seconds: float
    exit_code: Optional[int]
    signal: Optional[str]
    cpu_seconds: Optional[float]
    peak_memory_bytes: Optional[int]
    quality: str


class _StartOptional(TypedDict, total=False):
    name: str
    limits: Dict[str, float]


class StartRecord(_StartOptional):
    """The first record; `kind` is `start`."""

    kind: str
    schema: str
    command: List[str]
    pid: Optional[int]
    timestamp: str
    profile: Dict[str, Any]
    containment: Dict[str, Any]
    capabilities: Dict[str, Account]
    environment: Dict[str, Any]


class Summary(Dict[str, Any]):
    """The last record: what it cost. A dict, whose keys are attributes as well.

    `summary["cpu_seconds"]` and `summary.cpu_seconds` are the same; of what the profile does not collect the key is
    left out, and the attribute is None. Seconds, bytes and percent (100 is one core busy) are said by the names.
    `print(summary)` prints it as the command line does, and a notebook shows it as a table.
    """

    kind: str
    timestamp: str
    name: Optional[str]
    outcome: str
    """`exited`, `signaled`, `oom_killed`, `timed_out`, `interrupted` or `failed_to_start`."""
    exit_code: Optional[int]
    """The command's own; None when a signal ended it."""
    signal: Optional[str]
    error: Optional[str]
    """Why the command could not be started."""
    error_kind: Optional[str]
    """Of what kind that is: `command_not_found`, `command_not_executable`, `usage` or `system`."""
    wall_seconds: float
    cpu_seconds: Optional[float]
    cpu_user_seconds: Optional[float]
    cpu_system_seconds: Optional[float]
    avg_cpu_percent: Optional[float]
    max_cpu_percent: Optional[float]
    avg_cpu_cores: Optional[float]
    peak_memory_bytes: Optional[int]
    peak_process_memory_bytes: Optional[int]
    peak_resident_bytes: Optional[int]
    peak_memory_pss_bytes: Optional[int]
    avg_memory_bytes: Optional[int]
    disk_read_bytes: Optional[int]
    disk_write_bytes: Optional[int]
    disk_cancelled_write_bytes: Optional[int]
    io_read_bytes: Optional[int]
    io_write_bytes: Optional[int]
    network_rx_bytes: Optional[int]
    network_tx_bytes: Optional[int]
    network_loopback_rx_bytes: Optional[int]
    network_loopback_tx_bytes: Optional[int]
    minor_faults: Optional[int]
    major_faults: Optional[int]
    voluntary_context_switches: Optional[int]
    involuntary_context_switches: Optional[int]
    network_packets: Optional[Dict[str, int]]
    """How payload went over the wire, the loopback left out: packets, and bytes with headers, both ways."""
    counters: Optional[Dict[str, Any]]
    """What perf has counted, where it was asked for: `summary.counters["instruction_count"]`; None is unknown."""
    peak_process_count: int
    peak_thread_count: Optional[int]
    total_process_count: int
    leftover_process_count: int
    oom_kill_count: Optional[int]
    memory_limit_hit_count: Optional[int]
    process_limit_hit_count: Optional[int]
    cpu_throttled_seconds: Optional[float]
    waiting: Optional[Dict[str, Any]]
    """What kept it waiting, and `verdict`, why it took as long as it did: `docs/accounting.md`."""
    sample_count: int
    missed_tick_count: int
    cpu_seconds_sampled: Optional[float]
    accounting: Dict[str, Account]
    """Source and quality of every quantity: `summary.accounting["cpu"]["quality"]`."""
    processes: Optional[Dict[str, Any]]
    """Every process, where it was asked for: by executable, and the dearest."""
    app: Optional[Dict[str, Any]]
    """What the program has told of itself, with `app_metrics`: `metrics` is a list, a dict for each name."""
    gpu: Optional[Dict[str, Any]]
    """What it did with GPUs, where that was asked for: averages, peaks, and each device."""
    monitor: Dict[str, Any]
    """What proctor itself used."""

    _outputs: Mapping[str, Output] = {}
    _command: Sequence[str] = ()

    @property
    def stdout(self) -> Optional[bytes]:
        """All that the command wrote to standard output; None unless it was captured."""
        return self._output("stdout")

    @property
    def stderr(self) -> Optional[bytes]:
        """All that the command wrote to standard error; None unless it was captured."""
        return self._output("stderr")

    def _output(self, name: str) -> Optional[bytes]:
        output = self._outputs.get(name)
        return None if output is None else output.read()

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        if name in Summary.__annotations__:
            return None
        raise AttributeError(f"a summary has no {name!r}")

    def __reduce__(self) -> Any:
        return Summary, (dict(self),)  # To another process goes what was measured, not what was captured.

    def __repr__(self) -> str:
        return f"Summary({super().__repr__()})"

    def __str__(self) -> str:
        return as_text(self, self._command)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return as_html(self, self._command)


Record = Union[StartRecord, SampleRecord, ProcessRecord, Summary]


def as_record(value: Any) -> Record:
    """A parsed line as a record: a summary gets its class.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise ValueError("it is not a record")
    return Summary(value) if value["kind"] == "summary" else value  # type: ignore[return-value]
