"""The machine itself: a client of `proctor sysmon`."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from types import TracebackType
from typing import Any, AsyncIterator, Dict, Iterator, List, Optional, Sequence, Type, TypeVar

from ._backlog import Backlog
from ._bell import Bell
from ._binary import PathLike, cannot_execute, find_binary
from ._errors import ProctorError, RpcError
from ._options import Duration, duration, flag, seconds_of
from ._paths import PassedPath
from ._pipes import HeldEnd
from ._system import this_system

Reading = Dict[str, Any]
_Self = TypeVar("_Self")

_PATIENCE_SECONDS = 10.0


class Sysmon:
    """A running `proctor sysmon`, with a method for each of its RPCs (docs/sysmon.md has every field).

        with Sysmon() as sysmon:
            print(sysmon.cpu_usage()["usage_percent"], sysmon.memory_info()["available"])

    Sizes are bytes, times seconds, `*_percent` 0 to 100; what cannot be read is None. Any number of threads may ask
    at the same time. It ends with `close()`, with the context, and with the interpreter, however that ends.

    Args:
        cache: how long a reading is used again; 1 s when left out, 0 for not at all.
        config: the broker's config.json.
        loopback: False leaves the loopback out of the network's totals.
        network_mounts: count file systems of other machines as disks, too.
        timeout: how long a call may take, in seconds.
        binary: the proctor to use; see `find_binary`.

    Raises:
        ProctorError: the service has not started; proctor's own sentence.
        BinaryError: there is no proctor to be had.
    """

    def __init__(
        self,
        *,
        cache: Optional[Duration] = None,
        config: Optional[PathLike] = None,
        loopback: bool = True,
        network_mounts: bool = False,
        timeout: float = 30.0,
        binary: Optional[PathLike] = None,
    ) -> None:
        path = find_binary(binary)
        self._timeout = timeout
        self._bell = Bell()
        self._answers: Dict[int, Any] = {}
        self._subscriptions: Dict[str, Subscription] = {}
        #: Frames that came before the answer that names their subscription was looked at.
        self._early: Dict[str, List[Reading]] = {}
        self._next_id = 0
        self._waiting: "set[int]" = set()
        self._has_begun = False
        self._has_ended = False
        self._last_words = ""
        self._writing = threading.Lock()
        self._maker_pid = os.getpid()
        with PassedPath(config) as config_path:
            flags = [
                *flag("cache", None if cache is None else "0" if cache == 0 else duration(cache)),
                *flag("config", config_path),
                *([] if loopback else ["--no-loopback"]),
                *(["--network-mounts"] if network_mounts else []),
            ]
            self._start(path, flags)
        if not self._has_begun:
            raise self._gone()

    def _start(self, path: str, flags: Sequence[str]) -> None:
        """Start the service, and wait until it serves or has ended."""
        self._input = HeldEnd()
        try:
            self._process = subprocess.Popen(
                [path, "sysmon", *flags],
                stdin=self._input.other_end,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **this_system().start_options((), own_session=True),  # Ctrl-C is for the program, which may live on.
            )
        except OSError as error:
            self._input.close()
            raise cannot_execute(path, error) from None
        finally:
            os.close(self._input.other_end)
        threading.Thread(target=self._read, name="proctor-sysmon", daemon=True).start()
        with self._bell:
            self._bell.wait_for(lambda: self._has_begun or self._has_ended)

    # The nine methods of the service, and three more.

    def sys_metrics(self) -> Reading:
        """The machine at a glance (RPCGetSysMetrics): `cpu_usage`, `memory_usage` %, `load_avg` …"""
        return self._reading("RPCGetSysMetrics")

    def disk_usage(self) -> Reading:
        """Space by mount point (RPCGetDiskUsage): `disk`: `used`, `total`, `available` bytes, `used_percent` …"""
        return self._reading("RPCGetDiskUsage")

    def network_stats(self) -> Reading:
        """Counters by interface (RPCGetNetworkStats): `network`, `total_rx`, `total_tx` bytes."""
        return self._reading("RPCGetNetworkStats")

    def memory_info(self) -> Reading:
        """Memory and swap (RPCGetMemoryInfo): `total`, `available`, `used` … bytes, `usage_percent`."""
        return self._reading("RPCGetMemoryInfo")

    def load_average(self) -> Reading:
        """Load (RPCGetLoadAverage): `load1`, `load5`, `load15`, `runnable_tasks`, `existing_tasks`."""
        return self._reading("RPCGetLoadAverage")

    def uptime(self) -> Reading:
        """Since boot (RPCGetUptime): `uptime`, `idle_time` s."""
        return self._reading("RPCGetUptime")

    def cpu_usage(self) -> Reading:
        """CPU times (RPCCPUUsage): `user`, `system` … s since boot; `usage_percent` since the last reading."""
        return self._reading("RPCCPUUsage")

    def process_stats(self) -> Reading:
        """Processes by state (RPCGetProcessStats): `processes_running`, `processes_sleeping` …, `threads`."""
        return self._reading("RPCGetProcessStats")

    def system_info(self) -> Reading:
        """What the machine is (RPCGetSystemInfo): `hostname`, `kernel`, `os`, `processors` …"""
        return self._reading("RPCGetSystemInfo")

    def pressure(self) -> Reading:
        """Pressure stall information (RPCGetPressure): `cpu`, `memory`, `io`."""
        return self._reading("RPCGetPressure")

    def disk_io(self) -> Reading:
        """Counters by block device (RPCGetDiskIO): `devices`, `total_read_bytes`, `total_write_bytes`."""
        return self._reading("RPCGetDiskIO")

    def sensors(self) -> Reading:
        """Temperatures (RPCGetSensors): `temperatures`: `chip`, `label`, `celsius` …"""
        return self._reading("RPCGetSensors")

    def discover(self) -> Reading:
        """The OpenRPC document of the service (rpc.discover)."""
        return self._reading("rpc.discover")

    def subscribe(self, methods: Sequence[str], interval: Duration = 1.0, backlog: int = 1_000) -> Subscription:
        """Readings again and again (RPCSubscribe), for `for` and `async for`.

        Args:
            methods: their RPC names, such as `["RPCCPUUsage"]`.
            interval: between two frames, 10 ms or more.
            backlog: how many frames are kept for a slow reader; of more, the oldest goes, and is counted.

        Raises:
            RpcError: a method or the interval is refused.
        """
        interval_ms = round(seconds_of(interval, 0) * 1_000)
        made = self.call("RPCSubscribe", {"methods": list(methods), "interval_ms": interval_ms})
        subscription = Subscription(self, made["subscription"], backlog)
        with self._bell:
            self._subscriptions[subscription.id] = subscription
            for frame in self._early.pop(subscription.id, []):
                subscription._frames.put(frame)
            if self._has_ended:
                subscription._frames.close()
        return subscription

    def _reading(self, method: str) -> Reading:
        reading: Reading = self.call(method)
        return reading

    def call(self, method: str, params: Optional[Reading] = None) -> Any:
        """Call any method by its RPC name.

        Raises:
            RpcError: the service refused; its own sentence, and `code`.
            TimeoutError: no answer in time.
            ProctorError: the service has ended.
        """
        if os.getpid() != self._maker_pid:
            raise ProctorError(f"this was started by process {self._maker_pid}, which alone can ask it")
        with self._bell:
            self._next_id += 1
            number = self._next_id
            self._waiting.add(number)
        request: Reading = {"jsonrpc": "2.0", "method": method, "id": number}
        if params is not None:
            request["params"] = params
        try:
            self._write(json.dumps(request).encode() + b"\n")
            with self._bell:
                self._bell.wait_for(lambda: number in self._answers or self._has_ended, self._timeout)
                answer = self._answers.pop(number, None)
        finally:
            with self._bell:
                self._waiting.discard(number)
        if answer is None:
            if self._has_ended:
                raise self._gone()
            raise TimeoutError(f"{method}: no answer within {self._timeout} s")
        if "error" in answer:
            error = answer["error"]
            raise RpcError(error["message"], (error.get("data") or {}).get("code", str(error["code"])))
        return answer["result"]

    def close(self) -> None:
        """End the service; a second time does nothing."""
        if os.getpid() != self._maker_pid:
            return
        self._input.close()
        with self._bell:
            ended = self._bell.wait_for(lambda: self._has_ended, _PATIENCE_SECONDS)
        if not ended:
            self._process.kill()
            with self._bell:
                self._bell.wait_for(lambda: self._has_ended)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        with self._writing:
            try:
                while data:
                    data = data[os.write(self._input.descriptor, data) :]
            except BrokenPipeError:
                raise self._gone() from None

    def _gone(self) -> ProctorError:
        with self._bell:
            self._bell.wait_for(lambda: self._has_ended, _PATIENCE_SECONDS)
        lines = [line for line in self._last_words.splitlines() if line]
        said = bool(lines) and lines[-1].startswith("proctor: ")
        sentence = lines[-1][len("proctor: ") :] if said else "the service has ended"
        return ProctorError(sentence, self._process.returncode)

    def _read(self) -> None:
        output, errors = self._process.stdout, self._process.stderr
        assert output is not None and errors is not None
        try:
            for line in output:
                self._take(json.loads(line))
        except ValueError:
            pass  # Not proctor's words: it is of no use any more.
        finally:
            self._input.close()
            self._last_words = errors.read().decode("utf-8", "replace")
            output.close()
            errors.close()
            self._process.wait()
            with self._bell:
                self._has_ended = True
                for subscription in self._subscriptions.values():
                    subscription._frames.close()
                self._bell.ring()

    def _take(self, message: Reading) -> None:
        with self._bell:
            if message.get("id") == "subprocess_ready":
                self._has_begun = True
                self._bell.ring()
            elif message.get("method") == "sysmon_sample":
                self._take_frame(message["params"])
            elif message.get("id") in self._waiting:
                self._answers[message["id"]] = message
                self._bell.ring()

    def _take_frame(self, frame: Reading) -> None:
        subscription = self._subscriptions.get(frame["subscription"])
        if subscription is None:
            self._early.setdefault(frame["subscription"], []).append(frame)
        else:
            subscription._frames.put(frame)

    def _forget(self, subscription: Subscription) -> None:
        with self._bell:
            self._subscriptions.pop(subscription.id, None)
            subscription._frames.close()


class Subscription:
    """Frames of `Sysmon.subscribe`, one per interval: `timestamp`, `sequence`, `readings` and `errors` by method."""

    def __init__(self, sysmon: Sysmon, identifier: str, backlog: int) -> None:
        self.id = identifier
        self._sysmon = sysmon
        self._frames: Backlog[Reading] = Backlog(backlog)

    @property
    def dropped_count(self) -> int:
        """Frames that nobody took in time; those that the service left out stand in each frame's `dropped`."""
        return self._frames.dropped_count

    def __iter__(self) -> Iterator[Reading]:
        """Each frame as it comes, until `close()` or the end of the service."""
        return iter(self._frames)

    def __aiter__(self) -> AsyncIterator[Reading]:
        """As `__iter__`, for `async for`."""
        return self._frames.__aiter__()

    def close(self) -> None:
        """End the subscription (RPCUnsubscribe)."""
        try:
            self._sysmon.call("RPCUnsubscribe", {"subscription": self.id})
        except ProctorError:
            pass  # The service has ended, and the subscription with it.
        finally:
            self._sysmon._forget(self)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
