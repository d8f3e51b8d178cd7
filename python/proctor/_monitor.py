"""Run a command, or attach to a process, and be told what it uses and what it cost."""

from __future__ import annotations

import io
import json
import os
import subprocess
import warnings
import weakref
from types import TracebackType
from typing import IO, Any, AsyncIterator, Dict, Iterator, List, Mapping, Optional, Sequence, Type, TypeVar, Union, cast

from ._binary import PathLike, find_binary
from ._errors import CommandFailedError, ProctorError, ending_of, exit_code_of, launch_error
from ._options import (
    Duration,
    Profile,
    Size,
    Word,
    durations,
    environment,
    flag,
    seconds_of,
    size,
    watch_flags,
    words_of,
    written_profile,
)
from ._output import Output
from ._paths import PassedPath
from ._pipes import beyond_stdio, copy_of, is_open, make_pipe
from ._records import Record, StartRecord, Summary, as_record
from ._session import Session, Streams
from ._system import this_system

#: For `stdout` and `stderr`: keep what the command writes.
CAPTURE = subprocess.PIPE
#: For the three streams: /dev/null.
DEVNULL = subprocess.DEVNULL
#: For `stderr`: to where standard output goes.
STDOUT = subprocess.STDOUT

Stream = Union[None, int, IO[Any]]
_Self = TypeVar("_Self", bound="Monitor")

_DEFAULT_GRACE_SECONDS = 2.0
_DEFAULT_BACKLOG = 10_000


class Monitor:
    """A run, or an attachment, that goes on; `start_monitor` and `attach` make them.

    Records are read by a thread of its own, which always keeps up: neither the command nor proctor ever waits for
    whoever uses a monitor. All methods may be called from any thread.

    As a context manager it leaves nothing running. One that is dropped without having been waited for is stopped,
    with a ResourceWarning; what is left when the interpreter ends, or is killed, is stopped as well.
    """

    def __init__(self, session: Session, stdin: Optional[IO[bytes]]) -> None:
        self._session = session
        self.stdin = stdin
        """With `stdin=subprocess.PIPE`: what the command reads; close it to end that."""
        self._drop = weakref.finalize(self, _dropped, session)
        self._drop.atexit = False

    @property
    def start(self) -> StartRecord:
        """The first record: the command, its profile, how it is contained, and what can be told of it."""
        return cast(StartRecord, self._session.start)

    @property
    def pid(self) -> int:
        """The process ID of the command, or of the process that is attached to."""
        return cast(int, self.start["pid"])

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return not self._session.has_ended

    @property
    def summary(self) -> Optional[Summary]:
        """What it cost; None before the end."""
        return self._session.summary if self._session.has_ended else None

    @property
    def stdout(self) -> Optional[Output]:
        """What the command has written so far; None unless it is captured."""
        return self._session.outputs.get("stdout")

    @property
    def stderr(self) -> Optional[Output]:
        """What the command has written so far; None unless it is captured."""
        return self._session.outputs.get("stderr")

    @property
    def messages(self) -> List[str]:
        """What proctor itself had to say so far, a line each; they go to the logger `proctor` as well."""
        return self._session.messages

    @property
    def dropped_count(self) -> int:
        """Records that iteration has missed, because `backlog` newer ones were waiting."""
        return self._session.backlog.dropped_count

    def poll_metrics(self) -> Optional[Dict[str, Any]]:
        """The newest sample, at once: a `sample` record (`docs/accounting.md`), or None before the first one.

        Never blocks, and never falls behind; the same sample is given again until there is a newer one. After the
        end it is the last one; a command that was shorter than the interval has none, only a summary.
        """
        latest = self._session.latest
        return None if latest is None else cast(Dict[str, Any], json.loads(latest))

    def __iter__(self) -> Iterator[Record]:
        """Every record as it comes, from `start` to `summary`, each given once (to one of several takers).

        While nobody takes them, the newest `backlog` are kept, in 64 MiB at most; the others are counted in
        `dropped_count`. `start` and `summary` are always kept.
        """
        for item in self._session.backlog:
            yield _parsed(item)

    async def __aiter__(self) -> AsyncIterator[Record]:
        """As `__iter__`, for `async for`."""
        async for item in self._session.backlog:
            yield _parsed(item)

    def wait(self, timeout: Optional[float] = None) -> Summary:
        """Wait for the end, at most `timeout` seconds.

        Returns:
            What it cost; also for a command that failed, which `exit_code`, `signal` and `outcome` tell.

        Raises:
            TimeoutError: it has not ended by then; it goes on.
            ProctorError: proctor itself has failed, or was killed.
        """
        if not self._session.join(timeout):
            raise TimeoutError(f"it has not ended within {timeout} s")
        return self._ended()

    async def wait_async(self) -> Summary:
        """As `wait`, without blocking the event loop; `asyncio.wait_for` adds a timeout."""
        await self._session.join_async()
        return self._ended()

    def stop(self) -> Summary:
        """End the whole tree: SIGTERM, and SIGKILL after the `grace`. Of an attachment, the watching only.

        Returns:
            What it cost until then; `outcome` is `interrupted`.

        Raises:
            ProctorError: proctor itself has failed, or was killed.
        """
        self._session.stop()
        return self._ended()

    async def stop_async(self) -> Summary:
        """As `stop`, without blocking the event loop."""
        self._session.let_go()
        await self._session.join_async()
        return self._ended()

    def send_signal(self, signal: int) -> None:
        """Send a signal to the command (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 or SIGUSR2), by way of proctor.

        Raises:
            ProctorError: on Windows, which has none.
        """
        this_system().send_signal(self._session.process, signal)

    def _ended(self) -> Summary:
        self._drop.detach()
        if self.stdin is not None:
            _close_quietly(self.stdin)  # There is nobody to read it.
        summary = self._session.summary
        if summary is None:
            raise self._session.failure()
        if summary.outcome == "failed_to_start":
            raise launch_error(summary)
        return summary

    def _leave(self) -> None:
        if self._session.maker_pid == os.getpid():
            self._session.stop()
            if self.stdin is not None:
                _close_quietly(self.stdin)
        self._drop.detach()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._leave()

    async def __aenter__(self: _Self) -> _Self:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._session.let_go()
        try:
            await self._session.join_async()
        finally:
            self._leave()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "ended"
        return f"<Monitor of {self.start['command']} ({self.pid}), {state}>"


