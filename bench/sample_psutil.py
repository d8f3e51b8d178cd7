"""What psutil says of a command's tree when it is sampled: the usual loop over children(recursive=True).

usage: sample_psutil.py SECONDS_BETWEEN COMMAND [ARGUMENT...]; prints one line of JSON when nothing of the tree is left.
"""

import json
import subprocess
import sys
import time

import psutil

interval, command = float(sys.argv[1]), sys.argv[2:]
child = subprocess.Popen(command, stdout=sys.stderr)
root = psutil.Process(child.pid)
last, known, peak, most = {}, {}, 0, 0
while True:
    try:
        found = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        found = []
    # Those that were seen once are looked at as long as they live, whoever their parent is by now.
    known.update({(process.pid, process.create_time()): process for process in found})
    memory, alive = 0, 0
    for key, process in list(known.items()):
        try:
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                times, rss = process.cpu_times(), process.memory_info().rss
                try:
                    written = process.io_counters().write_chars
                except psutil.AccessDenied:
                    written = 0
        except psutil.Error:
            del known[key]
            continue
        last[key] = (times.user + times.system, written)
        memory, alive = memory + rss, alive + 1
    peak, most = max(peak, memory), max(most, alive)
    if alive == 0 and child.poll() is not None:
        break
    time.sleep(interval)
print(json.dumps({
    "cpu_seconds": sum(cpu for cpu, _ in last.values()),
    "peak_bytes": peak,
    "written_bytes": sum(written for _, written in last.values()),
    "processes": most,
}))
