"""Run a command, watch everything that descends from it, and say exactly what it cost.

A client of the `proctor` binary, which does all of the work:

    >>> import proctor
    >>> summary = proctor.run(["make", "-j4"])
    >>> summary.cpu_seconds, summary.peak_memory_bytes, summary.accounting["cpu"]["quality"]
    (41.12, 288358400, 'exact')

Python 3.9 and newer, and nothing but the standard library.
"""

from ._binary import find_binary
from ._compare import Comparison, compare
from ._errors import (
    BinaryError,
    BinaryNotExecutableError,
    BinaryNotFoundError,
    BinaryVersionError,
    CommandFailedError,
    CommandNotExecutableError,
    CommandNotFoundError,
    LaunchError,
    ProctorError,
    RecordError,
    RpcError,
)
from ._magic import load_ipython_extension
from ._measure import Measurement, measure
from ._monitor import CAPTURE, DEVNULL, STDOUT, Monitor, attach, run, start_monitor
from ._output import Output
from ._pandas import to_pandas
from ._read_records import read_records
from ._records import (
    Account,
    Metrics,
    ProcessRecord,
    ProcessRow,
    Record,
    SampleRecord,
    StartRecord,
    Summary,
    ThreadRow,
)
from ._sysmon import Subscription, Sysmon

__version__ = "0.1.0"

__all__ = [
    "CAPTURE",
    "DEVNULL",
    "STDOUT",
    "Account",
    "BinaryError",
    "BinaryNotExecutableError",
    "BinaryNotFoundError",
    "BinaryVersionError",
    "CommandFailedError",
    "CommandNotExecutableError",
    "CommandNotFoundError",
    "Comparison",
    "LaunchError",
    "Measurement",
    "Metrics",
    "Monitor",
    "Output",
    "ProcessRecord",
    "ProcessRow",
    "ProctorError",
    "Record",
    "RecordError",
    "RpcError",
    "SampleRecord",
    "StartRecord",
    "Subscription",
    "Summary",
    "Sysmon",
    "ThreadRow",
    "attach",
    "compare",
    "find_binary",
    "load_ipython_extension",
    "measure",
    "read_records",
    "run",
    "start_monitor",
    "to_pandas",
]

# Tracebacks name errors as users do.
for _name in __all__:
    if _name.endswith("Error"):
        globals()[_name].__module__ = __name__
del _name