def _parsed(item: Union[bytes, StartRecord, Summary]) -> Record:
    return as_record(json.loads(item)) if isinstance(item, bytes) else item


def _dropped(session: Session) -> None:
    if session.maker_pid == os.getpid() and not session.has_ended:
        session.let_go()  # First: a warning may be an error.
        warnings.warn("a monitor was dropped while it was running: it is stopped", ResourceWarning, stacklevel=2)


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        pass


def start_monitor(
    cmd: Sequence[Word],
    adaptive: bool = True,
    *,
    name: Optional[str] = None,
    profile: Profile = None,
    interval: Optional[Duration] = None,
    max_interval: Optional[Duration] = None,
    budget: Optional[float] = None,
    metrics: Optional[Sequence[str]] = None,
    pss: bool = False,
    gpu: bool = False,
    processes: bool = False,
    per_process: bool = False,
    threads: bool = False,
    timeout: Optional[Duration] = None,
    grace: Optional[Duration] = None,
    leftovers: Optional[str] = None,
    limit_memory: Optional[Size] = None,
    limit_cpu: Optional[float] = None,
    limit_processes: Optional[int] = None,
    exact_peak: bool = False,
    network: bool = False,
    app_metrics: Optional[Sequence[str]] = None,
    counters: bool = False,
    app_otlp: bool = False,
    scrape: Sequence[str] = (),
    cwd: Optional[PathLike] = None,
    env: Optional[Mapping[str, Optional[str]]] = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    records: Optional[PathLike] = None,
    backlog: int = _DEFAULT_BACKLOG,
    binary: Optional[PathLike] = None,
) -> Monitor:
    """Start a command and watch everything that descends from it.

    Returns when the command runs (some 30 ms). The options are those of `proctor run`, which has the last word on them;
    a duration is seconds, a timedelta, or text such as `"250ms"`.

    Args:
        cmd: the command's words; no shell looks at them. Text, bytes or paths.
        adaptive: False keeps to the base interval.
        name: a label for the records.
        profile: a profile's name, the path of a JSON file, or what would stand in one.
        interval: between samples; the base where it adapts. 100 ms when left out.
        max_interval: the longest it may become while nothing changes.
        budget: most of one core that sampling may use, in percent.
        metrics: metrics, or groups of them, over the profile's choice.
        pss: the proportional set size as well.
        gpu: what the tree does with GPUs (`gpu_percent`, `gpu_memory_bytes`; `gpu` in the summary).
        processes: every process of the tree, however short it lived, in the summary: by executable, and the dearest.
        per_process: a row per process in every sample.
        threads: a row per thread, too.
        timeout: end the whole tree after this long.
        grace: between SIGTERM and SIGKILL, wherever the tree is ended. 2 s when left out.
        leftovers: `wait` for processes that outlive the command (the default), `stop` them or `leave` them.
        limit_memory: most memory of the tree: bytes, or text such as `"512M"`.
        limit_cpu: most CPU of the tree, in cores.
        limit_processes: most processes and threads at a time.
        exact_peak: the peak of memory is the kernel's own count, however short it was, or nothing starts.
        network: count the bytes that the tree itself receives and sends: exactly by root, else a lower bound.
        app_metrics: names, with `*` for any characters, of what the program tells of itself as StatsD: it finds
            STATSD_HOST, STATSD_PORT and PROCTOR_METRICS_SOCKET in its environment. Samples have it as `app`.
        counters: count context switches, cycles, instructions and misses (perf), and the energy of the machine.
        app_otlp: the same by OTLP; OpenTelemetry finds the endpoint in its environment.
        scrape: URLs that answer it in Prometheus's text format or OpenMetrics.
        cwd: where the command runs.
        env: variables to set, over our own environment; None takes one away.
        stdin: what the command reads: ours when left out; DEVNULL, a file, a descriptor, or `subprocess.PIPE`, which
            gives `Monitor.stdin`.
        stdout: where its standard output goes: where ours goes when left out; CAPTURE, DEVNULL, a file, a descriptor.
        stderr: the same for standard error, or STDOUT.
        records: a file that gets all records as JSON lines, for `read_records`.
        backlog: how many records are kept for iteration.
        binary: the proctor to use; see `find_binary`.

    Raises:
        CommandNotFoundError: there is no such command.
        CommandNotExecutableError: it cannot be executed.
        ProctorError: an option makes no sense, or a limit cannot be enforced: proctor's own sentence says what and why.
        BinaryError: there is no proctor to be had.
    """
    command = words_of(cmd)
    path = find_binary(binary)
    with PassedPath(written_profile(profile)) as profile_text, PassedPath(cwd) as directory:
        flags = [
            *watch_flags(
                adaptive=adaptive,
                name=name,
                profile=profile_text,
                interval=interval,
                max_interval=max_interval,
                budget=budget,
                metrics=metrics,
                pss=pss,
                network=network,
                gpu=gpu,
                processes=processes,
                per_process=per_process,
                threads=threads,
            ),
            *durations(timeout=timeout, grace=grace),
            *flag("leftovers", leftovers),
            *flag("limit-memory", None if limit_memory is None else size(limit_memory)),
            *flag("limit-cpu", limit_cpu),
            *flag("limit-processes", limit_processes),
            *(["--exact-peak"] if exact_peak else []),
            *flag("app-metrics", None if app_metrics is None else ",".join(app_metrics)),
            *(["--counters"] if counters else []),
            *(["--app-otlp"] if app_otlp else []),
            *(word for url in scrape for word in flag("scrape", url)),
            *flag("cwd", directory),
        ]
        streams = Streams()
        records_file = None if records is None else open(records, "wb", buffering=0)
        try:
            writer = _place_streams(streams, stdin, stdout, stderr)
            session = Session(
                path,
                ["run", *flags],
                streams,
                command=command,
                env=environment(env),
                backlog=backlog,
                stop_seconds=seconds_of(grace, _DEFAULT_GRACE_SECONDS),
                records_file=records_file,
            )
        except BaseException:
            streams.close()
            if records_file is not None:
                records_file.close()
            raise
        streams.close_lent()
        return _started(session, writer)


