"""`Sysmon`: a method per RPC, from any thread, and its errors."""

import os
import signal
import subprocess
import threading
import time

import pytest

import proctor
from conftest import BINARY, is_alive

METHODS = {
    "sys_metrics": "RPCGetSysMetrics",
    "disk_usage": "RPCGetDiskUsage",
    "network_stats": "RPCGetNetworkStats",
    "memory_info": "RPCGetMemoryInfo",
    "load_average": "RPCGetLoadAverage",
    "uptime": "RPCGetUptime",
    "cpu_usage": "RPCCPUUsage",
    "process_stats": "RPCGetProcessStats",
    "system_info": "RPCGetSystemInfo",
    "pressure": "RPCGetPressure",
    "disk_io": "RPCGetDiskIO",
    "sensors": "RPCGetSensors",
    "discover": "rpc.discover",
}


@pytest.fixture(scope="module")
def sysmon():
    with proctor.Sysmon() as running:
        yield running


# The service outlives each test of this module, which the check after every test would mind.
@pytest.fixture(autouse=True)
def nothing_is_left():
    yield


def test_there_is_a_method_for_every_rpc(sysmon):
    document = sysmon.discover()
    names = {method["name"] for method in document["methods"]}
    assert names == set(METHODS.values()) | {"RPCSubscribe", "RPCUnsubscribe"}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_answers_as_its_schema_says(sysmon, name):
    document = sysmon.discover()
    (method,) = [method for method in document["methods"] if method["name"] == METHODS[name]]
    try:
        answer = getattr(sysmon, name)()
    except proctor.RpcError as error:
        assert error.code == "InternalError"  # What this machine has not, such as pressure.
        return
    assert set(method["result"]["schema"].get("required", [])) <= set(answer)
    # The docstring names what is there.
    assert METHODS[name] in getattr(proctor.Sysmon, name).__doc__


def test_the_truth_from_outside(sysmon):
    with open("/proc/meminfo", encoding="ascii") as file:
        assert sysmon.memory_info()["total"] == int(file.readline().split()[1]) * 1024
    with open("/proc/uptime", encoding="ascii") as file:
        assert abs(sysmon.uptime()["uptime"] - float(file.read().split()[0])) < 3
    assert sysmon.system_info()["hostname"] == os.uname().nodename


def test_many_threads_ask_at_once(sysmon):
    results = []

    def ask(name, key):
        for _ in range(25):
            results.append(key in getattr(sysmon, name)())

    asked = [("uptime", "uptime"), ("memory_info", "total"), ("load_average", "load1"), ("cpu_usage", "user")]
    threads = [threading.Thread(target=ask, args=pair) for pair in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 100


def test_errors(sysmon):
    with pytest.raises(proctor.RpcError) as caught:
        sysmon.call("RPCNothing")
    assert caught.value.code == "MethodNotFound"
    with pytest.raises(proctor.RpcError, match="interval_ms") as caught:
        sysmon.subscribe(["RPCGetUptime"], 0.001)
    assert caught.value.code == "InvalidParams"
    assert sysmon.uptime()["uptime"] > 0


def test_a_subscription_and_a_slow_reader(sysmon):
    with sysmon.subscribe(["RPCGetUptime", "RPCCPUUsage"], "20ms", backlog=3) as subscription:
        for frame in subscription:
            assert set(frame["readings"]) == {"RPCGetUptime", "RPCCPUUsage"}
            if frame["sequence"] > 3:
                break
        time.sleep(0.5)
        assert subscription.dropped_count > 5
    assert len(list(subscription)) <= 3  # It has ended, and so does the loop.


def test_options(tmp_path):
    with proctor.Sysmon(cache=60, loopback=False, network_mounts=True) as sysmon:
        first = sysmon.uptime()
        time.sleep(0.05)
        assert sysmon.uptime() == first
        network = sysmon.network_stats()
        assert network["total_rx"] == sum(
            counters["rx_bytes"] for name, counters in network["network"].items() if name != "lo"
        )
    with proctor.Sysmon(cache=0) as sysmon:
        first = sysmon.uptime()
        time.sleep(0.05)
        assert sysmon.uptime() != first


def test_bad_options_are_told_in_proctors_own_sentence(tmp_path):
    for options, flags in [({"cache": "nope"}, ["--cache=nope"]), ({"config": "/none"}, ["--config=/none"])]:
        direct = subprocess.run([BINARY, "sysmon", *flags], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        with pytest.raises(proctor.ProctorError) as caught:
            proctor.Sysmon(**options)
        assert direct.stderr == f"proctor: {caught.value}\n"
        assert caught.value.exit_code == direct.returncode == 125


def test_the_end():
    with proctor.Sysmon() as sysmon:
        pid = sysmon._process.pid
        subscription = sysmon.subscribe(["RPCGetUptime"], 0.05)
    assert not is_alive(pid)
    assert all(frame["readings"] for frame in subscription)
    subscription.close()
    sysmon.close()
    with pytest.raises(proctor.ProctorError, match="the service has ended"):
        sysmon.uptime()


def test_a_service_that_is_killed():
    with proctor.Sysmon() as sysmon:
        os.kill(sysmon._process.pid, signal.SIGKILL)
        with pytest.raises(proctor.ProctorError, match="the service has ended") as caught:
            sysmon.uptime()
        assert caught.value.exit_code == -9


def test_a_service_that_stands_still():
    with proctor.Sysmon(timeout=0.3) as sysmon:
        os.kill(sysmon._process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(TimeoutError, match="RPCGetUptime: no answer within 0.3 s"):
                sysmon.uptime()
        finally:
            os.kill(sysmon._process.pid, signal.SIGCONT)
        assert sysmon.call("RPCGetUptime")["uptime"] > 0
