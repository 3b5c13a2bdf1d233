"""What commands print: text that others wrote can neither colour, move nor hide anything."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from protem.cli.failures import Failure

_WIDE = 240
"""Columns when nobody looks: what reads a pipe wants whole lines."""

_SHORT = 60


def clean(text: object) -> str:
    """Return ``text`` with everything that is not plainly visible written as an escape.

    That is control characters, line ends, and the marks that make text run the other way.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def say(*lines: str) -> None:
    """Print lines to people."""
    for line in lines:
        print(line)


def write(text: str) -> None:
    """Print a text to the byte where a program reads it, and harmless where a person does."""
    if sys.stdout.isatty():
        say(*(clean(line) for line in text.splitlines()))
    else:
        sys.stdout.write(text)


def paint(line: str, *, style: str = "", beside: bool = False) -> None:
    """Print a line to people, in colour on a terminal that shows any; ``beside`` the output on demand."""
    stream = sys.stderr if beside else sys.stdout
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    console.print(Text(line, style=style), soft_wrap=True)


def warn(line: str) -> None:
    """Print a line beside the output, so that scripts do not read it."""
    print(line, file=sys.stderr)


def show_json(value: Any) -> None:
    """Print for programs; what is not ASCII is escaped, so nothing in it can steer a terminal."""
    print(json.dumps(value, indent=2))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    _console().print(table)


def show_failure(failure: Failure, *, as_json: bool) -> None:
    """Print the code, the sentence and the fields that are to blame."""
    if as_json:
        print(json.dumps(failure.as_json(), indent=2), file=sys.stderr)
        return
    warn(f"{clean(failure.code)}: {clean(failure.detail)}")
    for error in failure.errors:
        warn(f"  {clean(': '.join(part for part in (error.field, error.message) if part))}")


def instant(at: str | None) -> str:
    """Return an instant of the API to the second, or a dash where there is none."""
    if at is None:
        return "-"
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def shortened(text: str) -> str:
    """Return the beginning of a text, for a table."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _console() -> Console:
    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False)