def run(
    cmd: Sequence[Word],
    adaptive: bool = True,
    *,
    check: bool = False,
    name: Optional[str] = None,
    profile: Profile = None,
    interval: Optional[Duration] = None,
    max_interval: Optional[Duration] = None,
    budget: Optional[float] = None,
    metrics: Optional[Sequence[str]] = None,
    pss: bool = False,
    gpu: bool = False,
    processes: bool = False,
    per_process: bool = False,
    threads: bool = False,
    timeout: Optional[Duration] = None,
    grace: Optional[Duration] = None,
    leftovers: Optional[str] = None,
    limit_memory: Optional[Size] = None,
    limit_cpu: Optional[float] = None,
    limit_processes: Optional[int] = None,
    exact_peak: bool = False,
    network: bool = False,
    app_metrics: Optional[Sequence[str]] = None,
    counters: bool = False,
    app_otlp: bool = False,
    scrape: Sequence[str] = (),
    cwd: Optional[PathLike] = None,
    env: Optional[Mapping[str, Optional[str]]] = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    records: Optional[PathLike] = None,
    binary: Optional[PathLike] = None,
) -> Summary:
    """Run a command to its end, and say what it cost. For the options see `start_monitor`.

    An exception meanwhile, such as KeyboardInterrupt, ends the whole tree before it goes on.

    Args:
        check: raise when the command does not end with 0.

    Returns:
        What it cost, and how it ended; with CAPTURE, its output is in `stdout` and `stderr`.

    Raises:
        CommandFailedError: with `check`: it did not end with 0.
        ProctorError: as for `start_monitor`.
    """
    monitor = start_monitor(
        cmd,
        adaptive,
        name=name,
        profile=profile,
        interval=interval,
        max_interval=max_interval,
        budget=budget,
        metrics=metrics,
        pss=pss,
        gpu=gpu,
        processes=processes,
        per_process=per_process,
        threads=threads,
        timeout=timeout,
        grace=grace,
        leftovers=leftovers,
        limit_memory=limit_memory,
        limit_cpu=limit_cpu,
        limit_processes=limit_processes,
        exact_peak=exact_peak,
        network=network,
        app_metrics=app_metrics,
        counters=counters,
        app_otlp=app_otlp,
        scrape=scrape,
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        records=records,
        backlog=1,
        binary=binary,
    )
    with monitor:
        summary = monitor.wait()
    if check and (summary.outcome != "exited" or summary.exit_code != 0):
        message = f"{os.fsdecode(words_of(cmd)[0])}: {ending_of(summary)}"
        raise CommandFailedError(message, exit_code_of(summary), summary)
    return summary


