"""Windows' ways of passing streams on, with descriptors of Linux behind its handles; what it would refuse fails here.

A handle is never the number of a descriptor: whoever takes one for the other is found out.
"""

import os
import re
import select
import subprocess
import types

INFINITE = 0xFFFFFFFF
WAIT_TIMEOUT = 258
BROKEN_PIPE = 109
OPERATION_ABORTED = 995


def handle_of(descriptor):
    os.fstat(descriptor)
    return 0x4000 + 4 * descriptor


def descriptor_of(handle):
    assert handle >= 0x4000 and handle % 4 == 0, f"{handle} is not a handle"
    return (handle - 0x4000) // 4


def windows_error(number, words):
    error = OSError(words)
    error.winerror = number
    return error


class Overlapped:
    """A read under way: it is over when the system has taken something, not when somebody asks."""

    def __init__(self, descriptor, size):
        self.event = self
        self._descriptor, self._size = descriptor, size
        self._data = self._error = None

    def is_over(self, seconds=0):
        if self._data is None and select.select([self._descriptor], [], [], seconds)[0]:
            self._data = os.read(self._descriptor, self._size)
        return self._data is not None

    def cancel(self):
        if not self.is_over():
            self._data, self._error = b"", OPERATION_ABORTED

    def GetOverlappedResult(self, wait):
        assert wait is True
        while not self.is_over(seconds=None):
            pass
        if self._error is None and not self._data:
            raise windows_error(BROKEN_PIPE, "The pipe has been ended")
        return len(self._data), self._error or 0

    def getbuffer(self):
        return memoryview(self._data)


def read_file(handle, size, overlapped):
    assert overlapped is True
    return Overlapped(descriptor_of(handle), size), 997


def wait_for_multiple_objects(events, wait_all, milliseconds):
    assert events and not wait_all and isinstance(milliseconds, int)
    over = [index for index, event in enumerate(events) if event.is_over()]
    if not over:
        waiting = {event._descriptor: event for event in events}
        ready = select.select(list(waiting), [], [], None if milliseconds == INFINITE else milliseconds / 1_000)[0]
        over = [index for index, event in enumerate(events) if event._descriptor in ready and event.is_over()]
    return over[0] if over else WAIT_TIMEOUT


def pipe(*, overlapped, bufsize):
    assert overlapped == (True, False) and bufsize > 0
    return tuple(map(handle_of, os.pipe()))


winapi = types.SimpleNamespace(
    INFINITE=INFINITE,
    WAIT_TIMEOUT=WAIT_TIMEOUT,
    ReadFile=read_file,
    WaitForMultipleObjects=wait_for_multiple_objects,
    CloseHandle=lambda handle: os.close(descriptor_of(handle)),
)
msvcrt = types.SimpleNamespace(
    get_osfhandle=handle_of,
    open_osfhandle=lambda handle, flags: descriptor_of(handle),
)


class StartupInfo:
    def __init__(self, *, lpAttributeList):
        self.lpAttributeList = lpAttributeList


class Starts:
    """Takes the place of `subprocess.Popen`: what Windows would start is started as Linux does it."""

    def __init__(self, real):
        self.real = real
        self.inheritable = set()
        self.flags = []

    def set_handle_inheritable(self, handle, inheritable):
        os.fstat(descriptor_of(handle))
        assert inheritable is True
        self.inheritable.add(handle)

    def __call__(self, words, *, startupinfo=None, creationflags=0, **options):
        if startupinfo is None:  # Not the package's: `subprocess.run` of its look at the version.
            return self.real(words, **options)
        assert not {"pass_fds", "start_new_session", "preexec_fn"} & set(options), "not on Windows"
        handles = startupinfo.lpAttributeList["handle_list"]
        assert len(set(handles)) == len(handles), "a handle stands in the list twice"
        assert self.inheritable.issuperset(handles), "a handle in the list is not inheritable"
        self.inheritable.clear()
        self.flags.append(creationflags)
        named = []
        translated = []
        for word in words:
            kind, equals, value = word.partition("=") if isinstance(word, str) else ("", "", "")
            if kind in ("--owner", "--records", "--stdio"):
                prefix = "" if kind == "--stdio" else "fd:"
                value = re.sub(r"handle:(\d+)", lambda match: prefix + self._number(match[1], named), value)
                word = kind + equals + value
            translated.append(word)
        assert sorted(named) == sorted(handles), "what is named is not what is passed on"
        return self.real(translated, pass_fds=[descriptor_of(handle) for handle in handles], **options)

    def _number(self, handle, named):
        named.append(int(handle))
        return str(descriptor_of(named[-1]))


def install(monkeypatch, windows):
    """Have the package take this for Windows; the starts."""
    starts = Starts(subprocess.Popen)
    monkeypatch.setattr("proctor._system._this", windows(winapi, msvcrt, pipe))
    monkeypatch.setattr(subprocess, "Popen", starts)
    monkeypatch.setattr(subprocess, "STARTUPINFO", StartupInfo, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(os, "set_handle_inheritable", starts.set_handle_inheritable, raising=False)
    return starts
