"""`python -m proctor` is the binary itself."""

from __future__ import annotations

import os
import subprocess
import sys

from ._binary import locate_binary
from ._errors import BinaryError


def main() -> int:
    """Become the binary, with our arguments.

    Wheels that have the binary inside install this as the command `proctor`; others must not, or it would find itself.
    """
    try:
        path = locate_binary()
    except BinaryError as error:
        print(f"proctor: {error}", file=sys.stderr)
        return 125
    if os.name == "nt":
        return subprocess.call([path, *sys.argv[1:]])
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