def attach(
    pid: int,
    adaptive: bool = True,
    *,
    duration: Optional[Duration] = None,
    name: Optional[str] = None,
    profile: Profile = None,
    interval: Optional[Duration] = None,
    max_interval: Optional[Duration] = None,
    budget: Optional[float] = None,
    metrics: Optional[Sequence[str]] = None,
    pss: bool = False,
    network: bool = False,
    gpu: bool = False,
    processes: bool = False,
    per_process: bool = False,
    threads: bool = False,
    records: Optional[PathLike] = None,
    backlog: int = _DEFAULT_BACKLOG,
    binary: Optional[PathLike] = None,
) -> Monitor:
    """Watch a process that already runs, and everything that descends from it, counting from now on.

    `stop()` ends the watching, and leaves the tree alone. For the options see `start_monitor`.

    Args:
        pid: the root of the tree.
        duration: stop watching after this long.

    Raises:
        ProctorError: there is no such process, or an option makes no sense.
        BinaryError: there is no proctor to be had.
    """
    path = find_binary(binary)
    with PassedPath(written_profile(profile)) as profile_text:
        flags = [
            *watch_flags(
                adaptive=adaptive,
                name=name,
                profile=profile_text,
                interval=interval,
                max_interval=max_interval,
                budget=budget,
                metrics=metrics,
                pss=pss,
                network=network,
                gpu=gpu,
                processes=processes,
                per_process=per_process,
                threads=threads,
            ),
            *durations(duration=duration),
        ]
        records_file = None if records is None else open(records, "wb", buffering=0)
        try:
            session = Session(
                path,
                ["attach", str(pid), *flags],
                Streams(),
                own_session=True,  # Ctrl-C is for the program, which may live on, and want to be watched further.
                backlog=backlog,
                stop_seconds=0,
                records_file=records_file,
            )
        except BaseException:
            if records_file is not None:
                records_file.close()
            raise
        return _started(session, None)


