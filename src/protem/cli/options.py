"""Options that several commands share, and how their values are read."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from typer import Argument, BadParameter, Option

from protem.domain import durations


def duration(text: str) -> timedelta:
    """Read ``PT1H30M``, or the same as people say it: ``1h30m``."""
    upper = text.strip().upper()
    try:
        if upper.startswith("P"):
            return durations.parse(upper)
        days, found, clock = upper.rpartition("D")
        return durations.parse(f"P{days}{found}" + (f"T{clock}" if clock else ""))
    except ValueError:
        raise BadParameter("write a duration like PT1H30M, or 1h30m") from None


def path_part(text: str) -> str:
    """Return an id as one part of an address, whatever is in it."""
    return quote(text, safe="")


def document(path: Path) -> str:
    """Read a file of entitlements; ``-`` is standard input."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read().decode()
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadParameter(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadParameter(f"{path} is not UTF-8 at byte {error.start}") from None


AsJson = Annotated[bool, Option("--json", help="Print what the API answers, for scripts.")]
ActAs = Annotated[
    str | None, Option("--act-as", metavar="USER", help="Act as this person, with the token of a service.")
]
Yes = Annotated[bool, Option("--yes", "-y", help="Do not ask whether to go on.")]
RequestId = Annotated[str, Argument(metavar="REQUEST", help="The id of a request.")]
GrantId = Annotated[str, Argument(metavar="GRANT", help="The id of a grant.")]
Comment = Annotated[str, Option(help="Why; everybody who may see the request can read it.")]
File = Annotated[Path, Argument(metavar="FILE", help="Entitlements in YAML; - is standard input.")]
