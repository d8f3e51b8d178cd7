"""What a reading of one process costs with psutil: CPU times and resident memory, as cheaply as it offers them.

usage: read_psutil.py PID; for each line with a number of readings on stdin, prints the nanoseconds all of them took.
"""

import sys
import time

import psutil

process = psutil.Process(int(sys.argv[1]))
for line in sys.stdin:
    start = time.perf_counter_ns()
    for _ in range(int(line)):
        with process.oneshot():
            process.cpu_times()
            process.memory_info()
    print(time.perf_counter_ns() - start, flush=True)