def _started(session: Session, stdin: Optional[IO[bytes]]) -> Monitor:
    """The monitor of a session, when there is something to monitor."""
    monitor = Monitor(session, stdin)
    try:
        session.wait_for_start()
        start = session.start
        if start is None or start["pid"] is None:
            session.join()
            monitor._ended()  # Raises what went wrong.
    except BaseException:
        monitor._leave()
        raise
    return monitor


def _place_streams(streams: Streams, stdin: Stream, stdout: Stream, stderr: Stream) -> Optional[IO[bytes]]:
    """Put the command's streams where the binary finds them; what is to be written to its standard input.

    The binary gets the command's input and output as its own 0 and 1. Its 2 is for its own words; the command's
    standard error is passed to it beside.
    """
    for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
        if stream not in (CAPTURE, STDOUT):
            _number_of(stream, name)  # Before anything is opened.
    writer: Optional[IO[bytes]] = None
    if stdin == subprocess.PIPE:
        streams.stdin, writing = make_pipe()
        streams.lent.append(streams.stdin)
        writer = open(writing, "wb", buffering=0)
    elif stdin is None and not is_open(0):
        streams.stdin = DEVNULL
    else:
        streams.stdin = _number_of(stdin, "stdin")

    if stdout == CAPTURE:
        streams.stdout = _capture(streams, "stdout")
    elif stdout is None and not is_open(1):
        streams.stdout = DEVNULL
    else:
        streams.stdout = _number_of(stdout, "stdout")

    if stderr == STDOUT:
        streams.flags = ["--stdio=0,1,1"]
        return writer
    if stderr == CAPTURE:
        place = _capture(streams, "stderr")
    else:
        place = _descriptor_of(stderr)
        streams.lent.append(place)
    streams.passed.append(place)
    streams.flags = [f"--stdio=0,1,{this_system().stream(place)}"]
    return writer


def _capture(streams: Streams, name: str) -> int:
    reading, writing = this_system().make_readable(large=True)
    streams.captured[reading] = streams.outputs[name] = Output()
    streams.lent.append(writing)
    return writing


def _number_of(stream: Stream, name: str) -> Optional[int]:
    """The descriptor of a stream; None and DEVNULL as they are.

    Raises:
        io.UnsupportedOperation: it has none, as the streams of notebooks.
        TypeError, ValueError: it is not a stream, or not open.
    """
    if stream is None or stream == DEVNULL:
        return stream  # type: ignore[return-value]
    right = "write CAPTURE, DEVNULL, a file or a descriptor"
    if isinstance(stream, int):
        number = stream
    else:
        try:
            number = stream.fileno()
        except AttributeError:
            raise TypeError(f"{name}: {stream!r} is not a stream; {right}") from None
        except io.UnsupportedOperation:
            kind = type(stream).__name__
            raise io.UnsupportedOperation(f"{name}: this {kind} has no descriptor; {right}") from None
    if not is_open(number):
        raise ValueError(f"{name}: descriptor {number} is not open; {right}")
    return number


def _descriptor_of(stream: Stream) -> int:
    """A descriptor of our own for where a stream is to go."""
    if stream is None:
        copy = copy_of(2)
    elif stream == DEVNULL:
        copy = None
    else:
        copy = copy_of(cast(int, _number_of(stream, "stderr")))
    return beyond_stdio(os.open(os.devnull, os.O_RDWR)) if copy is None else copy
