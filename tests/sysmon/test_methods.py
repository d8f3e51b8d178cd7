"""The nine methods of the specification: every field by its name and type, and against the kernel's own files."""

import os
import socket
import time
from datetime import datetime, timezone

import pytest

FLOAT = (int, float)

FIELDS = {
    "RPCGetSysMetrics": {
        "cpu_usage": FLOAT,
        "memory_usage": FLOAT,
        "load_avg": list,
        "uptime": FLOAT,
        "disk_usage": int,
        "disk_total": int,
        "disk": dict,
        "swap_usage": FLOAT,
        "net_rx": int,
        "net_tx": int,
        "network": dict,
        "message_stats": dict,
    },
    "RPCGetDiskUsage": {"disk": dict},
    "RPCGetNetworkStats": {"network": dict, "total_rx": int, "total_tx": int},
    "RPCGetMemoryInfo": {
        "total": int,
        "available": int,
        "used": int,
        "usage_percent": FLOAT,
        "buffers": int,
        "cached": int,
        "swap_total": int,
        "swap_free": int,
        "swap_used": int,
        "swap_usage_percent": FLOAT,
    },
    "RPCGetLoadAverage": {
        "load1": FLOAT,
        "load5": FLOAT,
        "load15": FLOAT,
        "runnable_tasks": int,
        "existing_tasks": int,
    },
    "RPCGetUptime": {"uptime": FLOAT, "idle_time": FLOAT},
    "RPCCPUUsage": {
        name: FLOAT
        for name in (
            "user nice system idle iowait irq softirq steal guest guest_nice usage_percent".split()
        )
    },
    "RPCGetProcessStats": {
        name: int
        for name in (
            "processes_running processes_sleeping processes_stopped processes_zombie threads procs_blocked".split()
        )
    },
    "RPCGetSystemInfo": {
        "hostname": str,
        "kernel": str,
        "os": str,
        "platform": str,
        "processors": int,
        "boot_time": str,
    },
}


def near(value, truth, relative, absolute):
    """Within a relative and an absolute tolerance."""
    return abs(value - truth) <= abs(truth) * relative + absolute


def meminfo():
    """/proc/meminfo in bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}


@pytest.mark.parametrize("method", FIELDS)
def test_fields_and_types(broker, method):
    payload = broker.call(method)
    for name, kind in FIELDS[method].items():
        assert name in payload, f"{method} lacks {name}"
        assert isinstance(payload[name], kind), f"{name} is {payload[name]!r}"
        assert not isinstance(payload[name], bool)


def test_memory(broker):
    memory = broker.call("RPCGetMemoryInfo")
    truth = meminfo()
    assert memory["total"] == truth["MemTotal"]
    assert near(memory["available"], truth["MemAvailable"], 0.05, 2e8)
    assert near(memory["cached"], truth["Cached"], 0.05, 2e8)
    assert memory["used"] == memory["total"] - memory["available"]
    assert near(memory["usage_percent"], memory["used"] / memory["total"] * 100, 0, 0.01)
    assert memory["swap_total"] == truth["SwapTotal"]
    assert memory["swap_used"] == memory["swap_total"] - memory["swap_free"]
    if memory["swap_total"] == 0:
        assert memory["swap_usage_percent"] == 0


def test_disk(broker):
    disk = broker.call("RPCGetDiskUsage")["disk"]
    assert "/" in disk
    for point, space in disk.items():
        found = os.statvfs(point)
        assert space["total"] == found.f_blocks * found.f_frsize
        assert near(space["used"], (found.f_blocks - found.f_bfree) * found.f_frsize, 0.02, 5e8)
        assert 0 <= space["used_percent"] <= 100


def test_network(broker):
    stats = broker.call("RPCGetNetworkStats")
    with open("/proc/net/dev", encoding="utf-8") as file:
        lines = [line.split(":") for line in file.readlines()[2:]]
    truth = {name.strip(): [int(word) for word in counters.split()] for name, counters in lines}
    assert stats["network"].keys() == truth.keys()
    for name, counters in stats["network"].items():
        assert near(counters["rx_bytes"], truth[name][0], 0.01, 1e7)
        assert near(counters["tx_bytes"], truth[name][8], 0.01, 1e7)
        assert near(counters["rx_errors"], truth[name][2], 0.01, 10)
    assert stats["total_rx"] == sum(counters["rx_bytes"] for counters in stats["network"].values())


def test_load_and_uptime(broker):
    load = broker.call("RPCGetLoadAverage")
    assert near(load["load15"], os.getloadavg()[2], 0.1, 0.1)
    uptime = broker.call("RPCGetUptime")
    with open("/proc/uptime", encoding="ascii") as file:
        up, idle = (float(word) for word in file.read().split())
    assert near(uptime["uptime"], up, 0, 3)
    assert near(uptime["idle_time"], idle, 0, 3 * (os.cpu_count() or 1))


def test_cpu(start):
    broker = start("--cache", "0")
    broker.call("RPCCPUUsage")
    time.sleep(0.2)
    cpu = broker.call("RPCCPUUsage")
    assert 0 <= cpu["usage_percent"] <= 100
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) / os.sysconf("SC_CLK_TCK") for word in file.readline().split()[1:]]
    assert near(cpu["user"], ticks[0], 0, 2)
    assert near(cpu["idle"], ticks[3], 0, 2)


def test_processes(broker):
    stats = broker.call("RPCGetProcessStats")
    names = ("running", "sleeping", "stopped", "zombie")
    total = sum(stats[f"processes_{name}"] for name in names)
    assert near(total, len([name for name in os.listdir("/proc") if name.isdigit()]), 0.1, 10)
    assert stats["threads"] >= total


def test_system(broker):
    system = broker.call("RPCGetSystemInfo")
    uname = os.uname()
    assert system["hostname"] == socket.gethostname()
    assert (system["kernel"], system["os"], system["platform"]) == (uname.release, uname.sysname, uname.machine)
    assert system["processors"] == os.sysconf("SC_NPROCESSORS_ONLN")
    booted = datetime.fromisoformat(system["boot_time"].replace("Z", "+00:00"))
    up = broker.call("RPCGetUptime")["uptime"]
    assert near(booted.timestamp() + up, datetime.now(timezone.utc).timestamp(), 0, 3)


def test_metrics_agree_with_the_methods(start):
    broker = start("--cache", "1m")
    metrics = broker.call("RPCGetSysMetrics")
    load = broker.call("RPCGetLoadAverage")
    assert metrics["load_avg"] == [load["load1"], load["load5"], load["load15"]]
    assert metrics["memory_usage"] == broker.call("RPCGetMemoryInfo")["usage_percent"]
    assert metrics["cpu_usage"] == broker.call("RPCCPUUsage")["usage_percent"]
    assert metrics["disk"] == broker.call("RPCGetDiskUsage")["disk"]
    network = broker.call("RPCGetNetworkStats")
    assert (metrics["net_rx"], metrics["net_tx"]) == (network["total_rx"], network["total_tx"])
