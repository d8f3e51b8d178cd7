"""Sets of runs compared by the binary, which has all the statistics."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from html import escape
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ._binary import PathLike, find_binary
from ._errors import ProctorError
from ._options import flag
from ._paths import PassedPath

#: The binary's exit codes with a comparison: no condition holds, one does, one cannot be decided.
_HOLDS, _UNDECIDED = 1, 2


class Comparison(Dict[str, Any]):
    """What `proctor compare --format json` gives, as a dict.

    `print(comparison)` prints the table of the command line, and a notebook shows it as a table.
    """

    text: str
    """The table of the command line."""

    def __init__(self, values: Mapping[str, Any], text: str, exit_code: int) -> None:
        super().__init__(values)
        self.text = text
        self._exit_code = exit_code

    @property
    def failed(self) -> bool:
        """Whether a condition of `fail_if` holds."""
        return self._exit_code == _HOLDS

    @property
    def undecided(self) -> bool:
        """Whether no condition of `fail_if` holds, and one cannot be decided."""
        return self._exit_code == _UNDECIDED

    def __reduce__(self) -> Any:
        return Comparison, (dict(self), self.text, self._exit_code)

    def __str__(self) -> str:
        return self.text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return f'<pre class="proctor-comparison">{escape(self.text)}</pre>'


def compare(
    *files: PathLike,
    fail_if: Sequence[str] = (),
    metrics: Optional[Sequence[str]] = None,
    binary: Optional[PathLike] = None,
) -> Comparison:
    """Compare runs, or sets of repeated runs, with the first of them.

        comparison = proctor.compare("before.jsonl", "after.jsonl", fail_if=["cpu_seconds > +10% significantly"])
        print(comparison)
        assert not comparison.failed

    Args:
        files: records, as `proctor run --repeat N --records FILE` or `records=` writes them; each file is a set.
        fail_if: conditions, as `proctor compare --fail-if` takes them.
        metrics: what to compare.
        binary: the proctor to use; see `find_binary`.

    Raises:
        ProctorError: a file or a condition makes no sense: proctor's own sentence says what and why.
        BinaryError: there is no proctor to be had.
    """
    if isinstance(fail_if, str):
        raise TypeError(f"fail_if is a list of conditions; not {fail_if!r}")
    if not files:
        raise ProctorError("there is nothing to compare: name a file of records")
    path = find_binary(binary)
    options = [word for condition in fail_if for word in flag("fail-if", condition)]
    options += [] if metrics is None else [f"--metrics={','.join(metrics)}"]
    with ExitStack() as stack:
        names = [str(stack.enter_context(PassedPath(file))) for file in files]
        code, values = _ask(path, [*options, "--format=json", "--", *names])
        _, text = _ask(path, [*options, "--format=text", "--no-color", "--", *names])
    return Comparison(json.loads(values), text.rstrip("\n"), code)


def _ask(path: str, words: List[str]) -> Tuple[int, str]:
    answer = subprocess.run(
        [path, "compare", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if not answer.stdout or answer.returncode not in (0, _HOLDS, _UNDECIDED):
        line = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        said = line[-1] if line else f"proctor compare ended with {answer.returncode}"
        raise ProctorError(said[len("proctor: ") :] if said.startswith("proctor: ") else said, answer.returncode)
    return answer.returncode, answer.stdout.decode("utf-8")
