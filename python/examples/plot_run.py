#!/usr/bin/env python3
"""Plots what a command uses over time: CPU, memory and processes, as a picture.

    python3 plot_run.py build.png make -j4
    python3 plot_run.py old.png --records run.jsonl     # of records that proctor run has written

Needs matplotlib (Debian: python3-matplotlib).
"""

import sys

import proctor

USAGE = "usage: plot_run.py PICTURE COMMAND [ARG...], or plot_run.py PICTURE --records FILE"


def read(words):
    """The records of a file, or of a command that is run now."""
    if words[0] == "--records":
        return list(proctor.read_records(words[1]))
    with proctor.start_monitor(words, interval=0.1, max_interval=1, backlog=1_000_000) as monitor:
        return list(monitor)


def plot(records, path):
    """Draw the samples, one above the other, with the totals in the title."""
    import matplotlib

    matplotlib.use("Agg")  # No screen is needed.
    from matplotlib import pyplot

    if not records or records[-1]["kind"] != "summary":
        raise ValueError("the records have no summary: the run goes on, or was killed")
    samples = [record for record in records if record["kind"] == "sample"]
    start, summary = records[0], records[-1]
    seconds = [sample["elapsed_seconds"] for sample in samples]

    def column(name, unit=1):
        """What could not be read is a gap, not a zero."""
        values = [sample.get(name) for sample in samples]
        return [float("nan") if value is None else value / unit for value in values]

    figure, (cpu, memory, count) = pyplot.subplots(3, 1, sharex=True, figsize=(9, 6.5), layout="constrained")
    # A rate holds for the interval before its sample, the first one from the start.
    rates = column("cpu_percent", 100)
    cpu.fill_between([0, *seconds], rates[:1] + rates if rates else [0], step="pre", alpha=0.8)
    cpu.set_ylabel("CPU\ncores")
    memory.fill_between(seconds, column("memory_bytes", 2**20), alpha=0.8, color="tab:green")
    memory.set_ylabel("memory\nMiB")
    count.step(seconds, column("process_count"), label="processes", color="tab:red")
    count.step(seconds, column("thread_count"), label="threads", color="tab:gray", linewidth=0.8)
    count.set_ylabel("processes,\nthreads")
    count.legend(loc="upper right")
    count.set_xlabel("seconds")
    for axes in (cpu, memory, count):
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, summary["wall_seconds"])
        axes.grid(alpha=0.3)

    words = " ".join(" ".join(start["command"]).split())
    peak = summary["peak_memory_bytes"]  # None of a command that ended before it could be seen.
    quality = summary["accounting"]["cpu"]["quality"]
    figure.suptitle(
        f"{words[:70]}{'…' if len(words) > 70 else ''}\n"
        f"{summary['wall_seconds']:.2f} s, {summary['cpu_seconds']:.2f} s of CPU ({quality}), "
        f"{'memory unknown' if peak is None else f'at most {peak / 2**20:.0f} MiB'}"
    )
    figure.savefig(path, dpi=110)


def main(words):
    """Read or run, then draw; the exit code."""
    if len(words) < 2 or words[1:] == ["--records"]:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        records = read(words[1:])
        plot(records, words[0])
    except ImportError:
        print("plot_run.py: needs matplotlib (Debian: python3-matplotlib)", file=sys.stderr)
        return 1
    except (proctor.ProctorError, OSError, ValueError) as error:
        print(f"plot_run.py: {error}", file=sys.stderr)
        return getattr(error, "exit_code", None) or 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
