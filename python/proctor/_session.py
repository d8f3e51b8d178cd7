"""One running `proctor run` or `proctor attach`, and the thread that reads what it says."""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import threading
import weakref
from typing import IO, Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from ._backlog import Backlog
from ._bell import Bell
from ._binary import cannot_execute
from ._errors import ProctorError, exit_code_of
from ._output import Output
from ._pipes import HeldEnd
from ._records import StartRecord, Summary, as_record
from ._system import Intake, this_system

_log = logging.getLogger("proctor")

#: The format of records that this package reads.
SCHEMA = "proctor/1"
_CHUNK_BYTES = 1 << 16
_CAPTURED_CHUNK_BYTES = 1 << 20
#: How proctor begins the line of a record that is parsed when somebody wants it.
_SAMPLE = b'{"kind":"sample"'
_PROCESS = b'{"kind":"process"'
#: Proctor's own lines: the last of them are kept.
_MESSAGES_BYTES = 1 << 16
#: Over what a stop may take by itself, before the binary is killed, and its guard kills the rest.
_PATIENCE_SECONDS = 10.0

_running: "weakref.WeakSet[Session]" = weakref.WeakSet()


class Streams:
    """What the binary and its command get as their descriptors, and what has to be closed or read of it here."""

    def __init__(self) -> None:
        self.stdin: Optional[int] = subprocess.DEVNULL
        self.stdout: Optional[int] = subprocess.DEVNULL
        #: Flags and descriptors besides.
        self.flags: List[str] = []
        self.passed: List[int] = []
        #: Ends of pipes that are the binary's, and go when it has them.
        self.lent: List[int] = []
        #: Captured streams, by the end they are read from, and by name.
        self.captured: Dict[int, Output] = {}
        self.outputs: Dict[str, Output] = {}

    def close_lent(self) -> None:
        """The binary has its own by now."""
        while self.lent:
            os.close(self.lent.pop())

    def close(self) -> None:
        """It did not come to a start."""
        self.close_lent()
        for end in self.captured:
            this_system().close_readable(end)
        self.captured.clear()


