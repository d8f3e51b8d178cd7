"""`%load_ext proctor` in IPython and notebooks: `%proctor` measures a statement, `%%proctor` a cell."""

from __future__ import annotations

import argparse
import ast
import shlex
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from ._measure import Measurement, measure

_HELP = """Measure a statement, or a cell: what this interpreter and its children use while it runs.

    %proctor [--name NAME] [--into VARIABLE] [--interval TIME] [--quiet] STATEMENT
    %%proctor [--name NAME] [--into VARIABLE] [--interval TIME] [--quiet]

The value of the statement, or of the cell's last line, is the value of the magic.
"""


class _Parser(argparse.ArgumentParser):
    """Mistakes are errors of the cell, not the end of the interpreter."""

    def error(self, message: str) -> NoReturn:
        from IPython.core.error import UsageError

        raise UsageError(f"%proctor: {message}")


def _parser() -> _Parser:
    parser = _Parser(prog="%proctor", add_help=False, allow_abbrev=False)
    parser.add_argument("--name")
    parser.add_argument("--into", metavar="VARIABLE")
    parser.add_argument("--interval", metavar="TIME")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("statement", nargs=argparse.REMAINDER)
    return parser


def _split(line: str) -> Tuple[argparse.Namespace, str]:
    """The options at the beginning of a line, and the statement behind them as it was written."""
    words: List[str] = []
    rest = line.strip()
    while rest.startswith("--"):
        word, _, rest = rest.partition(" ")
        words.append(word)
        rest = rest.lstrip()
        if word in ("--name", "--into", "--interval") and rest:
            lexer = shlex.shlex(rest, posix=True)
            lexer.whitespace_split, lexer.commenters = True, ""
            try:
                words.append(str(lexer.get_token()))
            except ValueError as error:
                _parser().error(str(error))
            rest = rest[lexer.instream.tell() :].lstrip()
    return _parser().parse_args(words), rest


def _measured(shell: Any, line: str, cell: Optional[str]) -> Any:
    options, statement = _split(line)
    if cell is not None and statement:
        _parser().error(f"{statement.split()[0]} is not an option; the code is in the lines below")
    if cell is None and not statement:
        print(_HELP)
        return None
    if options.into is not None and not options.into.isidentifier():
        _parser().error(f"--into: {options.into} cannot be the name of a variable")
    source = shell.transform_cell(statement if cell is None else cell)
    tree = shell.transform_ast(ast.parse(source))
    file_name = shell.compile.cache(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, file_name, "exec")
    value_of = None if last is None else compile(ast.Expression(last.value), file_name, "eval")
    spaces: Dict[str, Any] = shell.user_ns
    value = None
    block = measure(options.name, interval=options.interval)
    measurement: Optional[Measurement] = None
    try:
        with block as measurement:
            exec(body, spaces)
            if value_of is not None:
                value = eval(value_of, spaces)
    finally:
        # What a cell cost that has failed is worth knowing, too.
        if measurement is not None and measurement.summary is not None:
            _show(measurement, options)
            if options.into is not None:
                spaces[options.into] = measurement
    return value


def _show(measurement: Measurement, options: argparse.Namespace) -> None:
    if options.quiet:
        return
    from IPython.display import display

    display(measurement)


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext proctor` calls.

    Args:
        shell: the interactive shell, which gets the magic.
    """

    def proctor(line: str, cell: Optional[str] = None) -> Any:
        return _measured(shell, line, cell)

    proctor.__doc__ = _HELP
    shell.register_magic_function(proctor, magic_kind="line_cell", magic_name="proctor")
