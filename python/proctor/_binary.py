"""Finds the proctor binary, and sees whether it is one that this package can work with."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from typing import Dict, Optional, Tuple, Union

from ._errors import BinaryError, BinaryNotExecutableError, BinaryNotFoundError, BinaryVersionError

PathLike = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

#: The oldest binary whose options and records this package knows.
OLDEST_VERSION = (0, 1, 0)
VARIABLE = "PROCTOR_BINARY"
_NAME = "proctor.exe" if os.name == "nt" else "proctor"
#: Where a wheel has it.
_BUNDLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", _NAME)
#: Printing a version takes some ten milliseconds.
_PATIENCE_SECONDS = 30
#: What the loaders of musl and glibc say, and end with, where a library is missing.
_MISSING_LIBRARY = re.compile(rb"(?:Error loading shared library|error while loading shared libraries:) ([\w.+-]+)")
_LOADER_FAILED = 127

_checked: Dict[Tuple[str, int, int], str] = {}


def find_binary(binary: Optional[PathLike] = None) -> str:
    """The absolute path of the proctor binary, whose version has been checked.

    The first of these counts: `binary`; the environment's `PROCTOR_BINARY`; the one inside of this package (wheels have
    it); `proctor` on PATH. The first two are taken at their word: nothing else is tried when they are wrong.

    Raises:
        BinaryNotFoundError: there is none.
        BinaryNotExecutableError: it may not be executed, or is made for another machine.
        BinaryVersionError: it is too old, or says nothing that proctor would say.
    """
    path = locate_binary(binary)
    check_binary(path)
    return path


def locate_binary(binary: Optional[PathLike] = None) -> str:
    """As `find_binary`, without a look at what it is."""
    named = os.fsdecode(binary) if binary is not None else os.environ.get(VARIABLE)
    if named:
        origin = "binary" if binary is not None else VARIABLE
        path = os.path.abspath(named)
        if os.path.isdir(path):
            raise BinaryNotExecutableError(f"{origin}: {path} is a directory; name the binary in it", path)
        if not os.path.exists(path):
            raise BinaryNotFoundError(f"{origin}: there is no {path}", path)
        return path
    if os.path.exists(_BUNDLED):
        return _BUNDLED
    found = shutil.which("proctor")
    if found is None:
        raise BinaryNotFoundError(
            "there is no proctor: neither inside of this package nor on PATH; install a wheel for this platform, "
            f"or name the binary in {VARIABLE}"
        )
    return os.path.abspath(found)


def check_binary(path: str) -> str:
    """The version of the binary at `path`, such as `0.1.0+c557573`; asked for once for each state of the file.

    Raises:
        BinaryError: see `find_binary`.
    """
    status = os.stat(path)
    key = (path, status.st_mtime_ns, status.st_size)
    known = _checked.get(key)
    if known is not None:
        return known
    try:
        answer = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE_SECONDS,
            start_new_session=True,  # Ctrl-C is for us.
        )
    except OSError as error:
        raise cannot_execute(path, error) from None
    except subprocess.TimeoutExpired:
        raise BinaryVersionError(
            f"{path} does not tell its version within {_PATIENCE_SECONDS} s; is it proctor?", path
        ) from None
    missing = _MISSING_LIBRARY.search(answer.stderr[:2_000])
    if answer.returncode == _LOADER_FAILED and missing is not None:
        library = missing[1].decode()
        how = "; on Alpine, apk add libstdc++" if library.startswith(("libstdc++", "libgcc_s")) else ""
        raise BinaryNotExecutableError(f"{path} needs {library}, which is not installed here{how}", path)
    text = answer.stdout[:200].decode("utf-8", "replace").strip()
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)(?:[-+ ]\S*)?$", text)
    if answer.returncode != 0 or numbers is None:
        said = f'says "{text}"' if text else "says nothing"
        raise BinaryVersionError(f"{path} {said} when asked for its version; is it proctor?", path)
    if tuple(int(number) for number in numbers.groups()) < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise BinaryVersionError(f"{path} is proctor {text}; this package needs {oldest} or newer", path)
    _checked[key] = text
    return text


def cannot_execute(path: str, error: OSError) -> BinaryError:
    """The error for a binary that the system does not start."""
    if error.errno == errno.EACCES:
        return BinaryNotExecutableError(f"{path} may not be executed; chmod +x makes it so", path)
    if error.errno == errno.ENOEXEC:
        return BinaryNotExecutableError(f"{path} is not a program for this machine", path)
    if error.errno == errno.ENOENT:
        return BinaryNotFoundError(f"{path} is gone, or the loader that it needs is not there", path)
    return BinaryNotExecutableError(f"{path} cannot be started: {error.strerror}", path)