class Session:
    """A binary that runs, its records, and its end."""

    def __init__(
        self,
        binary: str,
        arguments: Sequence[Union[str, bytes]],
        streams: Streams,
        *,
        command: Sequence[Union[str, bytes]] = (),
        env: Optional[Mapping[str, str]] = None,
        own_session: bool = False,
        backlog: int = 10_000,
        stop_seconds: float = 2.0,
        records_file: Optional[IO[bytes]] = None,
    ) -> None:
        self.binary = binary
        #: Lines, but for start and summary: the thread that reads has no time for what nobody asks for.
        self.backlog: Backlog[Union[bytes, StartRecord, Summary]] = Backlog(backlog)
        self.bell = Bell()
        self.start: Optional[StartRecord] = None
        self.latest: Optional[bytes] = None
        self.summary: Optional[Summary] = None
        self.has_ended = False
        self.exit_code: Optional[int] = None
        self.maker_pid = os.getpid()
        self._said = b""
        self._rest = b""
        self._failure: Optional[str] = None
        self._stop_seconds = stop_seconds
        self._records_file = records_file
        self.outputs = streams.outputs
        self._captured = streams.captured
        self._owner = HeldEnd()
        system = this_system()
        records, records_end = system.make_readable()
        messages, messages_end = system.make_readable()
        passed = (self._owner.other_end, records_end)
        owner_name, records_name = map(system.channel, passed)
        flags = [f"--owner={owner_name}", f"--records={records_name}", *streams.flags]
        try:
            self.process = subprocess.Popen(
                [binary, *arguments, *flags, *(["--", *command] if command else [])],
                stdin=streams.stdin,
                stdout=streams.stdout,
                stderr=messages_end,
                env=env,
                **system.start_options((*passed, *streams.passed), own_session),
            )
        except BaseException as error:
            self._owner.close()
            for end in (records, messages):
                system.close_readable(end)
            # All streams are descriptors by now: what fails is the start of the binary, and names it, or the fork.
            if isinstance(error, OSError) and error.filename in (binary, None):
                raise cannot_execute(binary, error) from None
            raise
        finally:
            for descriptor in (*passed, messages_end):
                os.close(descriptor)
        handlers: Dict[int, Callable[[bytes], None]] = {records: self._take_records, messages: self._take_messages}
        _running.add(self)
        self._thread = threading.Thread(target=self._read, args=(handlers,), name="proctor", daemon=True)
        self._thread.start()

    # What the thread does.

    def _read(self, handlers: Dict[int, Callable[[bytes], None]]) -> None:
        intake = this_system().intake()
        try:
            for end in (*handlers, *self._captured):
                intake.add(end)
            open_handlers = dict(handlers)
            while open_handlers:
                for end in intake.ready():
                    captured = end in self._captured
                    data = intake.read(end, _CAPTURED_CHUNK_BYTES if captured else _CHUNK_BYTES)
                    if data is None:
                        intake.discard(end)
                        open_handlers.pop(end, None)
                    elif captured:
                        self._captured[end]._append(data)
                    else:
                        handlers[end](data)
            self._drain(intake)
        except Exception as error:  # Whoever waits must not wait for ever.
            self._fail(f"its records cannot be read: {error}")
        finally:
            self._end(intake)

    def _drain(self, intake: Intake) -> None:
        """The tree is over. Who was left running may hold a captured stream open: no more than is there is taken."""
        left = {end: _CAPTURED_CHUNK_BYTES for end in self._captured}
        while True:
            ready = [end for end in intake.ready(0) if left[end] > 0]
            if not ready:
                return
            for end in ready:
                data = intake.read(end, left[end])
                if data is None:
                    left[end] = 0
                    intake.discard(end)
                else:
                    self._captured[end]._append(data)
                    left[end] -= len(data)

    def _end(self, intake: Intake) -> None:
        intake.close()
        self.exit_code = self.process.wait()
        if self.summary is not None:
            self.exit_code = exit_code_of(self.summary)
        elif self.exit_code == 0:
            self.exit_code = None  # Somebody else has waited for it, or SIGCHLD is ignored: nobody knows.
        self._owner.close()
        if self._records_file is not None:
            self._records_file.close()  # Opened without a buffer: nothing can fail here any more.
        with self.bell:
            self.has_ended = True
            self.bell.ring()
        self.backlog.close()
        _running.discard(self)

    def _take_records(self, data: bytes) -> None:
        self._write_records(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(_SAMPLE):
                self.latest = line
            elif not line.startswith(_PROCESS):
                self._take(line)
                continue
            self.backlog.put(line, len(line))

    def _write_records(self, data: bytes) -> None:
        if self._records_file is None:
            return
        try:
            self._records_file.write(data)
        except OSError as error:  # A full disk must not harm the run.
            _log.warning("records: cannot write %s: %s; the run goes on", self._records_file.name, error.strerror)
            self._records_file.close()
            self._records_file = None

    def _take(self, line: bytes) -> None:
        try:
            record = as_record(json.loads(line))
        except ValueError:
            return self._fail(f"it wrote what is not a record: {line[:80]!r}")
        if isinstance(record, Summary):
            record._outputs = self.outputs
            if self.start is not None:
                record._command = self.start["command"]
            self.summary = record
            self.backlog.put(record)
        elif record["kind"] == "start":
            start: StartRecord = record  # type: ignore[assignment]
            if start["schema"] != SCHEMA:
                self._fail(f"it writes records of the form {start['schema']}; this package reads {SCHEMA}")
            self.backlog.keep(start)
            with self.bell:
                self.start = start
                self.bell.ring()
        else:
            self.backlog.put(line, len(line))

    def _fail(self, sentence: str) -> None:
        self._failure = self._failure or sentence
        self._owner.close()

    def _take_messages(self, data: bytes) -> None:
        self._said = (self._said + data)[-_MESSAGES_BYTES:]
        # What it says while it runs is worth a word to the user; a failure is raised.
        if self.start is not None and self.start["pid"] is not None:
            for line in data.decode("utf-8", "replace").splitlines():
                _log.warning("%s", line)

    # What everybody else may ask.

    @property
    def messages(self) -> List[str]:
        """Proctor's own lines so far, without the `proctor: ` in front."""
        lines = self._said.decode("utf-8", "replace").splitlines()
        return [line[len("proctor: ") :] if line.startswith("proctor: ") else line for line in lines if line]

    def failure(self) -> ProctorError:
        """Why there is no summary, in proctor's own sentence where it has said one."""
        code = self.exit_code
        if self._failure is not None:
            return ProctorError(f"{self.binary}: {self._failure}", code)
        if self.messages:
            return ProctorError(self.messages[-1], code)
        ending = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with {code}"
        return ProctorError(f"{self.binary} {ending} and has not said why", code)

    def let_go(self) -> None:
        """Ask for the end, without waiting for it."""
        self._owner.close()

    def join(self, timeout: Optional[float] = None) -> bool:
        """Wait for the end; whether it has come."""
        self._check_process()
        with self.bell:
            return self.bell.wait_for(lambda: self.has_ended, timeout)

    async def join_async(self) -> None:
        """Wait for the end."""
        self._check_process()
        await self.bell.wait_for_async(lambda: self.has_ended)

    def stop(self) -> None:
        """Ask for the end and wait for it; if it does not come, kill the binary: its guard ends the tree then."""
        self.let_go()
        if not self.join(self._stop_seconds + _PATIENCE_SECONDS):
            self.process.kill()
            self.join()

    def wait_for_start(self) -> None:
        """Wait for the first record, or the end."""
        with self.bell:
            self.bell.wait_for(lambda: self.start is not None or self.has_ended)

    def _check_process(self) -> None:
        if os.getpid() != self.maker_pid:
            raise ProctorError(f"this was started by process {self.maker_pid}, which alone can wait for it")


def _stop_all() -> None:
    """The interpreter ends: so does what it has started."""
    sessions = [session for session in _running if session.maker_pid == os.getpid()]
    for session in sessions:
        session.let_go()
    for session in sessions:
        session.stop()


atexit.register(_stop_all)
