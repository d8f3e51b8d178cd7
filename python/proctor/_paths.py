"""Paths on their way to the binary."""

from __future__ import annotations

import os
from typing import Optional

from ._binary import PathLike
from ._errors import ProctorError


class PassedPath:
    """A path as the binary's command line takes it, for the moment of the start: text.

    The binary reads its options as UTF-8. What a path that is none leads to is opened here and named by its descriptor.

    Raises:
        OSError: on entry: there is nothing to be opened.
    """

    def __init__(self, path: Optional[PathLike]) -> None:
        self._path = path
        self._descriptor: Optional[int] = None
        self._text = ""

    def __enter__(self) -> Optional[str]:
        if self._path is None:
            return None
        path = os.fsencode(self._path)
        try:
            return path.decode()
        except UnicodeDecodeError:
            if os.name == "nt":
                shown = path.decode("utf-8", "backslashreplace")
                raise ProctorError(f"{shown}: the name is not text, which no program can be given on Windows") from None
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._text = f"/proc/{os.getpid()}/fd/{self._descriptor}"
            return self._text

    def __exit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        if self._path is None or self._descriptor is None:
            return
        os.close(self._descriptor)
        # Whoever gave a path knows of no descriptor.
        if isinstance(error, ProctorError):
            shown = os.fsencode(self._path).decode("utf-8", "backslashreplace")
            error.args = (str(error).replace(self._text, shown),)
