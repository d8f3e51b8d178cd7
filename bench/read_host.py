"""What a reading of the machine costs with psutil, as cheaply as it offers the figures of proctor's methods.

usage: read_host.py METHOD; for each line with a number of readings on stdin, prints the nanoseconds all of them took.
"""

import os
import sys
import time

import psutil


def disk():
    for partition in psutil.disk_partitions():
        psutil.disk_usage(partition.mountpoint)


def memory():
    psutil.virtual_memory()
    psutil.swap_memory()


def network():
    psutil.net_io_counters(pernic=True)


def uptime():
    return time.time() - psutil.boot_time()


def cpu():
    psutil.cpu_times()


def processes():
    for _ in psutil.process_iter(["status", "num_threads"]):
        pass


def system():
    os.uname()
    psutil.cpu_count()
    psutil.boot_time()


def metrics():
    cpu(), memory(), psutil.getloadavg(), uptime(), disk(), network()


methods = {
    "metrics": metrics,
    "disk": disk,
    "network": network,
    "memory": memory,
    "load": psutil.getloadavg,
    "uptime": uptime,
    "cpu": cpu,
    "processes": processes,
    "system": system,
}

read = methods[sys.argv[1]]
for line in sys.stdin:
    start = time.perf_counter_ns()
    for _ in range(int(line)):
        read()
    print(time.perf_counter_ns() - start, flush=True)
