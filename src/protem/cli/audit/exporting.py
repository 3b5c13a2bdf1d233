"""`protem audit export`: a copy of the record that proves itself."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from typer import Option

from protem.broker.record.lines import TRAILER
from protem.cli.audit.events import Since, Until
from protem.cli.client import connect
from protem.cli.failures import Exit, Failure
from protem.cli.output import warn

_EVERY = 10_000
"""Lines after which somebody who waits hears of it."""


def export(
    *,
    since: Since = None,
    until: Until = None,
    after: Annotated[
        int | None,
        Option(metavar="NUMBER", help="Only what comes after the event of this number."),
    ] = None,
) -> None:
    """Copy the record, or a stretch of it, to the output: protem audit export > record.jsonl."""
    if sys.stdout.isatty():
        raise Failure.usage("this is for a file: protem audit export > record.jsonl")
    wanted = {"since": since, "until": until, "after_sequence": after}
    with connect() as client, client.stream("/v1/audit-events/export", **wanted) as chunks:
        copied = _copy(chunks)
    trailer = copied.trailer
    if trailer is None:
        message = "the answer ended before its signed trailer: the copy is not whole, so make another"
        raise Failure("export-cut-off", message, leaving=Exit.UNREACHABLE)
    warn(_summary(trailer))


@dataclass
class _Copied:
    lines: int = 0
    last: bytes = b""
    """The last line so far, with what may not be all of the next."""

    def add(self, chunk: bytes) -> None:
        before, self.last = self.lines, self.last + chunk
        *done, rest = self.last.split(b"\n")
        self.lines += len(done)
        if done:
            self.last = done[-1] + b"\n" + rest
        if self.lines // _EVERY > before // _EVERY:
            warn(f"{self.lines} lines so far")

    @property
    def trailer(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self.last) if self.last.endswith(b"\n") else None
        except ValueError:
            return None
        return found if isinstance(found, dict) and found.get("kind") == TRAILER else None


def _copy(chunks: Iterable[bytes]) -> _Copied:
    copied = _Copied()
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
        copied.add(chunk)
    sys.stdout.buffer.flush()
    return copied


def _summary(trailer: dict[str, Any]) -> str:
    count, first, last = trailer["count"], trailer["first_sequence"], trailer["last_sequence"]
    if last < first:
        return f"No events; the next one has the number {first}. Signed with the key {trailer['key_id']}."
    return f"{count} events, {first} to {last}. Signed with the key {trailer['key_id']}."
